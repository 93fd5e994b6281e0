"""The database: SQLite embedded or PostgreSQL, short transactions, and what happens after a commit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from hotline import happenings
from hotline.crypt import Keyring

LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 15_000


class Database:
    """One engine and the two ways to use it: `read()` and `write()`.

    SQLite takes its write lock at the start of a write transaction (`BEGIN IMMEDIATE`) and one thread of a process
    writes at a time, because a deferred lock fails under load instead of waiting.
    """

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Open the database at the SQLAlchemy `url`; encrypted columns use `keyring`."""
        self.engine = _engine(url)
        self.engine.dialect.hotline_keyring = keyring  # type: ignore[attr-defined] # read by models.types.EncryptedText
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # PostgreSQL for single statements that commit by themselves: no transaction, no question whether it is there.
        self.direct = None if self.is_sqlite else _direct(url)
        self._lock = threading.RLock()
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = sessionmaker(self.engine.execution_options(writes=True), expire_on_commit=False)
        event.listen(self._writer, "before_flush", happenings.watch)

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
        with self._serial(), self._writer() as session:
            yield session
            session.commit()
            hooks: list[Callable[[], object]] = session.info.pop("after_commit", [])
        for hook in hooks:
            hook()

    @contextmanager
    def _serial(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        with self._lock:
            yield

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        if self.direct is not None:
            self.direct.dispose()


def after_commit(session: Session, hook: Callable[[], object]) -> None:
    """Run `hook` when the transaction of `session` is committed; never when it is undone."""
    session.info.setdefault("after_commit", []).append(hook)


def _postgres(url: str, **options: Any) -> Engine:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    session = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
    return create_engine(url, pool_size=10, hide_parameters=True, connect_args={"options": session}, **options)


def _direct(url: str) -> Engine:
    return _postgres(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return _postgres(url, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 15, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin our transactions ourselves
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    driver: Any = connection.connection.driver_connection  # past the library: it is every transaction's first word
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
