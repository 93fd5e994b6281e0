"""An agent's own page: the telephone in the browser, who calls, the status they choose, and coming back to work."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, render_template, send_from_directory, stream_with_context
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.sessions import queries
from console.desk import presence_http
from console.desk import view as desk_view
from console.desk.forms import StatusForm, TokenForm
from console.floor import warning_signs
from console.floor.http import RenderedFloor, live
from console.floor.live import FloorViewer, messages
from console.floor.snapshot import FloorSnapshot
from console.web import audit_log, audit_marks
from console.web.access import STAFF, allow, by_itself, context
from console.web.audit_marks import touches, touches_nothing
from console.web.forms import submitted
from console.web.standing import Standing
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.values.states.agent import AgentStatus, PagePhone
from routing.agents import queries as agent_queries
from routing.agents import service as agents_service
from routing.agents import status_service as agent_status
from telephony.agent_address import CLIENT
from telephony.provider import browser_phone
from telephony.provider.browser_phone import PhoneKind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Agent

pages = Blueprint("agent", __name__)

# The telephone's scripts belong to the exchange, which is not imported: its folder is only looked up.
SCRIPTS = frozenset({"phone.js", "telephone.js", "sound.js", "worklet.js", "twilio-phone.js"})
# What Twilio's browser SDK speaks to: signalling, its regions' gateways, reports, and the sounds of keys.
TWILIO = "https://*.twilio.com wss://*.twilio.com"


@pages.get("/desk")
@allow(*STAFF)
@touches("view_desk", "desk", "desk")
def show() -> ResponseReturnValue:
    """Return the page of the signed-in agent; for everyone else it says why there is none."""
    settings = context().settings
    with context().database.read() as session:
        found = desk_view.look(session, current_user.agent_id or "", clock.now())
        open_alarms = warning_signs.take(session)
    seen, targets = found or (None, None)
    if seen is not None and seen.caller is not None:
        audit_marks.note("view_caller", ("call", seen.caller.call.id))
    place, statuses = _place(settings, seen), list(AgentStatus)
    return render_template(
        "desk/desk.html", desk=seen, targets=targets, place=place, statuses=statuses, alarms=open_alarms
    )


@pages.get("/desk/stream")
@by_itself
@allow(*STAFF)
@touches("view_desk", "desk", "desk")
def stream() -> ResponseReturnValue:
    """Server-sent events: `desk` with status, state and the card as HTML, whenever something happened on the floor."""
    agent_id = _agent_id()
    floor = live()
    viewer = floor.join()
    response = Response(
        stream_with_context(_messages(viewer, agent_id, Standing.of_request())), mimetype="text/event-stream"
    )
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: floor.leave(viewer))
    return response


@pages.post("/desk/status")
@allow(*STAFF)
@touches_nothing("the agent's own status, which is logged by itself")
def choose() -> ResponseReturnValue:
    """The agent is available, away or offline from now on."""
    agent_id = _agent_id()
    status = submitted(StatusForm).status.data
    with context().database.write() as session:
        if agent_status.choose_status(session, context().notifier, _locked(session, agent_id), status, clock.now()):
            _note(session, f"status_{status}", agent_id)
    return "", 204


@pages.post("/desk/back")
@allow(*STAFF)
@touches_nothing("the agent's own state, which is logged by itself")
def back() -> ResponseReturnValue:
    """End wrap-up, or being set aside."""
    agent_id = _agent_id()
    with context().database.write() as session:
        if agent_status.come_back(session, context().notifier, _locked(session, agent_id), clock.now()):
            _note(session, "came_back", agent_id)
    return "", 204


@pages.post("/desk/token")
@by_itself
@allow(*STAFF)
@touches_nothing("the agent's own telephone")
def token() -> ResponseReturnValue:
    """Return a short-lived token for the agent's own telephone, and for no other: the page has it from now on."""
    form = submitted(TokenForm)
    beat = presence_http.beat_of(form, PagePhone.CONNECTING) if form.page.data else None
    with context().database.write() as session:
        if beat is not None:
            agents_service.take_phone(session, context().notifier, beat, clock.now())
        agent = _locked(session, _agent_id())
        if agent.address.startswith(CLIENT):
            agent_status.page_phone(session, context().notifier, agent, clock.now())
            queries.took_phone(session, current_user.sign_in_id, clock.now())
    if not agent.address.startswith(CLIENT) or browser_phone.connection_of(context().settings).kind is PhoneKind.NONE:
        abort(404)
    return {"token": browser_phone.token(context().settings, agent.address, clock.now(), current_user.sign_in_id)}


