"""Matters: the list by due time, one matter with its history, and what staff do with it. Every look is logged."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.calls import queries
from console.crm import case_queries, need
from console.crm.case_queries import MINE, NOBODY, Wanted
from console.web import audit_log, audit_marks
from console.web.access import STAFF, allow, ground
from console.web.audit_marks import touches
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from crm.cases.service import By
from crm.errors import ClosedMatter
from hotline import clock
from hotline.errors import IllegalMove
from hotline.models import Agent, Call, Matter
from hotline.outbox.notifier import FLOOR
from hotline.values.statuses import MatterKind, MatterState

pages = Blueprint("matters", __name__)
LONGEST_TEXT = 2000


@pages.get("/matters")
@allow(*STAFF)
@touches("list_matters", "matters", "matters", lists=True)
def listing() -> ResponseReturnValue:
    """The matters that this user may see, those due first first; without a filter the open ones."""
    now = clock.now()
    with ground().database.read() as session:
        found = case_queries.listing(session, _wanted(session), request.args.get("page", 1, int), now)
    audit_marks.showed(len(found.lines))
    chosen = {name: request.args.get(name, "") for name in ("kind", "state", "owner", "late")}
    return render_template(
        "matters.html",
        found=found,
        now=now,
        kinds=list(MatterKind),
        states=list(MatterState),
        owners=(NOBODY, MINE),
        chosen=chosen,
    )


@pages.get("/matters/<matter_id>")
@allow(*STAFF)
@touches("view_matter", "matter", "matter_id")
def show(matter_id: str) -> ResponseReturnValue:
    """One matter: history, sound, words, and what may be done. The look is logged before anything is shown."""
    with ground().database.write() as session:
        folder = case_queries.folder(session, matter_id)
        if folder is None or not may_see(session, folder.matter):
            abort(404)
        _note(session, "view_matter", matter_id)
        agents = queries.agents(session)
    return render_template(
        "matter.html",
        folder=folder,
        matter=folder.matter,
        agents=agents,
        may_act=may_act(folder.matter),
        may_take=_may_take(folder.matter),
        now=clock.now(),
    )


@pages.post("/matters/<matter_id>/comment")
@allow(*STAFF)
@touches("comment_matter", "matter", "matter_id")
def comment(matter_id: str) -> ResponseReturnValue:
    """Write something into the history."""
    text = request.form.get("text", "").strip()
    if not text or len(text) > LONGEST_TEXT:
        abort(400)
    with ground().database.write() as session:
        matter = _locked(session, matter_id, "comment_matter")
        crm.comment(session, matter, text, _by(), clock.now())
    return _again(matter_id, "matters.written")


@pages.post("/matters/<matter_id>/owner")
@allow(*STAFF)
@touches("hand_over_matter", "matter", "matter_id")
def hand_over(matter_id: str) -> ResponseReturnValue:
    """Another agent owns it from now on; who has none to hand over may take one that is nobody's."""
    to = request.form.get("agent", "")
    with ground().database.write() as session:
        matter = _locked(session, matter_id, "hand_over_matter")
        takes = _may_take(matter) and to == current_user.agent_id
        if not (takes or may_act(matter)):
            abort(403)
        if session.get(Agent, to) is None:
            abort(400)
        try:
            crm.hand_over(session, matter, to, _by(), clock.now())
            ground().bell.ring_after(session, FLOOR, "matter")
        except ClosedMatter:
            abort(400)
    return _again(matter_id, "matters.handed_over")


@pages.post("/matters/<matter_id>/state")
@allow(*STAFF)
@touches("move_matter", "matter", "matter_id")
def move(matter_id: str) -> ResponseReturnValue:
    """The matter is in hand, answered, closed, or opened again."""
    state = request.form.get("state", "")
    if state not in list(MatterState):
        abort(400)
    with ground().database.write() as session:
        matter = _locked(session, matter_id, "move_matter")
        if not may_act(matter):
            abort(403)
        try:
            crm.advance(session, ground(), matter, MatterState(state), _by(), clock.now())
            ground().bell.ring_after(session, FLOOR, "matter")
        except IllegalMove:
            abort(400)
    return _again(matter_id, "matters.moved")


def may_see(session: Session, matter: Matter) -> bool:
    """Whether the signed-in user may see this matter: leads all of them, agents what they need (`console.crm.need`)."""
    return bool(seen(session, [matter]))


def seen(session: Session, found: list[Matter]) -> list[Matter]:
    """Those of the matters that the signed-in user may see."""
    who, now = need.reader(session), clock.now()
    asked = select(Call.id, Call.queue).where(Call.id.in_([matter.call_id for matter in found if matter.call_id]))
    queues = {row.id: row.queue for row in session.execute(asked)}
    return [matter for matter in found if who.sees(matter, queues.get(matter.call_id or ""), now)]


def may_act(matter: Matter) -> bool:
    """Whether they may hand it over and move it: leads all of them, agents their own."""
    is_own = current_user.agent_id is not None and matter.owner_agent_id == current_user.agent_id
    return bool(current_user.sees_all_calls) or is_own


def opens(session: Session, call: Call) -> bool:
    """Whether a matter that they may see came from this call, so that its message may be heard."""
    return bool(seen(session, case_queries.of_call(session, call.id)))


def _may_take(matter: Matter) -> bool:
    is_free = matter.owner_agent_id is None and matter.state is not MatterState.CLOSED
    return is_free and current_user.agent_id is not None


def _locked(session: Session, matter_id: str, action: str) -> Matter:
    matter = crm_queries.locked(session, matter_id)
    if not may_see(session, matter):
        abort(404)
    _note(session, action, matter_id)
    return matter


def _by() -> By:
    return By(user_id=current_user.id, agent_id=current_user.agent_id)


def _note(session: Session, action: str, matter_id: str) -> None:
    entry = audit_log.look(current_user.id, action, ("matter", matter_id), clock.now(), request.remote_addr or "")
    audit_log.note(session, entry)


def _again(matter_id: str, key: str) -> ResponseReturnValue:
    flash(key)
    return redirect(url_for("matters.show", matter_id=matter_id))


def _wanted(session: Session) -> Wanted:
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    return Wanted(
        reader=need.reader(session),
        agent_id=current_user.agent_id,
        kind=MatterKind(kind) if kind in list(MatterKind) else None,
        state=MatterState(state) if state in list(MatterState) else None,
        owner=request.args.get("owner", ""),
        is_late=request.args.get("late") == "yes",
    )
