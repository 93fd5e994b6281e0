"""The runner of leaders: what one process of several does, again and again, while it holds the lease.

Whatever a step does is a fact in the database first: a leader that is killed at any point leaves work that the next one
finds. So a step that fails is only logged, and the next one tries again.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from hotline import clock, log
from hotline.outbox.lease import Leadership
from hotline.outbox.notifier import Notifier

Step = Callable[[datetime], object]


class Leader:
    """One candidate: it takes a step at every tick and every wake-up, as long as nobody else leads."""

    def __init__(
        self,
        lease: Leadership,
        step: Step,
        *,
        tick_seconds: float,
        notifier: Notifier | None = None,
        channel: str = "",
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Take `step` while `lease` is held; nothing starts yet.

        A step is due every `tick_seconds`, and at each message in `channel` of the `notifier`, if there is one.
        `close` ends what the steps have started.
        """
        self._lease, self._step, self._close = lease, step, close
        self._tick_seconds, self._notifier, self._channel = tick_seconds, notifier, channel

    @property
    def name(self) -> str:
        """Return the name of the lease."""
        return self._lease.name

    def work(self, now: datetime) -> bool:
        """Take one step; `False` when another candidate leads."""
        if not self._lease.holds():
            return False
        self._step(now)
        return True

    def run(self, stop: threading.Event) -> None:
        """Take steps until `stop` is set, then step down, so that the standby goes on at once."""
        for _ in self._moments(stop):
            try:
                self.work(clock.now())
            except Exception:
                log.get().exception("leader_step_failed", lease=self.name)  # the rows say what is still to be done
                stop.wait(self._tick_seconds)
        self._close()
        self._lease.release()

    def _moments(self, stop: threading.Event) -> Iterator[None]:
        if self._notifier is None:
            while not stop.wait(self._tick_seconds):
                yield
            return
        for _ in self._notifier.listen(self._channel, self._tick_seconds):
            if stop.is_set():
                return
            yield


def run_all(leaders: Sequence[Leader], stop: threading.Event) -> None:
    """Run these leaders in one process, each in a thread of its own, until `stop` is set or one of them ends."""

    def run(leader: Leader) -> None:
        try:
            leader.run(stop)
        finally:
            stop.set()  # half a process is none: the supervisor starts it anew

    threads = [threading.Thread(target=run, args=(leader,), name=leader.name) for leader in leaders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
