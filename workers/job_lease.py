"""A worker's hold on a job: a token that only the newest taker has, and a lease that a thread renews meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from hotline import clock, log
from hotline.database.database import Database
from hotline.errors import LeaseLost
from workers import queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Job

# So often in a lease it is renewed, and a renewal that failed is tried again.
RENEWALS, TRIES = 3, 12


class JobLease:
    """The hold that one taking of a job gives."""

    def __init__(
        self, database: Database, job: Job, lease: timedelta, begun: float, steady: Callable[[], float]
    ) -> None:
        """Hold `job` since `begun`, a moment of `steady` before it was taken, for `lease` at a time."""
        self.job = job
        self._database, self._lease, self._steady = database, lease, steady
        self._until = begun + lease.total_seconds()
        self._is_lost = False

    @property
    def is_over(self) -> bool:
        """Return whether the lease has run out, as far as this process knows."""
        return self._steady() >= self._until

    def check(self, session: Session) -> None:
        """Lock the row while it is ours, as the last thing before the commit. Raises `LeaseLost`."""
        self._stop_if_lost()
        if not queries.lock(session, self.job):
            self._lose()

    def renew(self) -> None:
        """Hold it for another lease, of which hardly any has passed yet. Raises `LeaseLost`."""
        for _ in range(RENEWALS):
            begun = self._renew()
            if self._steady() - begun < self._lease.total_seconds() / RENEWALS:
                return  # else this process stood still meanwhile

    def _renew(self) -> float:
        """Renew once; when that was begun."""
        self._stop_if_lost()
        begun = self._steady()
        with self._database.write() as session:
            is_mine = queries.renew(session, self.job, self._lease)
        if not is_mine:
            self._lose()
        self._until = begun + self._lease.total_seconds()
        return begun

    def row(self, session: Session) -> Job:
        """Lock the job's row and return it. Raises `LeaseLost`."""
        row = queries.held_row(session, self.job)
        if row is None:
            self._lose()
        return row

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew while the block goes on: the lease ends by itself when this process dies."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(done,), daemon=True, name="lease")
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep(self, done: threading.Event) -> None:
        usual, soon = (self._lease.total_seconds() / number for number in (RENEWALS, TRIES))
        wait = usual
        while not done.wait(wait):
            try:
                self.renew()
                wait = usual
            except LeaseLost:
                log.get().warning("lease_lost", job_id=self.job.id)
                return
            except Exception as error:  # the database is locked, restarted or away
                log.get().warning("lease_not_renewed", job_id=self.job.id, error=type(error).__name__)
                if self.is_over:
                    self._is_lost = True  # whoever works on learns of it at the next write or request
                    return
                wait = soon

    def _stop_if_lost(self) -> None:
        if self._is_lost:
            self._lose()

    def _lose(self) -> NoReturn:
        self._is_lost = True
        raise LeaseLost(f"job {self.job.id} is somebody else's, or was given up")


def take(
    database: Database, job_id: str, lease: timedelta, steady: Callable[[], float] = clock.steady
) -> JobLease | None:
    """Take the job, if it is due and nobody holds it; `steady` counts seconds and never goes back."""
    begun = steady()
    with database.write() as session:
        job = queries.take(session, job_id, lease)
    return None if job is None else JobLease(database, job, lease, begun, steady)
