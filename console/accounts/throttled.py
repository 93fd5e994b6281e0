"""The answer to a sign-in that was refused without the password having been checked."""

from datetime import datetime

from flask import Response, make_response
from flask.typing import ResponseReturnValue

from accounts.errors import TooManyGuesses
from accounts.passwords.service import retry_seconds


def answer(refused: Exception, page: ResponseReturnValue, now: datetime) -> Response:
    """Return the page with the header that says when to try again."""
    response = make_response(page)
    response.headers["Retry-After"] = str(retry_seconds(refused, now))
    return response


def message(refused: Exception, now: datetime) -> tuple[str, int]:
    """Return the key of the message, and the minutes that it names."""
    if isinstance(refused, TooManyGuesses):
        return "sign_in.locked", -(-retry_seconds(refused, now) // 60)
    return "sign_in.busy", 0
