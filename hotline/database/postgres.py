"""Connections to PostgreSQL that never wait for ever: a server that is hung, unreachable or cut off is an error."""

import math
from typing import Any

import psycopg
from psycopg.errors import OperationalError
from sqlalchemy import Engine, create_engine, event

from hotline.database import time_limits
from hotline.database.time_limits import Patience

POOL, OVERFLOW = 10, 10
# A peer that is gone is noticed by the kernel after so many seconds without a sign.
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3}
UNACKNOWLEDGED_MS = 10_000


def _connection(limits: Patience) -> type[psycopg.Connection[Any]]:
    class Bounded(psycopg.Connection[Any]):
        """A connection whose every wait has an end; after it the connection is closed, since nobody knows its state."""

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            """As the library's; at most what this thread may still wait. Raises `OperationalError`."""
            most = time_limits.left(limits.answer_seconds)
            timeout = most if timeout is None else min(timeout, most)
            try:
                return super().wait(gen, interval=interval, timeout=timeout)
            except OperationalError:
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()
                raise

    return Bounded


def engine(url: str, limits: Patience, *, plans_once: bool = False, **options: Any) -> Engine:
    """Return an engine on the SQLAlchemy `url` (`postgresql://…`) with these limits.

    `plans_once`: a prepared statement has one plan for all values, which suits those that find their row by its key.
    """
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    session = {
        "lock_timeout": f"{limits.lock_seconds * 1000:.0f}",
        "statement_timeout": f"{limits.statement_seconds * 1000:.0f}",
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
    }
    if plans_once:
        session["plan_cache_mode"] = "force_generic_plan"
    arguments: dict[str, Any] = {
        "options": " ".join(f"-c {name}={text}" for name, text in session.items()),
        "connect_timeout": limits.connect_seconds,
        "tcp_user_timeout": UNACKNOWLEDGED_MS,
    }
    made = create_engine(
        url,
        pool_size=POOL,
        max_overflow=OVERFLOW,
        pool_timeout=limits.connect_seconds,
        hide_parameters=True,
        connect_args=arguments | KEEPALIVES,
        **options,
    )
    bounded = _connection(limits)

    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> Any:
        left = time_limits.left(limits.connect_seconds)
        if left <= 0:
            raise OperationalError("no time left to connect")
        named["connect_timeout"] = math.ceil(left)
        return bounded.connect(*arguments, **named)

    event.listen(made, "do_connect", connect)
    return made
