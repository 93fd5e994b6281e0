"""Cases: the list by due time, one case with its history, and what staff do with it. Every look is logged."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.calls import queries
from console.crm import case_queries, need
from console.crm.case_queries import MINE, NOBODY, Wanted
from console.web import audit_log, audit_marks
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from crm.cases.service import Actor
from crm.errors import ClosedCase
from hotline import clock
from hotline.errors import IllegalMove
from hotline.models import Agent, Call, Case
from hotline.outbox.notifier import FLOOR
from hotline.values.states.case import CaseKind, CaseState

pages = Blueprint("cases", __name__)
LONGEST_TEXT = 2000


@pages.get("/cases")
@allow(*STAFF)
@touches("list_cases", "cases", "cases", lists=True)
def listing() -> ResponseReturnValue:
    """The cases that this user may see, those due first first; without a filter the open ones."""
    now = clock.now()
    with context().database.read() as session:
        found = case_queries.listing(session, _wanted(session), request.args.get("page", 1, int), now)
    audit_marks.showed(len(found.lines))
    chosen = {name: request.args.get(name, "") for name in ("kind", "state", "owner", "late")}
    return render_template(
        "cases.html",
        found=found,
        now=now,
        kinds=list(CaseKind),
        states=list(CaseState),
        owners=(NOBODY, MINE),
        chosen=chosen,
    )


@pages.get("/cases/<case_id>")
@allow(*STAFF)
@touches("view_case", "case", "case_id")
def show(case_id: str) -> ResponseReturnValue:
    """One case: history, sound, words, and what may be done. The look is logged before anything is shown."""
    with context().database.write() as session:
        folder = case_queries.folder(session, case_id)
        if folder is None or not may_see(session, folder.case):
            abort(404)
        _note(session, "view_case", case_id)
        agents = queries.agents(session)
    return render_template(
        "case.html",
        folder=folder,
        case=folder.case,
        agents=agents,
        may_act=may_act(folder.case),
        may_take=_may_take(folder.case),
        now=clock.now(),
    )


@pages.post("/cases/<case_id>/comment")
@allow(*STAFF)
@touches("comment_case", "case", "case_id")
def comment(case_id: str) -> ResponseReturnValue:
    """Write something into the history."""
    text = request.form.get("text", "").strip()
    if not text or len(text) > LONGEST_TEXT:
        abort(400)
    with context().database.write() as session:
        case = _locked(session, case_id, "comment_case")
        crm.comment(session, case, text, _by(), clock.now())
    return _again(case_id, "cases.written")


@pages.post("/cases/<case_id>/owner")
@allow(*STAFF)
@touches("hand_over_case", "case", "case_id")
def hand_over(case_id: str) -> ResponseReturnValue:
    """Another agent owns it from now on; who has none to hand over may take one that is nobody's."""
    to = request.form.get("agent", "")
    with context().database.write() as session:
        case = _locked(session, case_id, "hand_over_case")
        takes = _may_take(case) and to == current_user.agent_id
        if not (takes or may_act(case)):
            abort(403)
        if session.get(Agent, to) is None:
            abort(400)
        try:
            crm.hand_over(session, case, to, _by(), clock.now())
            context().notifier.ring_after(session, FLOOR, "case")
        except ClosedCase:
            abort(400)
    return _again(case_id, "cases.handed_over")


@pages.post("/cases/<case_id>/state")
@allow(*STAFF)
@touches("move_case", "case", "case_id")
def move(case_id: str) -> ResponseReturnValue:
    """The case is in hand, answered, closed, or opened again."""
    state = request.form.get("state", "")
    if state not in list(CaseState):
        abort(400)
    with context().database.write() as session:
        case = _locked(session, case_id, "move_case")
        if not may_act(case):
            abort(403)
        try:
            crm.change_state(session, context(), case, CaseState(state), _by(), clock.now())
            context().notifier.ring_after(session, FLOOR, "case")
        except IllegalMove:
            abort(400)
    return _again(case_id, "cases.moved")


def may_see(session: Session, case: Case) -> bool:
    """Whether the signed-in user may see this case: leads all of them, agents what they need (`console.crm.need`)."""
    return bool(seen(session, [case]))


def seen(session: Session, found: list[Case]) -> list[Case]:
    """Those of the cases that the signed-in user may see."""
    who, now = need.reader(session), clock.now()
    asked = select(Call.id, Call.queue).where(Call.id.in_([case.call_id for case in found if case.call_id]))
    queues = {row.id: row.queue for row in session.execute(asked)}
    return [case for case in found if who.sees(case, queues.get(case.call_id or ""), now)]


def may_act(case: Case) -> bool:
    """Whether they may hand it over and move it: leads all of them, agents their own."""
    is_own = current_user.agent_id is not None and case.owner_agent_id == current_user.agent_id
    return bool(current_user.sees_all_calls) or is_own


def opens(session: Session, call: Call) -> bool:
    """Whether a case that they may see came from this call, so that its message may be heard."""
    return bool(seen(session, case_queries.of_call(session, call.id)))


def _may_take(case: Case) -> bool:
    is_free = case.owner_agent_id is None and case.state is not CaseState.CLOSED
    return is_free and current_user.agent_id is not None


def _locked(session: Session, case_id: str, action: str) -> Case:
    case = crm_queries.locked(session, case_id)
    if not may_see(session, case):
        abort(404)
    _note(session, action, case_id)
    return case


def _by() -> Actor:
    return Actor(user_id=current_user.id, agent_id=current_user.agent_id)


def _note(session: Session, action: str, case_id: str) -> None:
    entry = audit_log.look(current_user.id, action, ("case", case_id), clock.now(), request.remote_addr or "")
    audit_log.note(session, entry)


def _again(case_id: str, key: str) -> ResponseReturnValue:
    flash(key)
    return redirect(url_for("cases.show", case_id=case_id))


def _wanted(session: Session) -> Wanted:
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    return Wanted(
        reader=need.reader(session),
        agent_id=current_user.agent_id,
        kind=CaseKind(kind) if kind in list(CaseKind) else None,
        state=CaseState(state) if state in list(CaseState) else None,
        owner=request.args.get("owner", ""),
        is_late=request.args.get("late") == "yes",
    )
