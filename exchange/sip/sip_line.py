"""One call over SIP as its leg sees it: a `TelephoneLine` for those who call us and for those we call."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Protocol

import structlog
from aiosipua import IncomingCall, OutgoingCall, SdpMessage

from exchange.calls.line import LineListener
from exchange.core.log_limit import printable
from exchange.media.audio import FRAME_SECONDS, SILENCE
from exchange.sip import sdp
from exchange.sip.rtp import RtpSession
from exchange.sip.uac import UserAgentClient
from exchange.sip.uas import UserAgentServer, needs

log = structlog.get_logger(__name__)
LOST_SECONDS, REFER_SECONDS = 60.0, 30.0
MOST_NOTIFIED = 50
REFUSALS = {"busy": 486, "rejected": 603, "failed": 404}
BUSY, NOBODY, DECLINED = {486, 600}, {408, 480, 487, 404, 410, 484, 604}, {403, 603}


class SipCall(Protocol):
    """How the call is made or taken."""

    def ring(self, line: "SipLine", sender: str) -> None: ...

    def ringback(self) -> None: ...

    def answer(self, line: "SipLine") -> None: ...

    def end(self, reason: str) -> None: ...

    async def refer(self, uri: str) -> int: ...


class SipLine:
    """A line that lasts as long as its call: a telephone that cannot take a second one says so itself."""

    shows_texts = False

    def __init__(self, address: str, rtp: Callable[[], RtpSession], way: SipCall, *, rings_late: bool = False) -> None:
        self.address = address
        self.rings_late = rings_late
        self.credentials: tuple[str, str] | None = None
        self.response_code = 0
        self.call_id = ""
        self.notified: asyncio.Queue[int] = asyncio.Queue(MOST_NOTIFIED)
        self.answerer: LineListener | None = None
        self.is_over = False
        self._open = rtp
        self._way = way
        self.rtp: RtpSession | None = None

    def seize(self, answerer: LineListener) -> bool:
        if self.answerer or self.is_over:
            return False
        try:
            self.rtp = self._open()
        except OSError as error:
            log.warning("sip_no_port", reason=str(error))
            return False
        self.answerer = answerer
        return True

    def release(self) -> None:
        self.is_over = True
        self.answerer = None
        if self.rtp:
            self.rtp.close()

    def take(self) -> bytes:
        if not self.rtp:
            return SILENCE
        frame = self.rtp.take()
        agreed = self.rtp.agreed
        if agreed and agreed.speaks and agreed.listens and self.rtp.quiet_ticks * FRAME_SECONDS > LOST_SECONDS:
            # A telephone that lost its network says no good-bye.
            log.info("sip_silent", seconds=LOST_SECONDS)
            self.rtp.quiet_ticks = 0
            self.hang_up(tells=True)
        return frame

    def give(self, frame: bytes) -> None:
        if self.rtp:
            self.rtp.give(frame)

    def tell(self, event: str, **fields: object) -> None:
        if event == "ring" and fields.get("ring") == 1:
            self._way.ring(self, str(fields.get("from", "")))
        elif event == "ringback":
            self._way.ringback()
        elif event == "answered":
            self._way.answer(self)
        elif event == "ended" and not self.is_over:
            self._way.end(str(fields.get("reason", "")))

    def authenticate(self, user: str, password: str) -> None:
        """Set who we are to the other side, should it ask."""
        self.credentials = (user, password)

    def dialled(self) -> dict[str, str]:
        """Return what the action of a Dial is told besides."""
        code = {"DialSipResponseCode": str(self.response_code)} if self.response_code else {}
        return {"DialSipCallId": self.call_id} | code

    async def refer(self, uri: str) -> tuple[int, int | None]:
        """Ask the telephone to call somebody else instead; return its answer, and the last it told of that call."""
        answer = await self._way.refer(uri)
        notified: int | None = None
        if answer >= 300:
            return answer, None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REFER_SECONDS):
                while notified is None or notified < 200:
                    notified = await self.notified.get()
        return answer, notified

    def hang_up(self, *, tells: bool = False) -> None:
        """End the line when the other side is gone; `tells` where it may still be there to be told."""
        self.is_over = not tells
        if self.answerer:
            self.answerer.on_hang_up()
        self.is_over = True

    def refused(self, status: int) -> None:
        """Report that the other side does not take the call."""
        self.is_over = True
        self.response_code = status
        if not self.answerer:
            return
        if status in BUSY or status in DECLINED:
            self.answerer.on_refuse(is_busy=status in BUSY)
        elif status in NOBODY:
            self.answerer.on_hang_up()
        else:
            log.warning("sip_call_failed", status=status)
            self.answerer.on_fail()


class IncomingSipCall:
    """A call that they make to us."""

    def __init__(self, call: IncomingCall, agent: UserAgentServer, caller: UserAgentClient, host: str) -> None:
        self._call = call
        self._agent = agent
        self._caller = caller
        self._host = host
        self._is_answered = False
        self._rings = False

    def ring(self, line: SipLine, sender: str) -> None:
        """Do nothing: nobody rings the one who calls."""

    def ringback(self) -> None:
        if self._rings or self._is_answered:
            return
        self._rings = True
        # Who insists on acknowledging what comes before the answer (RFC 3262) is told nothing before it.
        if "100rel" not in needs(self._call.invite):
            self._call.ringing()

    def answer(self, line: SipLine) -> None:
        if not line.rtp or self._is_answered:
            return
        self._is_answered = True
        offered = self._call.sdp_offer
        if offered is None:
            # They leave it to us to offer; what they answer comes with the ACK.
            self._call.accept(sdp.offer(self._host, line.rtp.port, line.rtp.port))
            return
        answered, agreed = sdp.answer(offered, self._host, line.rtp.port)
        line.rtp.agree(agreed)
        self._call.accept(answered)

    def end(self, reason: str) -> None:
        if self._is_answered:
            self._call.hangup()
            self._agent.forget(self._call)
        else:
            self._agent.reject(self._call, REFUSALS.get(reason, 480))

    async def refer(self, uri: str) -> int:
        return await self._caller.refer(self._call.dialog, uri, self._call.source_addr)


Place = Callable[[SipLine, str, SdpMessage], OutgoingCall]


class OutgoingSipCall:
    """A call that we make. `place` sends the call with an offer, and returns what stands for it."""

    def __init__(self, caller: UserAgentClient, place: Place, host: str) -> None:
        self._caller = caller
        self._place = place
        self._host = host
        self._call: OutgoingCall | None = None

    def ring(self, line: SipLine, sender: str) -> None:
        if not line.rtp:
            return
        call = self._call = self._place(line, sender, sdp.offer(self._host, line.rtp.port, line.rtp.port))
        call.on_answer = lambda _call: self._answered(line, call)
        call.on_rejected = lambda _call, status, _reason: line.refused(status)
        call.on_ringing = lambda _call: line.answerer.on_ringing() if line.answerer else None
        self._caller.tell_early(call, partial(self._early, line))
        line.call_id = call.call_id

    def ringback(self) -> None:
        """Do nothing: what they hear while it rings is their telephone's affair."""

    def answer(self, line: SipLine) -> None:
        """Do nothing: it was they who answered."""

    def end(self, reason: str) -> None:  # noqa: ARG002 - a BYE gives no reasons
        if self._call is None:
            return
        if self._call.hangup(self._caller) is None and self._call.call_id in self._caller._calls:
            self._caller.give_up(self._call)

    async def refer(self, uri: str) -> int:
        if self._call is None:
            return 481
        return await self._caller.refer(self._call.dialog, uri, self._call.remote_addr)

    def _early(self, line: SipLine, offered: SdpMessage) -> None:
        """Take the sound that they play while it rings."""
        with contextlib.suppress(ValueError):
            agreed = sdp.agree(offered)
            if line.rtp and line.answerer:
                line.rtp.agree(agreed)
                line.answerer.on_early_sound()

    def _answered(self, line: SipLine, call: OutgoingCall) -> None:
        try:
            agreed = sdp.agree(call.sdp_answer)
        except ValueError as error:
            log.warning("sip_answer_unusable", reason=printable(str(error)))
            call.hangup(self._caller)
            line.refused(488)
            return
        line.response_code = 200
        if line.rtp and line.answerer:
            line.rtp.agree(agreed)
            line.answerer.on_answer()
