"""Time inside the exchange is the count of 20 ms media frames; only this module looks at the machine's clock.

A test steps the same `Ticker` by hand, so that a minute of ringing takes no minute. A simulation runs the exchange on
an event loop whose time jumps, with coarser sound: a frame stands for more than 20 ms there.
"""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from exchange.media.audio import FRAME_SECONDS

Alarm = asyncio.Future[None]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST_CATCH_UP_SECONDS = 5.0
READING_TURNS = 4


def wall_clock() -> datetime:
    """Return the machine's time of day."""
    return datetime.now(UTC)


class Ticker:
    """Counts frames and wakes those who wait for a later one.

    `wall` gives the time of day; without it, it is counted from a fixed moment. A frame stands for `frame_seconds`.
    """

    def __init__(self, wall: Callable[[], datetime] | None = None, frame_seconds: float = FRAME_SECONDS) -> None:
        self.count = 0
        self.frame_seconds = frame_seconds
        self._wall = wall
        self._alarms: list[tuple[int, int, Alarm]] = []
        self._serial = 0

    @property
    def seconds(self) -> float:
        """Return the seconds of sound since the exchange started."""
        return self.count * self.frame_seconds

    def frames(self, seconds: float) -> int:
        """Return how many frames pass in so many seconds, at least one."""
        return max(1, round(seconds / self.frame_seconds))

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return self._wall() if self._wall else EPOCH + timedelta(seconds=self.seconds)

    def step(self) -> None:
        """Count one frame."""
        self.count += 1
        while self._alarms and self._alarms[0][0] <= self.count:
            alarm = heapq.heappop(self._alarms)[2]
            if not alarm.done():
                alarm.set_result(None)

    def alarm(self, seconds: float) -> Alarm:
        """Return a future that is done when that much sound has passed."""
        future: Alarm = asyncio.get_running_loop().create_future()
        self._serial += 1
        due = self.count + self.frames(seconds)
        heapq.heappush(self._alarms, (due, self._serial, future))
        return future

    async def sleep(self, seconds: float) -> None:
        await self.alarm(seconds)

    async def first(self, *waited: asyncio.Future[None], seconds: float | None = None) -> bool:
        """Wait for the first of these futures, at most so long; return False when the time ran out.

        What has not happened is cancelled: hand in futures made for this wait, such as `Signal.wait()`.
        """
        everything: set[asyncio.Future[None]] = set(waited)
        if seconds is not None:
            everything.add(self.alarm(seconds))
        try:
            done, _ = await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in everything:
                future.cancel()
        return any(future in done for future in waited)


async def wait_for_any(*waited: asyncio.Future[Any]) -> None:
    """Wait until one of them is done; none is cancelled."""
    await asyncio.wait(set(waited), return_when=asyncio.FIRST_COMPLETED)


class Signal:
    """An event that happens once; any number may wait for it."""

    def __init__(self) -> None:
        self.is_set = False
        self._waiting: list[asyncio.Future[None]] = []

    def set(self) -> None:
        self.is_set = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    def wait(self) -> asyncio.Future[None]:
        """Return a future of its own for each who waits, so that one may give up alone."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.is_set:
            future.set_result(None)
        else:
            self._waiting = [each for each in self._waiting if not each.done()]
            self._waiting.append(future)
        return future


class RecurringSignal:
    """An event that happens again and again; it wakes those who wait at that moment."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def ring(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def wait(self) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = [each for each in self._waiting if not each.done()]
        self._waiting.append(future)
        return future


async def run_every_frame(
    work: Callable[[], None], late: Callable[[float], None] | None = None, frame_seconds: float = FRAME_SECONDS
) -> None:
    """Call `work` once per frame, for ever, on the monotonic clock: a stall is caught up, so the sound never drifts.

    `late` is told how many seconds behind time each frame was.
    """
    loop = asyncio.get_running_loop()
    due = loop.time() + frame_seconds
    while True:
        await asyncio.sleep(max(0.0, due - loop.time()))
        if loop.time() - due > frame_seconds:
            # What has arrived during a stall is read before the missed ticks ask for it, or they would find nothing.
            for _ in range(READING_TURNS):
                await asyncio.sleep(0)
        behind = loop.time() - due
        if late:
            late(behind)
        if behind > LONGEST_CATCH_UP_SECONDS:
            due = loop.time()
        work()
        due += frame_seconds
