"""The users of the staff pages, for administrators: who they are, a new one, what changes, shutting one out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.errors import LastAdministrator, UserRefused
from accounts.passwords import throttle_queries
from accounts.users import queries as user_queries
from accounts.users import rules as accounts_users_rules
from accounts.users import service
from accounts.users.rules import UserDetails
from console.accounts.forms import ActiveForm, NewUserForm, UserForm
from console.web import audit_log
from console.web.access import allow, context
from console.web.audit_marks import touches_nothing
from console.web.forms import submitted
from hotline import clock
from hotline.values.access import Role
from routing.agents import queries as agent_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import User

pages = Blueprint("staff", __name__)


@pages.get("/users")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff")
def show() -> ResponseReturnValue:
    """Return everyone who may sign in, and those who no longer may."""
    return _page(None, 200)


@pages.post("/users")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff; the change is logged by itself")
def make() -> ResponseReturnValue:
    """Add the user of the form, with a one-time password; the form comes back with a message where it cannot
    be.
    """
    now, form = clock.now(), submitted(NewUserForm)
    typed = form.password.data
    password = typed or clock.new_password()
    try:
        with context().database.write() as session:
            user = service.invite(session, form.login.data, password, _wanted(form), now)
            _note(session, "create_user", user.id)
    except UserRefused as refused:
        return _page(refused, 422, form.data)
    if not typed:
        return _secret(user, password, is_new=True)
    flash("users.made")
    return redirect(url_for("staff.show"))


@pages.get("/users/<user_id>")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff")
def edit(user_id: str) -> ResponseReturnValue:
    """Return one user: name, role, language, agent; another password; shutting out."""
    return _form(user_id, None, 200)


@pages.post("/users/<user_id>")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff; the change is logged by itself")
def change(user_id: str) -> ResponseReturnValue:
    """Change a user from the form; what is refused comes back with a message."""
    form = submitted(UserForm)
    try:
        with context().database.write() as session:
            for action in service.edit(session, user_id, _wanted(form), current_user.id, form.seen.data):
                _note(session, action, user_id)
    except UserRefused as refused:
        return _form(user_id, refused, 422, form.data)
    flash("users.changed")
    return redirect(url_for("staff.show"))


@pages.post("/users/<user_id>/password")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff; the change is logged by itself")
def reset(user_id: str) -> ResponseReturnValue:
    """Give a user a one-time password. It is shown on this answer, and never again. One's own is changed, not reset."""
    if user_id == current_user.id:
        abort(400)
    try:
        with context().database.write() as session:
            password = service.reset_password(session, user_id, clock.now())
            _note(session, "reset_password", user_id)
            user = user_queries.existing(session, user_id)
    except LastAdministrator as refused:
        return _form(user_id, refused, 422)
    return _secret(user, password, is_new=False)


@pages.post("/users/<user_id>/active")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff; the change is logged by itself")
def set_active(user_id: str) -> ResponseReturnValue:
    """Shut a user out, or let one in again. Nobody shuts themselves out."""
    if user_id == current_user.id:
        abort(400)
    is_let_in = submitted(ActiveForm).active.data
    try:
        with context().database.write() as session:
            (service.activate if is_let_in else service.deactivate)(session, user_id)
            _note(session, "let_in_user" if is_let_in else "shut_out_user", user_id)
    except LastAdministrator as refused:
        flash(f"user_fault.{refused.code}", "fault")
        return redirect(url_for("staff.show"))
    flash("users.let_in" if is_let_in else "users.shut_out")
    return redirect(url_for("staff.show"))


@pages.post("/users/<user_id>/unlock")
@allow(Role.ADMINISTRATOR)
@touches_nothing("accounts of staff; the change is logged by itself")
def unlock(user_id: str) -> ResponseReturnValue:
    """Forget the wrong passwords that were tried under a user's name, so that they can sign in from anywhere."""
    with context().database.write() as session:
        one = user_queries.find(session, user_id) or abort(404)
        throttle_queries.unlock(session, context().keyring, one.login)
        _note(session, "unlock_user", user_id)
    flash("users.unlocked")
    return redirect(url_for("staff.edit", user_id=user_id))


def _page(refused: UserRefused | None, code: int, typed: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    with context().database.read() as session:
        agents, everyone = agent_queries.everyone(session), user_queries.all_users(session)
    names = {agent.id: agent for agent in agents}
    return render_template(
        "accounts/users.html",
        users=everyone,
        agents=agents,
        names=names,
        roles=list(Role),
        refused=refused,
        form=typed or {},
    ), code


def _form(
    user_id: str, refused: UserRefused | None, code: int, typed: Mapping[str, Any] | None = None
) -> ResponseReturnValue:
    with context().database.read() as session:
        one = user_queries.find(session, user_id) or abort(404)
        agents = agent_queries.everyone(session)
        locked_until = throttle_queries.locked_until(session, context().keyring, one.login, clock.now())
    # What was typed comes back, unless somebody else's change has to be seen first.
    if typed is None or (refused and refused.code == "changed_meanwhile"):
        typed = {"name": one.name, "role": one.role, "language": one.language, "agent_id": one.agent_id}
        typed |= {"seen": accounts_users_rules.stamp(one)}
    lists = {"agents": agents, "roles": list(Role), "locked_until": locked_until}
    return render_template(
        "accounts/user.html", one=one, refused=refused, form=typed, seen=typed["seen"], **lists
    ), code


def _secret(user: User, password: str, *, is_new: bool) -> ResponseReturnValue:
    return render_template("accounts/one_time.html", one=user, password=password, is_new=is_new)


def _wanted(form: UserForm) -> UserDetails:
    return UserDetails(form.name.data, form.role.data, form.language.data, form.agent_id.data)


def _note(session: Session, action: str, user_id: str) -> None:
    audit_log.record(session, action, "user", user_id)
