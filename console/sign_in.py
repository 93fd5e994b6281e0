"""Signing in and out, and the choice of language."""

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from console import looks, users
from console.access import SIGNED_IN, SignedIn, allow, allow_before_change, allow_everyone, ground, home
from console.errors import PasswordExpired
from console.trail import touches_nothing
from hotline import clock
from hotline.models import User
from hotline.values import Language

pages = Blueprint("sign_in", __name__)

# Wrong passwords: per name, so that guessing is slow from everywhere, and per address, so that names are not tried.
PER_LOGIN = "5 per minute; 30 per hour"
PER_ADDRESS = "30 per minute; 300 per hour"


@pages.get("/sign-in")
@allow_everyone
@touches_nothing("a form")
def show() -> ResponseReturnValue:
    """Ask for name and password."""
    if current_user.is_authenticated:
        return redirect(home())
    return _page("", "", 200)


@pages.post("/sign-in")
@allow_everyone
@touches_nothing("one's own account; signing in is logged by itself")
def enter() -> ResponseReturnValue:
    """Begin a session for the right password."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        with ground().database.read() as reading:
            user = users.recognise(reading, login, password, clock.now())
    except PasswordExpired:
        return _page("sign_in.expired", login, 401)
    if user is None:
        return _page("sign_in.wrong", login, 401)
    language = session.get("language")
    session.clear()  # nothing of the session before signing in lives on
    _note(user, "signed_in", language)
    login_user(SignedIn(user))
    session.permanent = True
    return redirect(next_page())


@pages.post("/sign-out")
@allow_before_change
@allow(*SIGNED_IN)
@touches_nothing("one's own session")
def leave() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("sign_in.show"))


@pages.post("/language")
@allow_everyone
@touches_nothing("one's own account")
def choose_language() -> ResponseReturnValue:
    """Show the pages in another language from now on."""
    wanted = request.form.get("language", "")
    if wanted in list(Language):
        session["language"] = wanted
        if current_user.is_authenticated:
            _keep(current_user.id, Language(wanted))
    return redirect(next_page())


def limit(app: Flask, limiter: Limiter) -> None:
    """Slow the guessing of passwords down: only wrong ones count."""

    def wrong(response: Response) -> bool:
        return response.status_code == 401

    view: Any = app.view_functions["sign_in.enter"]
    view = limiter.limit(PER_ADDRESS, deduct_when=wrong)(view)
    app.view_functions["sign_in.enter"] = limiter.limit(PER_LOGIN, key_func=_login_key, deduct_when=wrong)(view)


def _login_key() -> str:
    return "login:" + request.form.get("login", "").strip().lower()[:40]


def next_page() -> str:
    """Return where the person was going; their first page when that is no page of ours."""
    # Only a path of ours: anything else could lead a freshly signed-in user astray.
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours and wanted != url_for("floor.show") else home()


def _page(fault: str, login: str, code: int) -> ResponseReturnValue:
    return render_template("sign_in.html", fault=fault, login=login[:40], next=next_page()), code


def _note(user: User, action: str, language: str | None) -> None:
    entry = looks.look(user.id, action, ("user", user.id), clock.now(), request.remote_addr or "")
    with ground().database.write() as writing:
        looks.note(writing, entry)
        if language in list(Language):
            writing.get_one(User, user.id).language = Language(language)


def _keep(user_id: str, language: Language) -> None:
    with ground().database.write() as writing:
        writing.get_one(User, user_id).language = language
