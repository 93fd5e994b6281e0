"""Whether the database answers, as one process knows it: who found out that it does not spares the others the wait."""

import threading
import time
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hotline import log
from hotline.database import time_limits
from hotline.database.database import Busy, Database

# What a statement or its connection raises, whatever the reason.
DatabaseFault = SQLAlchemyError
# What is raised when the database is away, hung, locked, full or read-only; never for what a statement said.
AWAY = (OperationalError, InterfaceError, PoolTimeout, psycopg.OperationalError, Busy)
PROBE_EVERY_SECONDS = 0.5
PROBE_SECONDS = 2.0


def is_away(error: BaseException) -> bool:
    """Return whether this error says that the database cannot be asked at present."""
    if getattr(getattr(error, "orig", error), "sqlite_errorname", "") == "SQLITE_ERROR":
        return False  # SQLite's word for a statement that is wrong
    if isinstance(error, AWAY):
        return True
    read_only = psycopg.errors.ReadOnlySqlTransaction
    return isinstance(error, DBAPIError) and (error.connection_invalidated or isinstance(error.orig, read_only))


class Outage:
    """From the first request that could not ask the database until a probe could.

    Meanwhile one thread probes; everybody else reads `is_on` and is answered at once.
    """

    def __init__(self, database: Database) -> None:
        """Nothing is wrong yet."""
        self._database = database
        self._lock = threading.Lock()
        self._since: float | None = None
        self._ends: list[Callable[[], None]] = []

    @property
    def is_on(self) -> bool:
        """True while the database is away."""
        return self._since is not None

    def at_end(self, hook: Callable[[], None]) -> None:
        """Run `hook` after every outage, in the probing thread."""
        self._ends.append(hook)

    def begin(self) -> None:
        """A request could not ask the database; again: nothing."""
        with self._lock:
            if self._since is not None:
                return
            self._since = time.monotonic()
            self._database.background(self._probe, "outage")
        log.get().error("database_away")

    def _probe(self) -> None:
        while not self._answers():
            if self._database.closing.wait(PROBE_EVERY_SECONDS):
                return
        with self._lock:
            seconds, self._since = time.monotonic() - (self._since or 0.0), None
        log.get().warning("database_restored", seconds=round(seconds, 1))
        for hook in self._ends:
            try:
                hook()
            except Exception:
                log.get().exception("outage_end_failed")

    def _answers(self) -> bool:
        """Return whether a transaction that may write begins: a database that only reads takes no calls."""
        try:
            with time_limits.within(PROBE_SECONDS), self._database.write() as session:
                session.execute(text("SELECT 1"))
        except Exception as error:
            log.get().info("database_probed", error=type(error).__name__)
            return False
        return True
