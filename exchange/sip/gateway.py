"""Desk phones and switchboards over SIP: who may register and call, where a call comes in, and how one goes out."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

import structlog
from aiosipua import (
    IncomingCall,
    OutgoingCall,
    Registration,
    RegistrationState,
    SdpMessage,
    SipDigestAuth,
    SipRequest,
    SipResponse,
    UdpSipTransport,
    parse_sdp,
    parse_uri,
)
from aiosipua.refer import notify_refer

from exchange.sip import sdp
from exchange.sip.agent import Address, Agent, Caller, Destination
from exchange.sip.line import Incoming, Outgoing, SipLine
from exchange.sip.registrar import Registrar
from exchange.sip.rtp import Rtp
from exchange.sip.settings import SipSettings, SipTrunk, SipUser

log = structlog.get_logger(__name__)
RETRY_SECONDS, GOODBYE_SECONDS = 30.0, 1.0
DEFAULT_PORT = 5060
Dial = Callable[[SipLine, str], None]


class Gateway:
    """`dial` is told of every call that comes in, with its line and the number called."""

    def __init__(self, settings: SipSettings, dial: Dial) -> None:
        self._settings = settings
        self._dial = dial
        self._lines: dict[str, SipLine] = {}
        self._peers: dict[Address, SipTrunk] = {}
        self.registrar = Registrar(settings)
        self.host = settings.public_host or settings.host
        self.port = settings.port

    async def start(self) -> None:
        """Open the port, and register where we are to."""
        self._transport = UdpSipTransport(local_addr=(self._settings.host, self._settings.port))
        await self._transport.start()
        opened = self._transport._udp_transport
        self.port = opened.get_extra_info("sockname")[1] if opened else self.port
        here = (self.host, self.port)
        self.caller = Caller(self._transport, here)
        self.agent = Agent(self._transport, self.caller, here, self._is_welcome)
        self.agent.add("REGISTER", self._register)
        self.agent.add("INFO", self._info)
        self.agent.on_invite = self._invited
        self.agent.on_reinvite = self._changed
        self.agent.on_bye = lambda call, _request: self._gone(call.call_id)
        self.agent.on_cancel = lambda request, _addr: self._gone(request.call_id or "")
        self.agent.on_refer = self._referred
        self.agent.on_transfer_progress = self._progressed
        self.agent.on_ack_timeout = lambda call: self._gone(call.call_id)
        self._transport.on_message = self._message
        for trunk in self._settings.trunks:
            self._peers[await _resolved(trunk.host, trunk.port)] = trunk
        for peer, trunk in self._peers.items():
            if trunk.register:
                self._sign_on(peer, trunk)
        log.info("sip_up", port=self.port)

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._sign_off()
        await self.agent.stop()

    async def _sign_off(self) -> None:
        """Take our registrations back; the library tells nobody when it is done with something."""
        registrations = list(self.caller._registrations.values())
        while any(each.state is RegistrationState.REGISTERING for each in registrations):
            await asyncio.sleep(0.01)
        registered = [each for each in registrations if each.state is RegistrationState.REGISTERED]
        for registration in registered:
            registration.unregister()
        while any(each.state is RegistrationState.REGISTERED for each in registered):
            await asyncio.sleep(0.01)

    def find(self, address: str) -> SipLine | None:
        """A way to that address: a registered telephone, a trunk that reaches the number, or any SIP address."""
        bare, headers = _headers(address) if address.startswith("sip:") else (address, {})
        user = self._user_of(bare)
        if user:
            binding = self.registrar.where(user)
            way = Destination(binding.contact, binding.source, headers=headers) if binding else None
            return self._outgoing(address, way) if way else None
        for peer, trunk in self._peers.items():
            if trunk.reaches(address):
                auth = SipDigestAuth(trunk.user, trunk.password) if trunk.user else None
                return self._outgoing(address, Destination(f"sip:{address}@{trunk.host}:{trunk.port}", peer, auth))
        if address.startswith("sip:"):
            uri = parse_uri(bare)
            with contextlib.suppress(OSError):
                # Names are looked up for trunks only, at the start: a look-up would hold up the media clock.
                socket.inet_aton(uri.host)
                way = Destination(bare, (uri.host, uri.port or DEFAULT_PORT), headers=headers)
                return self._outgoing(address, way)
        return None

    # Calls out

    def _outgoing(self, address: str, way: Destination) -> SipLine:
        place = partial(self._place, way)
        outgoing = Outgoing(self.caller, place, self.host)
        return SipLine(address, partial(Rtp, self._settings.host, way.peer[0]), outgoing, rings_late=True)

    def _place(self, way: Destination, line: SipLine, sender: str, offer: SdpMessage) -> OutgoingCall:
        name = sender.removeprefix("client:").removeprefix("sip:").partition("@")[0] or "anonymous"
        ends = (f"sip:{name}@{self.host}:{self.port}", way.uri)
        if line.credentials:
            way = replace(way, auth=SipDigestAuth(*line.credentials))
        call = self.caller.invite(ends, way, offer)
        self._keep(call.call_id, line)
        return call

    def _keep(self, call_id: str, line: SipLine) -> None:
        self._lines = {each: kept for each, kept in self._lines.items() if not kept.is_over}
        self._lines[call_id] = line

    # Calls in

    def _is_welcome(self, request: SipRequest, addr: Address) -> bool:
        if addr in self._peers or self.registrar.authenticate(request, "Proxy-Authorization"):
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
            log.info("sip_offer_unusable", reason=str(error))
            self.agent.reject(call, 488)
            return
        line = SipLine(
            user.identity if user else _number(parse_uri(call.caller).user or call.caller),
            partial(Rtp, self._settings.host, call.source_addr[0]),
            Incoming(call, self.agent, self.caller, self.host),
        )
        self._keep(call.call_id, line)
        self._dial(line, self._called(parse_uri(call.invite.uri).user or ""))

    def _called(self, name: str) -> str:
        """Who is meant by the name that was dialled: another telephone by its name, else a number."""
        user = self._settings.user(name)
        return user.identity if user else _number(name)

    def _changed(self, call: IncomingCall) -> None:
        """Hold and its end, another address: answered as it was asked."""
        line = self._line(call.call_id)
        if line is None or line.rtp is None:
            call.reject(481)
            return
        offered = parse_sdp(call.invite.text) if call.invite.body else None
        if offered is None:
            call.accept(sdp.offer(self.host, line.rtp.port, line.rtp.port))
            return
        try:
            answered, agreed = sdp.answer(
                offered, self.host, line.rtp.port, line.rtp.agreed.codec if line.rtp.agreed else None
            )
        except ValueError:
            self.agent.refuse(call.invite, 488, "Not Acceptable Here")
            return
        line.rtp.agree(agreed)
        call.accept(answered)

    def _line(self, call_id: str) -> SipLine | None:
        return self._lines.get(call_id)

    def _gone(self, call_id: str) -> None:
        line = self._lines.pop(call_id, None)
        if line:
            line.hang_up()

    # Everything else that is asked

    def _message(self, message: SipRequest | SipResponse, addr: Address) -> None:
        """All that arrives; what makes no sense costs a line in the log and nothing else."""
        try:
            if isinstance(message, SipRequest) and message.method == "ACK":
                self._late_answer(message)
            self.agent._on_message(message, addr)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            log.warning("sip_message_unusable", reason=repr(error))

    def _late_answer(self, request: SipRequest) -> None:
        """Who called without an offer answers ours with the ACK."""
        line = self._line(request.call_id or "")
        if line and line.rtp and line.rtp.agreed is None and request.body:
            line.rtp.agree(sdp.agree(parse_sdp(request.text)))

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

    def _info(self, request: SipRequest, _addr: Address) -> None:
        """A key by signalling, as some telephones send it."""
        if not self.agent.is_in_call(request):
            return
        line = self._line(request.call_id or "")
        for part in request.text.splitlines():
            name, _, value = part.partition("=")
            if line and line.rtp and name.strip().lower() == "signal" and value.strip() in tuple("0123456789*#ABCD"):
                line.rtp.press(value.strip())
        self.agent.refuse(request, 200, "OK")

    def _referred(self, call: IncomingCall, target: str) -> None:
        """A telephone asks that whom it talks with be led elsewhere."""
        line = self._line(call.call_id)
        is_followed = line is not None and line.answerer is not None and line.answerer.on_refer(target)
        ours = self.caller.get_call(call.call_id)
        if ours:
            # The library counts from the beginning for a call that we made; what comes next must have higher numbers.
            call.dialog.local_cseq = ours.dialog.local_cseq = max(ours.dialog.local_cseq, call.dialog.local_cseq) + 1
        notify_refer(call, 200 if is_followed else 603)
        if ours:
            ours.dialog.local_cseq = call.dialog.local_cseq

    def _progressed(self, call_id: str, status: int, _reason: str) -> None:
        line = self._line(call_id)
        if line:
            line.notified.put_nowait(status)

    def _user_of(self, address: str) -> SipUser | None:
        name = address.removeprefix("sip:").partition("@")[0] if address.startswith("sip:") else ""
        for user in self._settings.users:
            is_named = user.name == name and self._is_here(address)
            if user.identity == address or is_named:
                return user
        return None

    def _is_here(self, address: str) -> bool:
        host = address.partition("@")[2].partition(";")[0]
        return host in ("", self.host, f"{self.host}:{self.port}", self._settings.host)

    # Trunks that want us to register

    def _sign_on(self, peer: Address, trunk: SipTrunk) -> None:
        registration = Registration(
            self.caller,
            f"sip:{trunk.user}@{trunk.host}",
            peer,
            auth=SipDigestAuth(trunk.user, trunk.password),
            registrar_uri=f"sip:{trunk.host}:{trunk.port}",
        )
        again = asyncio.get_running_loop().call_later
        registration.on_failed = lambda it, _status, _reason: again(RETRY_SECONDS, it.register)
        registration.on_expired = lambda it: again(RETRY_SECONDS, it.register)
        registration.register()


def _headers(address: str) -> tuple[str, dict[str, str]]:
    """The address without what stands behind its question mark: headers for the INVITE, as far as they may be set."""
    bare, _, query = address.partition("?")
    allowed = ("user-to-user", "remote-party-id", "p-preferred-identity", "p-called-party-id")
    pairs = parse_qsl(query, keep_blank_values=True)
    return bare, {n: v for n, v in pairs if n.lower().startswith("x-") or n.lower() in allowed}


def _number(name: str) -> str:
    """A number as it is written in settings: digits with the plus they came with, everything else as a SIP name."""
    is_number = name.removeprefix("+").isdigit() and bool(name)
    return name if is_number else f"sip:{name}"


async def _resolved(host: str, port: int) -> Address:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    return str(found[0][4][0]), int(found[0][4][1])
