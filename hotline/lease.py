"""Leadership of a process that may act only once: a row with a holder and an end, taken by compare-and-set."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError

from hotline.database import Database
from hotline.models import Lease

LEASE = timedelta(seconds=3)
RENEW_AFTER = timedelta(seconds=1)
_HELD = select(Lease.holder, Lease.until).where(Lease.name == bindparam("name"))


class Leadership:
    """One candidate for the lease `name`; the standby takes over when the leader has been silent for `LEASE`."""

    def __init__(self, database: Database, name: str, holder: str) -> None:
        """Be `holder` (unique to this process) for the lease `name`."""
        self._database = database
        self._name = name
        self._holder = holder
        self._renewed: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether this process leads at `now`; takes or renews the lease when it is time."""
        if self._renewed is not None and now - self._renewed < RENEW_AFTER:
            return True
        self._renewed = now if self._take(now) else None
        return self._renewed is not None

    def _take(self, now: datetime) -> bool:
        if self._renewed is None and not self._is_free(now):
            return False
        free = or_(Lease.holder == self._holder, Lease.until < now)
        take = update(Lease).where(Lease.name == self._name, free).values(holder=self._holder, until=now + LEASE)
        with self._database.write() as session:
            if session.execute(take).rowcount == 1:  # type: ignore[attr-defined] # an UPDATE has a row count
                return True
            if session.get(Lease, self._name) is not None:
                return False
        try:
            with self._database.write() as session:
                session.add(Lease(name=self._name, holder=self._holder, until=now + LEASE))
        except IntegrityError:
            return False  # another candidate was the first
        return True

    def _is_free(self, now: datetime) -> bool:
        """Read alone: who stands by never waits for the one who writes."""
        with self._database.read() as session:
            held = session.execute(_HELD, {"name": self._name}).one_or_none()
        return held is None or held.holder == self._holder or held.until < now

    def release(self, now: datetime) -> None:
        """Step down, so that the standby need not wait."""
        gone = update(Lease).where(Lease.name == self._name, Lease.holder == self._holder).values(until=now)
        with self._database.write() as session:
            session.execute(gone)
