"""How long is waited for the database: a limit for each kind of wait, and a budget for all waits of one request.

A thread that answers somebody (`within`) spends one budget on locks, connections and statements together; other
threads have the limits alone. All of it is measured by monotonic time.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_thread = threading.local()


@dataclass(frozen=True)
class Patience:
    """Limits in seconds: until a connection stands, a lock is given, a statement has ended, the server has said so.

    `answer_seconds` counts on our side and holds for a server that accepts and stays silent; the others are the
    server's own, which ends a statement more gently.
    """

    connect_seconds: int = 5
    lock_seconds: float = 5.0
    statement_seconds: float = 15.0
    answer_seconds: float = 20.0


USUAL = Patience()
# SQLite's one lock is waited for longer: a process may be writing a long import's next piece.
LONGEST_LOCK_SECONDS = 15.0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Spend at most this long waiting for the database in this thread; a budget that stands already only shrinks."""
    before = getattr(_thread, "end", None)
    end = time.monotonic() + seconds
    _thread.end = end if before is None else min(before, end)
    try:
        yield
    finally:
        _thread.end = before


def left(most: float) -> float:
    """Seconds that this thread may still wait, `most` where it has no budget; never negative."""
    end = getattr(_thread, "end", None)
    return most if end is None else max(0.0, min(most, end - time.monotonic()))
