"""Leadership of a process that may act only once: a row with a holder and a beat, taken by compare-and-set.

No clock of any machine decides: the holder counts from its last renewal, whoever stands by from the moment at which the
row changed last before their eyes. Both count by a clock that nobody can set.
"""

import os
import socket
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from hotline import clock
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.models import Lease

LEASE = timedelta(seconds=3)
RENEW_AFTER = timedelta(seconds=1)
NOBODY = ""
_HELD = select(Lease.holder, Lease.heartbeat, Lease.until).where(Lease.name == bindparam("name"))


class Leadership:
    """One candidate for the lease `name`; the standby takes over when the leader has been silent for `LEASE`."""

    def __init__(self, database: Database, name: str, holder: str, steady: Callable[[], float] = clock.steady) -> None:
        """Be `holder` (unique to this process) for the lease `name`; `steady` counts seconds and never goes back."""
        self._database = database
        self.name = name
        self._holder = holder
        self._steady = steady
        self._renewed: float | None = None
        self._seen: tuple[object, float] | None = None

    def holds(self) -> bool:
        """Return whether this process leads now; take or renew the lease when it is time."""
        begun = self._steady()
        if self._renewed is not None and begun - self._renewed < RENEW_AFTER.total_seconds():
            return True
        self._renewed = begun if self._take() else None
        return self._renewed is not None

    def _take(self) -> bool:
        with self._database.read() as session:
            held = session.execute(_HELD, {"name": self.name}).one_or_none()
        if held is None:
            return self._found()
        holder, beat, _until = held
        if holder not in (self._holder, NOBODY) and not self._is_silent(tuple(held)):
            return False
        seen = (Lease.name == self.name, Lease.holder == holder, Lease.heartbeat == beat)
        with self._database.write() as session:
            until = server_clock.now(session) + LEASE
            take = update(Lease).where(*seen).values(holder=self._holder, heartbeat=beat + 1, until=until)
            is_mine: bool = session.execute(take).rowcount == 1  # type: ignore[attr-defined] # an UPDATE has a row count
        return is_mine

    def _found(self) -> bool:
        try:
            with self._database.write() as session:
                until = server_clock.now(session) + LEASE
                session.add(Lease(name=self.name, holder=self._holder, heartbeat=1, until=until))
        except IntegrityError:
            return False  # another candidate was the first
        return True

    def _is_silent(self, row: tuple[object, ...]) -> bool:
        """Return whether somebody else's row has stayed as it is for the length of a lease, by our own counting."""
        at = self._steady()
        if self._seen is None or self._seen[0] != row:
            self._seen = (row, at)
        return at - self._seen[1] >= LEASE.total_seconds()

    def release(self) -> None:
        """Step down, so that the standby need not wait."""
        mine = update(Lease).where(Lease.name == self.name, Lease.holder == self._holder)
        with self._database.write() as session:
            session.execute(mine.values(holder=NOBODY, heartbeat=Lease.heartbeat + 1, until=server_clock.now(session)))
        self._renewed = None


def candidate(database: Database, name: str) -> Leadership:
    """Make this process a candidate for the lease `name`."""
    return Leadership(database, name, f"{socket.gethostname()}:{os.getpid()}:{clock.new_id()}")