@pages.get("/desk/phone/<name>")
@allow(*STAFF)
@touches_nothing("a script")
def script(name: str) -> ResponseReturnValue:
    """Return a script of the telephone, as the exchange ships it."""
    if name not in SCRIPTS:
        abort(404)
    return send_from_directory(scripts(), name, mimetype="text/javascript")


def open_line(app: Flask, settings: Settings, policy: dict[str, str]) -> None:
    """Let the agent's page, and no other, connect to the telephones' address."""
    place = browser_phone.connection_of(settings)
    parts = urlsplit(place.url)
    also = {PhoneKind.EXCHANGE: f"{parts.scheme}://{parts.netloc}", PhoneKind.TWILIO: TWILIO, PhoneKind.NONE: ""}[
        place.kind
    ]
    own = policy | {"connect-src": f"'self' {also}".strip()}
    if place.kind is PhoneKind.TWILIO:
        own["media-src"] = "'self' blob: mediastream: https://*.twilio.com"
    view: Any = app.view_functions["agent.show"]
    view.talisman_view_options = {"content_security_policy": own}


@cache
def scripts() -> Path:
    """Return the folder with the telephone's scripts."""
    spec = importlib.util.find_spec("exchange")
    if spec is None or not spec.submodule_search_locations:
        abort(404)
    return Path(spec.submodule_search_locations[0]) / "web"


def _place(settings: Settings, seen: desk_view.Desk | None) -> browser_phone.PhoneConnection:
    # An agent with a number has a telephone on the table: nothing is to be loaded.
    if seen is None or not seen.agent.address.startswith(CLIENT):
        return browser_phone.PhoneConnection(PhoneKind.NONE)
    return browser_phone.connection_of(settings)


def _messages(viewer: FloorViewer[RenderedFloor], agent_id: str, standing: Standing) -> Iterator[str]:
    shown: set[str] = set()

    def told(picture: RenderedFloor) -> str:
        caller = picture.seen.held.get(agent_id)
        if caller is not None and caller.call.id not in shown:
            shown.add(caller.call.id)
            audit_marks.note("view_caller", ("call", caller.call.id))
        return f"event: desk\nid: {picture.number}\ndata: {_render(picture.seen, agent_id)}\n\n"

    return messages(viewer, told, standing.holds)


def _render(floor: FloorSnapshot, agent_id: str) -> str:
    """Return the agent's page out of a picture of the floor: nothing is read for it."""
    agent = next((each for each in floor.agents if each.id == agent_id), None)
    if agent is None:
        return "{}"
    seen = desk_view.Desk(floor.now, agent, floor.held.get(agent_id), floor.in_line)
    told = {
        "now": seen.now.timestamp(),
        "status": seen.agent.status,
        "state": seen.agent.state,
        "held": bool(seen.caller and seen.caller.call.is_held),
        "html": render_template("desk/card.html", desk=seen),
        "targets": render_template("desk/targets.html", targets=desk_view.of(floor.agents, floor.queues, agent_id)),
        "alarms": render_template("floor/warning_signs.html", alarms=floor.alarms, beside=True),
    }
    return json.dumps(told, ensure_ascii=False)


def _agent_id() -> str:
    agent_id: str | None = current_user.agent_id
    return agent_id or abort(404)


def _locked(session: Session, agent_id: str) -> Agent:
    return agent_queries.locked(session, agent_id) or abort(404)


def _note(session: Session, action: str, agent_id: str) -> None:
    audit_log.record(session, action, "agent", agent_id)
