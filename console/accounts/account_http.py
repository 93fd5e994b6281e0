"""My account: who one is here, and one's own password. Whoever has a one-time password sees nothing else before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.errors import PasswordWrong, UserRefused
from accounts.passwords import hash_pool, hashing, throttle_queries
from accounts.passwords import service as password_service
from accounts.sessions import queries
from accounts.users import queries as user_queries
from accounts.users import rules, service
from console.accounts import devices, sign_in_http, throttled
from console.accounts.forms import PasswordForm
from console.web import audit_log
from console.web.access import SIGNED_IN, SignedIn, allow, allow_before_change, context
from console.web.audit_marks import touches_nothing
from console.web.forms import submitted
from hotline import clock
from routing.agents import queries as agents

if TYPE_CHECKING:
    from hotline.models import User

pages = Blueprint("account", __name__)


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
    was_one_time = current_user.must_change_password
    try:
        with hash_pool.slot():
            user, signed_in = _changed()
    except password_service.Refused as refused:
        return throttled.answer(refused, _page(None, 429, *throttled.message(refused, clock.now())), clock.now())
    except UserRefused as refused:
        return _page(refused, 401 if isinstance(refused, PasswordWrong) else 422)
    sign_in_http.enter_as(signed_in)
    flash("account.changed")
    answer = make_response(redirect(sign_in_http.next_page() if was_one_time else url_for("account.show")))
    devices.remember(context().keyring, context().settings, request, answer, user)
    return answer


@pages.post("/account/sessions/<sign_in_id>/end")
@allow(*SIGNED_IN)
@touches_nothing("one's own sessions; the end is logged by itself")
def end_session(sign_in_id: str) -> ResponseReturnValue:
    """End a session of one's own elsewhere. Ended already, or another one's: nothing changes."""
    with context().database.write() as writing:
        queries.end(writing, sign_in_id, current_user.id, clock.now())
        audit_log.record(writing, "end_session", "session", sign_in_id)
    flash("account.session_ended")
    return redirect(url_for("account.show"))


def _changed() -> tuple[User, SignedIn]:
    """Set the new password, and begin a session with it: all others end. Raises what is against it."""
    form = submitted(PasswordForm)
    old, new, again = form.old.data, form.password.data, form.again.data
    with context().database.read() as reading:
        seen = user_queries.existing(reading, current_user.id)
    # Who finds an open page does not guess the password there either.
    allowances = throttle_queries.of_owner(context().keyring, seen.login)
    if not password_service.verify(context().database, seen.password, old, allowances):
        raise PasswordWrong("the present password is another")
    with context().database.write() as writing:
        throttle_queries.give_back(writing, allowances)
    rules.check_new_password(seen, old=old, new=new, again=again)
    digest = hashing.hash_password(new)
    with context().database.write() as writing:
        user = service.change_password(writing, seen, digest)
        audit_log.record(writing, "change_password", "user", user.id)
        return user, sign_in_http.begun(writing, user)


def _page(refused: UserRefused | None, code: int, fault: str = "", minutes: int = 0) -> ResponseReturnValue:
    with context().database.read() as reading:
        user = user_queries.existing(reading, current_user.id)
        agent = agents.find(reading, user.agent_id)
        sessions = queries.of_user(reading, user.id, clock.now())
    values = {"account": user, "agent": agent, "sessions": sessions, "fault": fault, "minutes": minutes}
    return render_template("accounts/account.html", refused=refused, next=sign_in_http.next_page(), **values), code
