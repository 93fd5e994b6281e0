"""Signing in and out, and the choice of language."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from accounts.errors import PasswordExpired
from accounts.passwords import hash_pool, throttle_queries
from accounts.passwords import service as password_service
from accounts.sessions import queries
from accounts.users import queries as user_queries
from accounts.users import service
from console.accounts import browsers, devices, throttled
from console.accounts.forms import LanguageForm, SignInForm
from console.web.access import SIGNED_IN, SignedIn, allow, allow_before_change, allow_everyone, context, home
from console.web.audit_marks import touches_nothing
from console.web.forms import submitted
from hotline import clock
from hotline.audit import service as audit_service
from hotline.values.language import Language

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import User

pages = Blueprint("sign_in", __name__)


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
    form = submitted(SignInForm)
    login, password = form.login.data, form.password.data
    try:
        with hash_pool.slot():
            user = _admitted(login, password)
    except password_service.Refused as refused:
        fault, minutes = throttled.message(refused, clock.now())
        return throttled.answer(refused, _page(fault, login, 429, minutes), clock.now())
    except PasswordExpired:
        return _page("sign_in.expired", login, 401)
    if user is None:
        return _page("sign_in.wrong", login, 401)
    answer = make_response(redirect(next_page()))
    devices.remember(context().keyring, context().settings, request, answer, user)
    return answer


def _admitted(login: str, password: str) -> User | None:
    """Return the user with this name, with a session begun, if it is their password. Raises what keeps them out."""
    with context().database.read() as reading:
        seen = user_queries.with_login(reading, login)
    device = devices.known(context().keyring, context().settings, request, seen)
    allowances = throttle_queries.of_sign_in(context().keyring, login, request.remote_addr or "", device)
    if (
        not password_service.verify(context().database, seen.password if seen else None, password, allowances)
        or seen is None
    ):
        return None
    try:
        with context().database.write() as writing:
            user = service.confirm_sign_in(writing, seen, clock.now())
            if user is None:
                return None
            throttle_queries.give_back(writing, allowances)
            throttle_queries.forget_old(writing, clock.now())
            _note(writing, user, session.get("language"))
            signed_in = begun(writing, user)
    except PasswordExpired:
        with context().database.write() as writing:
            throttle_queries.give_back(writing, allowances)  # it was right
        raise
    enter_as(signed_in)
    return user


def begun(writing: Session, user: User) -> SignedIn:
    """Return a session of the user in this browser, in the caller's transaction."""
    agent = request.user_agent.string
    made = queries.new(browsers.label(agent), request.remote_addr or "")
    hours = timedelta(hours=context().settings.session_hours)
    return SignedIn(user, made.id, queries.begin(writing, user, made, hours, clock.now()))


def enter_as(signed_in: SignedIn) -> None:
    """The session that was begun is this browser's: nothing of the one before lives on."""
    session.clear()
    login_user(signed_in)
    session.permanent = True


@pages.post("/sign-out")
@allow_before_change
@allow(*SIGNED_IN)
@touches_nothing("one's own session")
def leave() -> ResponseReturnValue:
    """End the session, here and for every copy of its cookie."""
    with context().database.write() as writing:
        queries.end(writing, current_user.sign_in_id, current_user.id, clock.now())
    logout_user()
    session.clear()
    return redirect(url_for("sign_in.show"))


@pages.post("/language")
@allow_everyone
@touches_nothing("one's own account")
def choose_language() -> ResponseReturnValue:
    """Show the pages in another language from now on."""
    wanted = submitted(LanguageForm).language.data
    if wanted in list(Language):
        session["language"] = wanted
        if current_user.is_authenticated:
            _keep(current_user.id, Language(wanted))
    return redirect(next_page())


def next_page() -> str:
    """Return where the person was going; their first page when that is no page of ours."""
    # Only a path of ours: anything else could lead a freshly signed-in user astray.
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if is_ours and wanted != url_for("floor.show") else home()


def _page(fault: str, login: str, code: int, minutes: int = 0) -> ResponseReturnValue:
    values = {"fault": fault, "minutes": minutes, "login": login[:40], "next": next_page()}
    return render_template("accounts/sign_in.html", **values), code


def _note(writing: Session, user: User, language: str | None) -> None:
    made = audit_service.entry(
        user_id=user.id,
        action="signed_in",
        subject="user",
        subject_id=user.id,
        at=clock.now(),
        address=request.remote_addr or "",
    )
    audit_service.add(writing, made)
    if language in list(Language):
        user.language = Language(language)


def _keep(user_id: str, language: Language) -> None:
    with context().database.write() as writing:
        service.choose_language(writing, user_id, language)
