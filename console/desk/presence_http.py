"""A page's word that it is there, every other second, and what it hears back: whether calls can be offered.

What follows from it is `routing.agents.presence`. These requests keep nobody signed in: a page that is left open is no
sign of a person, and an answer that comes after signing out must not bring the session back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, abort, jsonify, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_login import current_user, user_logged_out

from console.desk.forms import BeatForm, PageForm, TokenForm
from console.web.access import STAFF, SignedIn, allow, by_itself, context
from console.web.audit_marks import touches_nothing
from console.web.forms import submitted
from hotline import clock
from hotline.values.states.agent import PagePhone
from routing.agents import presence, presence_queries, queries, service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Blueprint("presence", __name__)
# Where an agent's telephone is, for one of their pages.
HERE, ELSEWHERE, NOWHERE = "here", "elsewhere", "nowhere"


@pages.post("/presence")
@by_itself
@allow(*STAFF)
@touches_nothing("whether the agent's own page is there")
def beat() -> ResponseReturnValue:
    """The page is there, and its telephone is as it says; answered by whether calls can be offered to its agent."""
    form = submitted(BeatForm)
    told = beat_of(form, form.phone.data)
    with context().database.write() as session:
        if not service.heartbeat(session, context().notifier, told, clock.now()):
            abort(409)
        return jsonify(_answer(session, told))


@pages.post("/presence/leave")
@by_itself
@allow(*STAFF)
@touches_nothing("whether the agent's own page is there")
def leave() -> ResponseReturnValue:
    """The page is being closed, or left for another one."""
    told = beat_of(submitted(PageForm), PagePhone.NONE)
    with context().database.write() as session:
        service.leave(session, context().notifier, told.agent_id, told.page_id, clock.now())
    return "", 204


def beat_of(form: PageForm | TokenForm, phone: PagePhone) -> service.PageHeartbeat:
    """Return what the signed-in agent's page says of itself; without an agent there is no such page (404)."""
    agent_id: str = current_user.agent_id or abort(404)
    return service.PageHeartbeat(form.page.data, agent_id, current_user.id, phone, current_user.sign_in_id)


def _answer(session: Session, told: service.PageHeartbeat) -> dict[str, object]:
    agent = queries.existing(session, told.agent_id)
    owner = presence.phone_page(presence_queries.pages_of(session, agent.id, clock.now()), clock.now())
    place = NOWHERE if owner is None else HERE if owner == told.page_id else ELSEWHERE
    return {"present": agent.is_present, "why": agent.absence_reason, "status": agent.status, "phone": place}


class QuietSessions(SecureCookieSessionInterface):
    """Sessions that are not renewed by what pages do by themselves."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Return whether the answer brings the session's cookie."""
        return request.blueprint != pages.name and super().should_set_cookie(app, session)


def watch(app: Flask) -> None:
    """Have `app` take whoever signs out off the floor at once, and renew no session by a page's own requests."""
    app.session_interface = QuietSessions()
    user_logged_out.connect(_signed_out, app)


def _signed_out(_app: Flask, user: object, **_more: Response) -> None:
    if not isinstance(user, SignedIn) or user.agent_id is None:
        return
    with context().database.write() as session:
        service.sign_out(session, context().notifier, user.agent_id, user.sign_in_id, clock.now())
