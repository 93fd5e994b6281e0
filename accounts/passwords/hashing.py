"""Argon2, a few at a time and beside the loop that serves the pages: guesses take neither from whoever is signed in."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from hotline.errors import HotlineError

Made = TypeVar("Made")
# So many passwords are hashed by a process at once, and so many tries are in work at all: each needs the database for a
# moment, whose connections are there for the pages, too. Others wait so long for a place.
AT_ONCE, IN_WORK = 2, 6
WAIT_SECONDS, RETRY_SECONDS = 3.0, 3


class Busy(HotlineError):
    """Too many passwords wait to be looked at; it is to be tried again in `RETRY_SECONDS`."""

    code = "busy"


@contextmanager
def place() -> Iterator[None]:
    """A place among the tries that are in work, when it is one's turn. Raises `Busy`."""
    places = _places()
    if not places.acquire(timeout=WAIT_SECONDS):
        raise Busy("too many passwords are being looked at")
    try:
        yield
    finally:
        places.release()


def aside(work: Callable[[], Made]) -> Made:
    """Do it in a thread of its own; whoever asks waits, and nobody else does."""
    return _pool().submit(work).result()


@cache
def _places() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(IN_WORK)


@cache
def _pool() -> Executor:
    """Threads of the machine. Under gevent the usual ones are none: they run on the loop."""
    if "gevent.monkey" in sys.modules:
        from gevent import monkey, threadpool

        if monkey.is_module_patched("threading"):
            executor: Executor = threadpool.ThreadPoolExecutor(AT_ONCE)
            return executor
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
