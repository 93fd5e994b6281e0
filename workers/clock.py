"""The clock process: one leader that sweeps, every second, what is due."""

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime

from hotline import clock, log
from hotline.ground import Ground
from hotline.lease import Leadership
from telephony.provider import Provider
from workers import sweep

TICK_SECONDS = 1.0


class Clock:
    """Sweeps while it holds the lease."""

    def __init__(self, ground: Ground, provider: Provider) -> None:
        """Use these resources; nothing starts yet."""
        self._ground = ground
        self._lease = Leadership(ground.database, "clock", f"{socket.gethostname()}:{os.getpid()}:{clock.new_id()}")
        self._sweeps: tuple[Callable[[datetime], int], ...] = (
            lambda now: sweep.lost_bells(ground, now),
            lambda now: sweep.silent_lines(ground, provider, now),
            lambda now: sweep.silent_recordings(ground, provider, now),
            lambda now: sweep.unheard_calls(ground, provider, now),
            lambda now: sweep.undrawn_days(ground, now),
            lambda now: sweep.urgent_words(ground, now),
            lambda now: sweep.over_periods(ground, now),
        )

    def run(self, stop: threading.Event) -> None:
        """Sweep every second until `stop` is set."""
        while not stop.wait(TICK_SECONDS):
            self.work(clock.now())
        self._lease.release(clock.now())

    def work(self, now: datetime) -> bool:
        """Sweep once; `False` when another clock leads. A fault of one sweep does not keep the others from running."""
        try:
            if not self._lease.holds(now):
                return False
        except Exception:
            log.get().exception("lease_failed")  # the database is away: the next second tries again
            return False
        for one in self._sweeps:
            try:
                one(now)
            except Exception:
                log.get().exception("sweep_failed")  # the rows stay due; the next second tries again
        return True
