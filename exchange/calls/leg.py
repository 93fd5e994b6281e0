"""One leg of a call: its status from ringing to its end, its sound in each tick, and the document it follows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from exchange.calls.call_details import CallDetails, TwilioCallStatus
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
    """A listener on a leg, such as a recorder."""

    def frame(self, inbound: bytes, outbound: bytes) -> None: ...


class CallLeg:
    """A call between the exchange and one telephone. `inbound` and `outbound` are the frames of the present tick."""

    def __init__(
        self, facts: CallDetails, line: TelephoneLine, ticker: Ticker, on_move: Callable[["CallLeg"], None]
    ) -> None:
        self.facts = facts
        self.line = line
        self.inbound = SILENCE
        self.outbound = SILENCE
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
        return self.facts.status is TwilioCallStatus.IN_PROGRESS

    @property
    def is_working(self) -> bool:
        """Return whether it follows a document of its own; the callee of a Dial does not."""
        return any(not task.done() for task in self._tasks)

    def trace(self, event: str, **fields: object) -> None:
        """Show a telephone that asked for a trace what the exchange does for this call; other telephones ignore it."""
        self.line.tell("trace", **({"name": event, "call": self.sid} | fields))

    # Its life

    def move(self, status: TwilioCallStatus) -> None:
        self.facts.move(status, self._ticker.now())
        self._on_move(self)

    def seize(self) -> bool:
        """Take the telephone's line; return False when another call has it."""
        self._has_line = self.line.seize(self)
        return self._has_line

    def answer(self) -> None:
        """Mark the call as answered, by the exchange or by the person called; idempotent."""
        self.on_ringing()
        if self.facts.status is not TwilioCallStatus.RINGING:
            return
        self.move(TwilioCallStatus.IN_PROGRESS)
        self.line.tell("answered", call=self.sid)
        self.answered.set()

    def end(self, status: TwilioCallStatus | None = None, reason: str = "") -> None:
        """End the call; without a status it depends on whether it was answered. Idempotent."""
        if self.facts.is_over:
            return
        if not self.is_up:
            self.facts.response_code = getattr(self.line, "response_code", 0)
        self.move(status or (TwilioCallStatus.COMPLETED if self.is_up else TwilioCallStatus.NO_ANSWER))
        self.trace("hangup", status=str(self.facts.status), reason=reason or str(self.facts.status))
        self.was_redirected = False
        self._stop_work()
        self.set_source(None)
        if self._has_line:
            self._has_line = False
            self.line.tell("ended", call=self.sid, reason=reason or str(self.facts.status))
            self.line.release()
        self.ended.set()

    def drop(self) -> None:
        """Give the leg up: cancelled while it rang, completed when it was answered."""
        self.end(None if self.is_up else TwilioCallStatus.CANCELED)

    def on_answer(self) -> None:
        self.answer()

    def on_ringing(self) -> None:
        """Note that the telephone rings; idempotent."""
        if self.facts.status is TwilioCallStatus.INITIATED:
            self.move(TwilioCallStatus.RINGING)

    def on_early_sound(self) -> None:
        self.has_early_sound = True

    def on_refer(self, target: str) -> bool:
        return self.on_referral is not None and self.on_referral(target)

    def on_refuse(self, *, is_busy: bool) -> None:
        if not self.is_up:
            self.end(TwilioCallStatus.BUSY, "busy" if is_busy else "rejected")

    def on_fail(self) -> None:
        """End a call whose telephone cannot be reached or understood."""
        self.end(None if self.is_up else TwilioCallStatus.FAILED)

    def on_hang_up(self) -> None:
        self.end()

    # The document it follows

    def work(self, work: Work) -> None:
        """Follow something else from now on, once the previous work has cleaned up."""
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
            self.end(None if self.is_up else TwilioCallStatus.FAILED)
            raise

    def _stop_work(self) -> None:
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    # Sound, tick by tick

    async def play(self, source: AudioSource) -> None:
        """Play the source to its end."""
        self._source = source
        played: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._played = played
        try:
            await played
        finally:
            if self._played is played:
                self._source, self._played = None, None

    def clear_source(self, source: AudioSource) -> None:
        """Play nothing more, if this source is what it plays now."""
        if self._source is source:
            self.set_source(None)

    def set_source(self, source: AudioSource | None) -> None:
        """Play the source until another one replaces it; None is silence."""
        if self._played and not self._played.done():
            self._played.set_result(None)
        self._source, self._played = source, None

    def take(self) -> None:
        """Run the first half of a tick: read what the person says."""
        self.inbound = self.line.take() if self.is_up or self.has_early_sound else SILENCE

    def give(self) -> None:
        """Run the second half of a tick: send what the person hears."""
        self.outbound = self._next_frame()
        if self._has_line and (self.is_up or self._source):
            self.line.give(self.outbound)
        for tap in self.taps:
            tap.frame(self.inbound, self.outbound)

    def _next_frame(self) -> bytes:
        frame = self._source.next_frame() if self._source else SILENCE
        if frame is None:
            self.set_source(None)
            return SILENCE
        return frame


def _raise_bugs(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        asyncio.get_running_loop().call_exception_handler(
            {"message": "a call's work failed", "task": task, "exception": task.exception()}
        )
