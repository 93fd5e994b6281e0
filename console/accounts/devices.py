"""Browsers in which a user has signed in before: a signed cookie that is bound to the user's present password.

It opens nothing. It gives tries at the password that guesses from elsewhere do not use up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.encryption.keyring import Keyring

if TYPE_CHECKING:
    from hotline.models import User

COOKIE = "hotline_device"
KEPT = timedelta(days=400)  # browsers keep no cookie longer
MOST_USERS = 20  # of one browser; of more the first are forgotten


def known(keyring: Keyring, settings: Settings, request: Request, user: User | None) -> str | None:
    """Return the id of this browser, where `user` has signed in with the password they have now."""
    read = _read(settings, request)
    if user is None or read["users"].get(user.id) != _mark(keyring, user):
        return None
    return str(read["id"])


def remember(keyring: Keyring, settings: Settings, request: Request, response: Response, user: User) -> None:
    """This browser knows `user` from now on."""
    read = _read(settings, request)
    others = {key: mark for key, mark in read["users"].items() if key != user.id}
    read["users"] = dict([*others.items(), (user.id, _mark(keyring, user))][-MOST_USERS:])
    response.set_cookie(
        COOKIE,
        _signer(settings).dumps(read),
        max_age=KEPT,
        httponly=True,
        samesite="Lax",
        secure=settings.console_url.startswith("https://"),
    )


def _read(settings: Settings, request: Request) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _signer(settings).loads(
            request.cookies.get(COOKIE, ""), max_age=int(KEPT.total_seconds())
        )
    except BadData:
        return {"id": clock.new_id(), "users": {}}
    return found


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key.get_secret_value(), salt="device")


def _mark(keyring: Keyring, user: User) -> str:
    """Another one with every password: a new one forgets all browsers."""
    return keyring.index(f"device {user.id} {user.password}")[:24]
