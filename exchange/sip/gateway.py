"""Desk phones and switchboards over SIP: registrations, calls that come in, and calls that go out."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import structlog
from aiosipua import (
    IncomingCall,
    OutgoingCall,
    SdpMessage,
    SipDigestAuth,
    SipRequest,
    SipResponse,
)

from exchange.core.log_limit import LimitedLog
from exchange.core.sip_settings import SipSettings
from exchange.sip import sdp, trunks, uri
from exchange.sip.destinations import SipDestinations
from exchange.sip.in_dialog import InDialogRequests
from exchange.sip.message_reading import simplify
from exchange.sip.registrar import Registrar
from exchange.sip.rtp import RtpSession
from exchange.sip.sip_line import IncomingSipCall, OutgoingSipCall, SipLine
from exchange.sip.transport import SipTransport
from exchange.sip.uac import Address, Destination, UserAgentClient
from exchange.sip.uas import UserAgentServer

log = structlog.get_logger(__name__)
GOODBYE_SECONDS = 1.0
USER_SIGNS = "+*!$&'()-_.~"
# One telephone has a few lines; a switchboard has as many as the media clock can carry.
MOST_CALLS_OF_ONE, MOST_CALLS = 10, 300
Dial = Callable[[SipLine, str], None]


class Gateway:
    """The SIP side. `dial` is told of every call that comes in, with its line and the number called."""

    def __init__(self, settings: SipSettings, dial: Dial) -> None:
        self._settings = settings
        self._dial = dial
        self._lines: dict[str, SipLine] = {}
        self._noise = LimitedLog()
        self.registrar = Registrar(settings)
        self._directions = SipDestinations(settings, self.registrar)
        self.host = settings.public_host or settings.host
        self.port = settings.port

    async def start(self) -> None:
        """Open the port, and register where the settings ask for it. Raises `OSError` when the port cannot be had."""
        await self._directions.look_up()
        self._transport = SipTransport(local_addr=(self._settings.host, self._settings.port))
        await self._transport.start()
        self.port = self._transport.local_addr[1]
        here = (self.host, self.port)
        self.caller = UserAgentClient(self._transport, here)
        self.agent = UserAgentServer(self._transport, self.caller, here, self._is_welcome)
        self.agent.add("REGISTER", self._register)
        self._in_dialog = InDialogRequests(self._line, self.host, self.agent, self.caller)
        self.agent.add("INFO", self._in_dialog.info)
        self.agent.on_invite = self._invited
        self.agent.on_reinvite = self._in_dialog.reinvite
        self.agent.on_bye = lambda call, _request: self._gone(call.call_id)
        self.agent.on_cancel = lambda request, _addr: self._gone(request.call_id or "")
        self.agent.on_refer = self._in_dialog.refer
        self.agent.on_transfer_progress = self._in_dialog.transfer_progress
        self.agent.on_ack_timeout = lambda call: self._gone(call.call_id)
        self._transport.on_message = self._message
        self._directions.here = frozenset(("", self.host, f"{self.host}:{self.port}", self._settings.host))
        for peer, trunk in self._directions.peers.items():
            if trunk.register:
                trunks.sign_on(self.caller, peer, trunk)
        log.info("sip_up", port=self.port)

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await trunks.sign_off(self.caller)
        await self.agent.stop()

    # Calls out

    def find(self, address: str) -> SipLine | None:
        """Return a line to that address, if there is a way."""
        way = self._directions.to(address)
        if way is None:
            return None
        place = partial(self._place, way)
        outgoing = OutgoingSipCall(self.caller, place, self.host)
        return SipLine(address, partial(RtpSession, self._settings.host, way.peer[0]), outgoing, rings_late=True)

    def listed(self) -> list[tuple[str, str | None, str]]:
        """Return the telephones that may register here; one that is not registered now has no registration."""
        bindings = [(user.identity, self.registrar.where(user)) for user in self._settings.users]
        return [(address, binding.contact[:40] if binding else None, "") for address, binding in bindings]

    def _place(self, way: Destination, line: SipLine, sender: str, offer: SdpMessage) -> OutgoingCall:
        name = sender.removeprefix("client:").removeprefix("sip:").partition("@")[0] or "anonymous"
        sender_uri = f"sip:{quote(name, safe=USER_SIGNS)}@{self.host}:{self.port}"
        if line.credentials:
            way = replace(way, auth=SipDigestAuth(*line.credentials))
        call = self.caller.invite(sender_uri, way, offer)
        self._keep(call.call_id, line)
        return call

    def _keep(self, call_id: str, line: SipLine) -> None:
        self._lines = {each: kept for each, kept in self._lines.items() if not kept.is_over}
        self._lines[call_id] = line

    # Calls in

    def _is_welcome(self, request: SipRequest, addr: Address) -> bool:
        if addr in self._directions.peers or self.registrar.authenticate(request, "Proxy-Authorization"):
            return True
        challenge = {"Proxy-Authenticate": self.registrar.challenge()}
        self.agent.refuse(request, 407, "Proxy Authentication Required", challenge)
        return False

    def _invited(self, call: IncomingCall) -> None:
        user = self.registrar.authenticate(call.invite, "Proxy-Authorization")
        try:
            if call.sdp_offer is not None:
                sdp.answer(call.sdp_offer, self.host, 2)
        except ValueError as error:
            self._noise.warn("sip_offer_unusable", reason=str(error))
            self.agent.reject(call, 488)
            return
        line = SipLine(
            user.identity if user else self._caller(call.invite, call.source_addr),
            partial(RtpSession, self._settings.host, call.source_addr[0]),
            IncomingSipCall(call, self.agent, self.caller, self.host),
        )
        busy = self._is_full(line.address if user else "")
        if busy:
            self.agent.reject(call, busy)
            return
        self._keep(call.call_id, line)
        # Not as the library has read it, which knows no `tel:`: what we send later must name them as they do.
        call.dialog.remote_uri = uri.bare(call.invite.get_header("from") or "") or call.dialog.remote_uri
        try:
            self._dial(line, self._called(call.invite.uri))
        except Exception:
            if not line.is_over:
                line.is_over = True
                self.agent.reject(call, 500)
            raise

    def _is_full(self, telephone: str) -> int:
        """Return the status that refuses one more call: 486 of one telephone, 503 of all; 0 where there is room."""
        up = [each for each in self._lines.values() if not each.is_over]
        if telephone and sum(each.address == telephone for each in up) >= MOST_CALLS_OF_ONE:
            return 486
        return 503 if len(up) >= MOST_CALLS else 0

    def _caller(self, invite: SipRequest, addr: Address) -> str:
        """Return who calls; a trunk may know better than From, and say that the number is not to be shown."""
        is_trusted = addr in self._directions.peers
        asserted, remote, privacy = (
            invite.headers.get(name) if is_trusted else []
            for name in ("p-asserted-identity", "remote-party-id", "privacy")
        )
        return uri.caller(invite.get_header("from") or "", asserted, remote, privacy)

    def _called(self, dialled: str) -> str:
        """Return who is meant by the address that was dialled: another telephone by its name, else a number."""
        user = self._settings.user(uri.user(dialled))
        return user.identity if user else uri.address(dialled)

    def _line(self, call_id: str) -> SipLine | None:
        return self._lines.get(call_id)

    def _gone(self, call_id: str) -> None:
        line = self._lines.pop(call_id, None)
        if line:
            line.hang_up()

    # Everything else that is asked

    def _message(self, message: SipRequest | SipResponse, addr: Address) -> None:
        """Handle whatever arrives and can be read; the transport reports what goes wrong with it."""
        simplify(message)
        self.agent._on_message(message, addr)
        if isinstance(message, SipRequest) and message.method == "ACK":
            self._in_dialog.late_answer(message)

    def _register(self, request: SipRequest, addr: Address) -> None:
        user = self.registrar.authenticate(request, "Authorization")
        if user is None:
            challenge = {"WWW-Authenticate": self.registrar.challenge()}
            self.agent.refuse(request, 401, "Unauthorized", challenge)
            return
        to = request.to_addr
        if to is None or to.uri.user != user.name:
            self.agent.refuse(request, 403, "Forbidden")
            return
        kept = self.registrar.register(user, request, addr)
        contacts = ", ".join(f"<{contact}>;expires={seconds}" for contact, seconds in kept)
        self.agent.refuse(request, 200, "OK", {"Contact": contacts} if contacts else None)
        log.info("sip_registered", contacts=len(kept))
