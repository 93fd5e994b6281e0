"""The clock process: one leader that has done, every second, what is due."""

import threading
from concurrent.futures import Executor
from datetime import timedelta

from hotline import log
from hotline.context import AppContext
from hotline.object_store import orphans
from hotline.outbox.lease import Leadership, candidate
from telephony.provider import Provider
from workers import sweep
from workers.chores import Chore, Chores

TICK_SECONDS = 1.0
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Clock:
    """Sweeps while it holds the lease."""

    def __init__(
        self, context: AppContext, provider: Provider, pool: Executor | None = None, lease: Leadership | None = None
    ) -> None:
        """Use these resources; nothing starts yet. Sweeps run in threads of their own, or in `pool`."""
        self._lease = lease or candidate(context.database, "clock")
        self._chores = Chores(context.database, chores(context, provider), pool)

    def run(self, stop: threading.Event) -> None:
        """Sweep every second until `stop` is set."""
        while not stop.wait(TICK_SECONDS):
            self.work()
        self._chores.stop()
        self._lease.release()

    def work(self) -> bool:
        """Start the sweeps that are due; `False` when another clock leads, or the database is away."""
        try:
            if not self._lease.holds():
                return False
            self._chores.start_due()
        except Exception:
            log.get().exception("clock_failed")  # the rows stay due; the next second tries again
            return False
        return True


def chores(context: AppContext, provider: Provider) -> list[Chore]:
    """Everything that the clock does, how often, and how long each may take."""
    return [
        Chore("forgotten_jobs", SECOND, MINUTE, lambda _now, _in_time: sweep.forgotten_jobs(context)),
        Chore(
            "silent_lines",
            2 * SECOND,
            MINUTE,
            lambda now, in_time: sweep.silent_lines(context, provider, now, in_time),
        ),
        Chore(
            "silent_recordings",
            5 * SECOND,
            MINUTE,
            lambda now, in_time: sweep.silent_recordings(context, provider, now, in_time),
        ),
        Chore("unheard_calls", 15 * SECOND, MINUTE, lambda now, _in_time: sweep.unheard_calls(context, provider, now)),
        Chore("undrawn_days", 10 * SECOND, MINUTE, lambda now, _in_time: sweep.undrawn_days(context, now)),
        Chore("urgent_words", 5 * SECOND, MINUTE, lambda _now, _in_time: sweep.urgent_words(context)),
        Chore("over_periods", 30 * SECOND, MINUTE, lambda now, _in_time: sweep.over_periods(context, now)),
        Chore("unreferenced_objects", 10 * MINUTE, 10 * MINUTE, lambda _now, _in_time: orphans.sweep(context)),
    ]
