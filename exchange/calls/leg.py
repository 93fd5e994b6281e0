"""One leg: its life from ringing to its end, what it says and hears in each tick, and the document it follows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from exchange.calls.call_record import CallRecord, LegStatus
from exchange.calls.key_buffer import KeyListeners
from exchange.calls.line import TelephoneLine
from exchange.media.audio import SILENCE
from exchange.media.audio_source import AudioSource
from exchange.media.clock import RecurringSignal, Signal, Ticker
from exchange.media.dtmf import DtmfDetector
from exchange.webhooks.cookies import CallCookies
from exchange.webhooks.webhook import WebhookTarget

Work = Callable[[], Coroutine[Any, Any, None]]


class AudioTap(Protocol):
    """Listens to a leg, such as a recorder."""

    def frame(self, said: bytes, heard: bytes) -> None: ...


class CallLeg:
    """A call between the exchange and one telephone. `said` and `heard` are the frames of the present tick."""

    def __init__(
        self, facts: CallRecord, line: TelephoneLine, ticker: Ticker, on_move: Callable[["CallLeg"], None]
    ) -> None:
        self.facts = facts
        self.line = line
        self.said = SILENCE
        self.heard = SILENCE
        self.keys = KeyListeners()
        self.taps: list[AudioTap] = []
        self.cookies = CallCookies()
        self.fallback: WebhookTarget | None = None
        self.parameters: dict[str, str] = {}
        self.streams: dict[str, Any] = {}
        self.answered = Signal()
        self.ended = Signal()
        self.taken_away = RecurringSignal()
        self.was_redirected = False
        self.has_early_sound = False
        self.on_referral: Callable[[str], bool] | None = None
        self._ticker = ticker
        self._on_move = on_move
        self.detector = DtmfDetector()
        self._source: AudioSource | None = None
        self._played: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_line = False

    @property
    def sid(self) -> str:
        return self.facts.sid

    @property
    def is_up(self) -> bool:
        return self.facts.status is LegStatus.IN_PROGRESS

    @property
    def is_working(self) -> bool:
        """Whether it follows a document of its own; the callee of a Dial does not."""
        return any(not task.done() for task in self._tasks)

    def trace(self, event: str, **fields: object) -> None:
        """Tell a telephone that asked for it what the exchange does for this call; others hear nothing of it."""
        self.line.tell("trace", **({"name": event, "call": self.sid} | fields))

    # Its life

    def move(self, status: LegStatus) -> None:
        self.facts.move(status, self._ticker.now())
        self._on_move(self)

    def seize(self) -> bool:
        """Take the telephone's line; False when another call has it."""
        self._has_line = self.line.seize(self)
        return self._has_line

    def answer(self) -> None:
        """The call is answered, by the exchange or by the person called; known already is no fault."""
        self.on_ringing()
        if self.facts.status is not LegStatus.RINGING:
            return
        self.move(LegStatus.IN_PROGRESS)
        self.line.tell("answered", call=self.sid)
        self.answered.set()

    def end(self, status: LegStatus | None = None, reason: str = "") -> None:
        """The call is over; without a status it depends on whether it was answered. Over already is no fault."""
        if self.facts.is_over:
            return
        if not self.is_up:
            self.facts.response_code = getattr(self.line, "response_code", 0)
        self.move(status or (LegStatus.COMPLETED if self.is_up else LegStatus.NO_ANSWER))
        self.trace("hangup", status=str(self.facts.status), reason=reason or str(self.facts.status))
        self.was_redirected = False
        self._stop_work()
        self.hear(None)
        if self._has_line:
            self._has_line = False
            self.line.tell("ended", call=self.sid, reason=reason or str(self.facts.status))
            self.line.release()
        self.ended.set()

    def drop(self) -> None:
        """The exchange gives the leg up: cancelled while it rang, completed when it was answered."""
        self.end(None if self.is_up else LegStatus.CANCELED)

    def on_answer(self) -> None:
        self.answer()

    def on_ringing(self) -> None:
        """The telephone says that it rings; known already is no fault."""
        if self.facts.status is LegStatus.INITIATED:
            self.move(LegStatus.RINGING)

    def on_early_sound(self) -> None:
        self.has_early_sound = True

    def on_refer(self, target: str) -> bool:
        return self.on_referral is not None and self.on_referral(target)

    def on_refuse(self, is_busy: bool) -> None:
        if not self.is_up:
            self.end(LegStatus.BUSY, "busy" if is_busy else "rejected")

    def on_fail(self) -> None:
        """The telephone cannot be reached, or cannot be understood."""
        self.end(None if self.is_up else LegStatus.FAILED)

    def on_hang_up(self) -> None:
        self.end()

    # The document it follows

    def work(self, work: Work) -> None:
        """Follow something else from now on; what it did before is cleaned up first."""
        self.was_redirected = self.is_working
        self._stop_work()
        self.taken_away.ring()
        self._tasks = {task for task in self._tasks if not task.done()}
        task = asyncio.get_running_loop().create_task(self._after(frozenset(self._tasks), work))
        task.add_done_callback(_raise_bugs)
        self._tasks.add(task)

    async def _after(self, before: frozenset[asyncio.Task[None]], work: Work) -> None:
        if before:
            await asyncio.wait(before)
        self.was_redirected = False
        if self.facts.is_over:
            return
        try:
            await work()
        except Exception:
            # What follows the document sees to its own faults; whatever else fails must not leave a call behind.
            self.end(None if self.is_up else LegStatus.FAILED)
            raise

    def _stop_work(self) -> None:
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    # Sound, tick by tick

    async def play(self, source: AudioSource) -> None:
        """Let it hear the source to its end."""
        self._source = source
        played: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._played = played
        try:
            await played
        finally:
            if self._played is played:
                self._source, self._played = None, None

    def unhear(self, source: AudioSource) -> None:
        """Hear nothing more, if that is what it hears now."""
        if self._source is source:
            self.hear(None)

    def hear(self, source: AudioSource | None) -> None:
        """Let it hear the source until something else is to be heard; None is silence."""
        if self._played and not self._played.done():
            self._played.set_result(None)
        self._source, self._played = source, None

    def take(self) -> None:
        """First half of a tick: what the person says."""
        self.said = self.line.take() if self.is_up or self.has_early_sound else SILENCE

    def give(self) -> None:
        """Second half of a tick: what the person hears."""
        self.heard = self._next_frame()
        if self._has_line and (self.is_up or self._source):
            self.line.give(self.heard)
        for tap in self.taps:
            tap.frame(self.said, self.heard)

    def _next_frame(self) -> bytes:
        frame = self._source.next_frame() if self._source else SILENCE
        if frame is None:
            self.hear(None)
            return SILENCE
        return frame


def _raise_bugs(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a call's work failed", "task": task, "exception": task.exception()}
        )
