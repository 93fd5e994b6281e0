"""Telephones of another make: desk phones on the SIP library's own stack, beside an exchange that speaks SIP."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiortp
from aiosipua import (
    IncomingCall,
    OutgoingCall,
    Registration,
    RegistrationState,
    SdpMessage,
    SipDigestAuth,
    SipRequest,
    SipUAC,
    SipUAS,
    build_sdp,
)
from aiosipua.refer import notify_refer

from exchange.media.audio import FRAME_SECONDS, SILENCE, frames
from exchange.sip.transport import SipTransport
from tests.calls.exchange.conftest import PATIENCE_SECONDS, House, Page, opened, until

HOST = "127.0.0.1"
USERS = [
    {"name": "ward3", "password": "secret-3", "address": "client:ward3"},
    {"name": "desk", "password": "secret-d", "address": "+8613800000009"},
]
CODECS = {0: "PCMU", 8: "PCMA"}


@dataclass
class Talk:
    """A call of a desk phone and its sound."""

    rtp: Any
    call: Any
    heard: bytearray = field(default_factory=bytearray)
    keys: list[str] = field(default_factory=list)
    speaking: "asyncio.Task[None] | None" = None
    saying: list[bytes] = field(default_factory=list)


class Desk:
    """A desk phone; `law` is the one codec it knows, `keys` the payload type of its keys."""

    def __init__(self, port: int, name: str, password: str, law: int = 8, keys: int = 97) -> None:
        self.name = name
        self.exchange = (HOST, port)
        self.auth = SipDigestAuth(name, password)
        self.law, self.keys = law, keys
        self.answers = True
        self.rings_at_once = True
        self.refuses_with = 0
        self.referred: list[str] = []
        self.progress: list[int] = []
        self.authorizations: list[str] = []
        self.rings: list[IncomingCall] = []
        self.talks: list[Talk] = []
        self.byes: list[str] = []
        self.cancelled = 0

    async def __aenter__(self) -> Self:
        self.transport = SipTransport(local_addr=(HOST, 0))
        await self.transport.start()
        self.uac = SipUAC(self.transport)
        self.uas = SipUAS(self.transport, uac=self.uac)
        self.transport.on_message = self.uas._on_message
        self.uas.on_invite = self._invited
        self.uas.on_bye = lambda call, _request: self.byes.append(call.call_id)
        self.uas.on_refer = self._refer
        self.uas.on_transfer_progress = lambda _call, status, _reason: self.progress.append(status)
        self.uas.on_cancel = lambda _request, _addr: self._count_cancel()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for talk in self.talks:
            if talk.speaking:
                talk.speaking.cancel()
                await asyncio.wait({talk.speaking})
            await talk.rtp.close()
        await self.uas.stop()

    async def register(self) -> Registration:
        host = f"{HOST}:{self.exchange[1]}"
        registration = Registration(self.uac, f"sip:{self.name}@{host}", self.exchange, auth=self.auth)
        registration.register()
        await until(lambda: registration.state not in (RegistrationState.REGISTERING, RegistrationState.UNREGISTERED))
        return registration

    async def dial(self, to: str) -> Talk:
        """Call, and talk as soon as somebody answers."""
        uri = f"sip:{to}@{HOST}:{self.exchange[1]}"
        rtp, port = await self._open(self.exchange)
        offer = self.offer(port)
        call = self.uac.send_invite(f"sip:{self.name}@{HOST}", uri, self.exchange, offer, auth=self.auth)
        talk = self._talk(rtp, call)
        talk.call = call
        return talk

    async def answered(self, talk: Talk) -> Talk:
        call: OutgoingCall = talk.call
        await call.wait_answered(PATIENCE_SECONDS)
        assert call.sdp_answer
        assert call.sdp_answer.rtp_address
        talk.rtp.update_remote(call.sdp_answer.rtp_address)
        talk.speaking = asyncio.create_task(self._speak(talk))
        return talk

    def offer(self, port: int, direction: str = "sendrecv") -> SdpMessage:
        sdp = build_sdp(HOST, port, self.law, CODECS[self.law], dtmf_payload_type=self.keys)
        assert sdp.audio
        sdp.audio.attributes.pop("sendrecv", None)
        sdp.audio.attributes[direction] = []
        return sdp

    async def _open(self, remote: tuple[str, int]) -> tuple[Any, int]:
        for port in range(20_000, 30_000, 2):
            with contextlib.suppress(OSError):
                rtp = await aiortp.RTPSession.create(
                    (HOST, port), remote, self.law, dtmf_payload_type=self.keys, jitter_prefetch=0
                )
                return rtp, port
        raise AssertionError("no port")

    def _talk(self, rtp: Any, call: Any) -> Talk:
        talk = Talk(rtp, call)
        rtp.on_audio = lambda pcm, _timestamp: talk.heard.extend(pcm)
        rtp.on_dtmf = lambda key, _duration: talk.keys.append(key)
        self.talks.append(talk)
        return talk

    def _invited(self, call: IncomingCall) -> None:
        self.rings.append(call)
        if self.refuses_with:
            call.reject(self.refuses_with)
            return
        if self.rings_at_once:
            call.ringing()
        if self.answers:
            self._answering = asyncio.create_task(self.answer(call))

    def _refer(self, call: IncomingCall, target: str) -> None:
        self.referred.append(target)
        call.dialog.local_cseq = 50
        notify_refer(call, 486 if "busy" in target else 200)

    def demand_password(self) -> None:
        """From now on callers must say who they are."""
        welcome = self.uas._handlers["INVITE"]

        def check(request: SipRequest, addr: tuple[str, int]) -> None:
            given = request.get_header("proxy-authorization")
            if given or (request.to_addr and request.to_addr.tag):
                self.authorizations.append(given or "")
                welcome(request, addr)
                return
            challenge = {"Proxy-Authenticate": 'Digest realm="board", nonce="n1", algorithm=MD5, qop="auth"'}
            self.uas._send_error(request, 407, "Proxy Authentication Required", extra_headers=challenge)

        self.uas._handlers["INVITE"] = check

    async def play_early(self, call: IncomingCall) -> Talk:
        """Let the caller hear something although nobody answers yet."""
        assert call.sdp_offer
        assert call.sdp_offer.rtp_address
        rtp, port = await self._open(call.sdp_offer.rtp_address)
        talk = self._talk(rtp, call)
        call.ringing(early_sdp=self.offer(port))
        talk.speaking = asyncio.create_task(self._speak(talk))
        return talk

    async def answer(self, call: IncomingCall) -> Talk:
        assert call.sdp_offer
        assert call.sdp_offer.rtp_address
        rtp, port = await self._open(call.sdp_offer.rtp_address)
        talk = self._talk(rtp, call)
        call.accept(self.offer(port))
        talk.speaking = asyncio.create_task(self._speak(talk))
        return talk

    async def _speak(self, talk: Talk) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            talk.rtp.send_audio_pcm_auto(talk.saying.pop(0) if talk.saying else SILENCE)
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - clock()))

    def say(self, talk: Talk, pcm: bytes) -> None:
        talk.saying += list(frames(pcm))

    def hang_up(self, talk: Talk) -> None:
        if isinstance(talk.call, OutgoingCall):
            talk.call.hangup(self.uac)
        else:
            talk.call.hangup()

    def _count_cancel(self) -> None:
        self.cancelled += 1


def sip_house(folder: Path, pages: dict[str, Page], **sip: Any) -> contextlib.AbstractAsyncContextManager[House]:
    """An exchange with SIP, and the application behind its number."""
    return opened(folder, pages, sip={"host": HOST, "port": 0, "users": USERS, **sip})
