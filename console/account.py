"""My account: who one is here, and one's own password. Whoever has a one-time password sees nothing else before."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from console import looks, sign_in, users
from console.access import SIGNED_IN, SignedIn, allow, allow_before_change, ground
from console.errors import PasswordWrong, UserRefused
from console.trail import touches_nothing
from hotline import clock
from hotline.models import Agent, User

pages = Blueprint("account", __name__)

# Who finds an open page does not guess the password there either: only wrong present ones count.
PER_USER = "5 per minute; 30 per hour"


@pages.get("/account")
@allow_before_change
@allow(*SIGNED_IN)
@touches_nothing("one's own account")
def show() -> ResponseReturnValue:
    """Name, role and agent of the signed-in user, and the form for another password."""
    return _page(None, 200)


@pages.post("/account/password")
@allow_before_change
@allow(*SIGNED_IN)
@touches_nothing("one's own account; the change is logged by itself")
def change() -> ResponseReturnValue:
    """Set another password of one's own; other sessions end, this one goes on."""
    form, was_one_time = request.form, current_user.must_change_password
    new = (form.get("password", ""), form.get("again", ""))
    try:
        with ground().database.write() as writing:
            user = users.change_password(writing, current_user.id, form.get("old", ""), new)
            looks.note(writing, looks.look(user.id, "change_password", ("user", user.id), clock.now(), _address()))
    except UserRefused as refused:
        return _page(refused, 401 if isinstance(refused, PasswordWrong) else 422)
    session.clear()
    login_user(SignedIn(user))
    flash("account.changed")
    return redirect(sign_in.next_page() if was_one_time else url_for("account.show"))


def limit(app: Flask, limiter: Limiter) -> None:
    """Slow the guessing of the present password down."""

    def wrong(response: Response) -> bool:
        return response.status_code == 401

    view: Any = app.view_functions["account.change"]
    app.view_functions["account.change"] = limiter.limit(PER_USER, key_func=_key, deduct_when=wrong)(view)


def _key() -> str:
    return f"account:{current_user.id}" if current_user.is_authenticated else "account:nobody"


def _page(refused: UserRefused | None, code: int) -> ResponseReturnValue:
    with ground().database.read() as reading:
        user = reading.get_one(User, current_user.id)
        agent = reading.get(Agent, user.agent_id) if user.agent_id else None
    return render_template("account.html", account=user, agent=agent, refused=refused, next=sign_in.next_page()), code


def _address() -> str:
    return request.remote_addr or ""
