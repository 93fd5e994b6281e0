"""Slots and threads for hashing passwords: a few at a time, beside the loop that serves the pages.

Argon2 is slow on purpose: whoever guesses passwords must not take the processor from whoever is signed in.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from accounts.errors import HashingBusy

Result = TypeVar("Result")
# How many passwords a process hashes at once, and how many sign-ins are in work at all: each needs the database for a
# moment, whose connections are there for the pages, too. Others wait this long for a slot.
AT_ONCE, IN_WORK = 2, 6
WAIT_SECONDS, RETRY_SECONDS = 3.0, 3


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the slots for sign-ins in work. Raises `HashingBusy`."""
    slots = _slots()
    if not slots.acquire(timeout=WAIT_SECONDS):
        raise HashingBusy("too many passwords are being checked")
    try:
        yield
    finally:
        slots.release()


def run(work: Callable[[], Result]) -> Result:
    """Run it in a thread of its own; only the caller waits."""
    return _pool().submit(work).result()


@cache
def _slots() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(IN_WORK)


@cache
def _pool() -> Executor:
    """Return threads of the machine. Under gevent the usual ones are none: they run on the loop."""
    if "gevent.monkey" in sys.modules:
        from gevent import monkey, threadpool

        if monkey.is_module_patched("threading"):
            executor: Executor = threadpool.ThreadPoolExecutor(AT_ONCE)
            return executor
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
