"""Is this their password? One try at it: reserved first, then looked at."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, make_response
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from accounts.passwords import guesses, hashing, strength
from accounts.passwords.guesses import Allowance, TooManyGuesses
from accounts.passwords.hashing import Busy
from hotline import clock
from hotline.context import AppContext
from hotline.database import database

Refused = (TooManyGuesses, Busy)


def proven(context: AppContext, stored: str | None, password: str, allowances: Sequence[Allowance]) -> bool:
    """Whether it is the password whose digest is `stored`; whoever finds it right gives the allowances back.

    Raises one of `Refused`, without having looked at it. Whoever asks has a place (`hashing.place`).
    """
    now = clock.now()
    with context.database.read() as reading:
        guesses.check(reading, allowances, now)
    try:
        with context.database.write() as writing:
            guesses.reserve(writing, allowances, now)
    except (OperationalError, database.Busy) as error:  # others hold what is counted for longer than we wait
        raise Busy("what is counted cannot be written") from error
    return strength.fits(stored, password)


def later(refused: Exception, page: ResponseReturnValue, now: datetime) -> Response:
    """The answer that says when to try again."""
    answer = make_response(page)
    answer.headers["Retry-After"] = str(seconds(refused, now))
    return answer


def seconds(refused: Exception, now: datetime) -> int:
    """In how many seconds it makes sense to try again, at least one."""
    if isinstance(refused, TooManyGuesses):
        return max(1, int((refused.until - now).total_seconds()) + 1)
    return hashing.RETRY_SECONDS


def words(refused: Exception, now: datetime) -> tuple[str, int]:
    """The words that say so, and their minutes."""
    if isinstance(refused, TooManyGuesses):
        return "sign_in.locked", -(-seconds(refused, now) // 60)
    return "sign_in.busy", 0
