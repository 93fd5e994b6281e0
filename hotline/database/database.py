"""The database: SQLite embedded or PostgreSQL, short transactions, and what happens after a commit."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from hotline.audit import log
from hotline.database import postgres, statements, time_limits
from hotline.database.statements import Statements
from hotline.database.time_limits import LONGEST_LOCK_SECONDS, USUAL, Patience
from hotline.encryption.keyring import Keyring
from hotline.errors import HotlineError
from hotline.outbox import floor_events

CLOSING_SECONDS = 5.0
LONGEST_HOLD_SECONDS, GIVE_WAY_SECONDS = 0.5, 0.15
# How often who waits for SQLite's lock looks for it: at first, and after a while.
SHORTEST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.0003, 0.02
Piece = TypeVar("Piece")


class Busy(HotlineError):
    """Another thread of this process writes for longer than this one may wait."""

    code = "database_busy"


class Database:
    """One engine and the two ways to use it: `read()` and `write()`.

    SQLite takes its write lock at the start of a write transaction (`BEGIN IMMEDIATE`) and one thread of a process
    writes at a time, because a deferred lock fails under load instead of waiting.
    """

    def __init__(self, url: str, keyring: Keyring, limits: Patience = USUAL) -> None:
        """Open the database at the SQLAlchemy `url`; encrypted columns use `keyring`, waits end after `limits`."""
        self.engine = _engine(url, limits)
        self.engine.dialect.hotline_keyring = keyring  # type: ignore[attr-defined] # read by models.types.EncryptedText
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # For single statements that commit by themselves: no transaction, no question whether the server is there.
        self._direct = self.engine if self.is_sqlite else _direct(url, limits)
        self._direct.dialect.hotline_keyring = keyring  # type: ignore[attr-defined] # as above
        # Called before each transaction that writes; it may refuse it (`hotline.context` sets it).
        self.before_write: Callable[[], object] = _nothing
        self.closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writes = self.engine.execution_options(writes=True)
        self._writer = sessionmaker(self._writes, expire_on_commit=False)
        event.listen(self._writer, "before_flush", floor_events.watch)
        event.listen(self._writer, "before_flush", log.collect)
        event.listen(self._writer, "after_rollback", log.drop)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with self._reader() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, undone by an exception.

        What was given to `after_commit` runs once the commit is through, outside of any lock.
        """
        self.before_write()
        with self._serial(), self._writer() as session:
            yield session
            log.seal(session)
            session.commit()
            hooks: list[Callable[[], object]] = session.info.pop("after_commit", [])
        for hook in hooks:
            hook()

    @contextmanager
    def statements(self) -> Iterator[Statements]:
        """A connection on which every statement commits by itself."""
        with statements.connected(self._direct, self) as connection:
            yield connection

    @contextmanager
    def transaction_on(self, driver: Any) -> Iterator[None]:
        """A transaction on a connection of the driver's, for `Statements`."""
        self.before_write()
        if not self.is_sqlite:
            with driver.transaction():
                yield
            return
        with self._serial():
            _begin_immediate(driver)
            try:
                yield
                driver.execute("COMMIT")
            except BaseException:
                driver.rollback()
                raise

    def in_pieces(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield the pieces of long work, each for a short transaction of its own.

        SQLite's lock has no queue: who waits looks for it every 100 ms, so that now and then it is left alone for
        longer than that.
        """
        since = time.monotonic()
        for piece in pieces:
            if self.is_sqlite and time.monotonic() - since > LONGEST_HOLD_SECONDS:
                time.sleep(GIVE_WAY_SECONDS)
                since = time.monotonic()
            yield piece

    @contextmanager
    def _serial(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._lock.acquire(timeout=time_limits.left(LONGEST_LOCK_SECONDS)):
            raise Busy("another thread of this process writes for too long")
        try:
            yield
        finally:
            self._lock.release()

    def background(self, work: Callable[[], object], name: str) -> None:
        """Do `work` in a thread that looks at `closing`, and ends with this database."""
        thread = threading.Thread(target=work, daemon=True, name=name)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def end_background(self) -> None:
        """Have the threads of `background` end, and wait for them a moment."""
        self.closing.set()
        for thread in self._threads:
            thread.join(CLOSING_SECONDS)

    def close(self) -> None:
        """Give the connections back."""
        self.end_background()
        self.engine.dispose()
        self._direct.dispose()


def _nothing() -> None:
    return


def after_commit(session: Session, hook: Callable[[], object]) -> None:
    """Run `hook` when the transaction of `session` is committed; never when it is undone."""
    session.info.setdefault("after_commit", []).append(hook)


def _direct(url: str, limits: Patience) -> Engine:
    return postgres.engine(url, limits, plans_once=True, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)


def _engine(url: str, limits: Patience) -> Engine:
    if not url.startswith("sqlite"):
        return postgres.engine(url, limits, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin our transactions ourselves
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection  # past the library: it is every transaction's first word
    with statements.library_faults(connection.dialect):
        if options.get("writes", False):
            _begin_immediate(driver)
        else:
            driver.execute(f"PRAGMA busy_timeout={1000 * time_limits.left(LONGEST_LOCK_SECONDS):.0f}")
            driver.execute("BEGIN")


def _begin_immediate(driver: Any) -> None:
    """Take the one lock for writing. Short looks come first: SQLite itself sleeps up to 100 ms between two."""
    end = time.monotonic() + time_limits.left(LONGEST_LOCK_SECONDS)
    pause = SHORTEST_LOOK_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            left = end - time.monotonic()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or left <= 0:
                raise
            time.sleep(min(pause, left))
            pause = min(1.5 * pause, LONGEST_LOOK_SECONDS)
        else:
            return
