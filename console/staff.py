"""The users of the staff pages, for administrators: who they are, a new one, shutting one out."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from console import looks, queries, users
from console.access import allow, ground
from console.errors import UserRefused
from hotline import clock
from hotline.models import User
from hotline.values import Language, Role

pages = Blueprint("staff", __name__)


@pages.get("/users")
@allow(Role.ADMINISTRATOR)
def show() -> ResponseReturnValue:
    """Everyone who may sign in, and those who no longer may."""
    return _page("", 200)


@pages.post("/users")
@allow(Role.ADMINISTRATOR)
def make() -> ResponseReturnValue:
    """A new user from the form; the form comes back with a message where it cannot be."""
    try:
        with ground().database.write() as session:
            user = users.add(session, request.form.get("login", ""), request.form.get("password", ""), _from_form())
            _note(session, "create_user", user.id)
    except UserRefused as refused:
        return _page(refused.code, 422)
    flash("users.made")
    return redirect(url_for("staff.show"))


@pages.post("/users/<user_id>/active")
@allow(Role.ADMINISTRATOR)
def set_active(user_id: str) -> ResponseReturnValue:
    """Shut a user out, or let one in again. Nobody shuts themselves out."""
    if user_id == current_user.id:
        abort(400)
    is_let_in = request.form.get("active") == "yes"
    with ground().database.write() as session:
        (users.let_in if is_let_in else users.shut_out)(session, user_id)
        _note(session, "let_in_user" if is_let_in else "shut_out_user", user_id)
    flash("users.let_in" if is_let_in else "users.shut_out")
    return redirect(url_for("staff.show"))


def _page(fault: str, code: int) -> ResponseReturnValue:
    with ground().database.read() as session:
        agents = queries.agents(session)
        everyone = users.everyone(session)
    names = {agent.id: agent for agent in agents}
    return render_template(
        "users.html", users=everyone, agents=agents, names=names, roles=list(Role), fault=fault, form=request.form
    ), code


def _from_form() -> User:
    form = request.form
    role, language = form.get("role", ""), form.get("language", "")
    if role not in list(Role) or language not in list(Language):
        abort(400)
    return User(
        name=form.get("name", ""), role=Role(role), language=Language(language), agent_id=form.get("agent_id") or None
    )


def _note(session: Session, action: str, user_id: str) -> None:
    looks.note(session, looks.look(current_user.id, action, ("user", user_id), clock.now(), request.remote_addr or ""))
