"""An event loop whose time jumps to the next timer. Nothing outside wakes it: it has no sockets, threads or signals."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
# Of a timer: moments are sums of many steps.
RESOLUTION_SECONDS = 1e-6


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs what is ready, and what timers make ready until a given moment; `on_passing` is told of every jump."""

    def __init__(self, on_passing: Callable[[float], None]) -> None:
        """Begin at second 0."""
        super().__init__()
        self._selector = self
        self._clock_resolution = RESOLUTION_SECONDS
        self._now = self._until = 0.0
        self._on_passing = on_passing
        self.faults: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, fault: self.faults.append(fault))

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self._now

    def settle(self) -> None:
        """Run everything that needs no time. Raises what a task, a callback or a call's work did not catch."""
        self.pass_time(0.0)

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, timer by timer. Raises as `settle` does."""
        self._until = self._now + seconds
        self.run_forever()
        if self.faults:
            fault = self.faults.pop(0)
            raise AssertionError(fault["message"]) from fault.get("exception")

    def ask(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Return what this brings without any time passing."""
        task = self.create_task(coroutine)
        self.settle()
        if not task.done():
            task.cancel()
            self.settle()
            raise AssertionError("it waits for something that only comes with time, or with a webhook")
        return task.result()

    def do(self, work: Callable[[], Result]) -> Result:
        """Do this inside the loop, and everything that follows without any time passing."""

        async def inside() -> Result:
            return work()

        return self.ask(inside())

    # What the base class asks of a loop.

    def select(self, timeout: float | None) -> list[object]:
        """Jump to the next timer instead of waiting for it, or stop where it lies beyond the moment."""
        if timeout == 0:
            return []
        if timeout is None or self._now + timeout > self._until + RESOLUTION_SECONDS:
            timeout = max(0.0, self._until - self._now)
            self.stop()
        self._now += timeout
        self._on_passing(timeout)
        return []

    def _process_events(self, event_list: list[object]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody waits in another thread."""
