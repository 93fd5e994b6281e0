"""One try at a password: its allowance is reserved first, then the password is checked."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import OperationalError

from accounts.errors import HashingBusy, TooManyGuesses
from accounts.passwords import hash_pool, hashing, throttle_queries
from accounts.passwords.throttle_queries import Allowance
from hotline import clock
from hotline.database.database import Busy, Database

Refused = (TooManyGuesses, HashingBusy)


def verify(database: Database, stored: str | None, password: str, allowances: Sequence[Allowance]) -> bool:
    """Tell whether it is the password whose digest is `stored`; a caller for whom it is gives the allowances back.

    Raises one of `Refused`, without having checked it. The caller holds a `hash_pool.slot`.
    """
    now = clock.now()
    with database.read() as reading:
        throttle_queries.check(reading, allowances, now)
    try:
        with database.write() as writing:
            throttle_queries.reserve(writing, allowances, now)
    except (OperationalError, Busy) as error:  # others hold what is counted for longer than we wait
        raise HashingBusy("what is counted cannot be written") from error
    return hashing.matches(stored, password)


def retry_seconds(refused: Exception, now: datetime) -> int:
    """Return in how many seconds it makes sense to try again, at least one."""
    if isinstance(refused, TooManyGuesses):
        return max(1, int((refused.until - now).total_seconds()) + 1)
    return hash_pool.RETRY_SECONDS
