"""Cases: the list by due time, one case with its history, and what staff do with it. Every look is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.crm import case_record
from console.crm.forms import CommentForm, OwnerForm, StateForm
from console.crm.reader import reader
from console.web import audit_log, audit_marks
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from console.web.forms import submitted
from crm.cases import queries, visibility
from crm.cases import service as crm
from crm.cases.queries import MINE, NOBODY, CaseFilter
from crm.cases.service import Actor
from crm.errors import ClosedCase
from hotline import clock
from hotline.errors import IllegalMove
from hotline.outbox.notifier import FLOOR
from hotline.values.states.case import LIFECYCLE, CaseEvent, CaseKind, CaseState
from routing.agents import queries as agent_queries
from routing.calls import queries as call_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Call, Case

pages = Blueprint("cases", __name__)


@pages.get("/cases")
@allow(*STAFF)
@touches("list_cases", "cases", "cases", lists=True)
def listing() -> ResponseReturnValue:
    """Return the cases that this user may see, those due first first; without a filter the open ones."""
    now = clock.now()
    with context().database.read() as session:
        found = case_record.listing(session, _wanted(session), request.args.get("page", 1, int), now)
    audit_marks.showed(len(found.rows))
    chosen = {name: request.args.get(name, "") for name in ("kind", "state", "owner", "late")}
    return render_template(
        "crm/case_list.html",
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
    """Return one case: history, sound, words, and what may be done. The look is logged before anything is shown."""
    with context().database.write() as session:
        record = case_record.find(session, case_id)
        if record is None or not may_see(session, record.case):
            abort(404)
        _note(session, "view_case", case_id)
        agents = agent_queries.everyone(session)
    return render_template(
        "crm/case.html",
        record=record,
        case=record.case,
        agents=agents,
        targets=LIFECYCLE.targets(record.case.state),
        may_act=may_act(record.case),
        may_take=_may_take(record.case),
        now=clock.now(),
    )


@pages.post("/cases/<case_id>/comment")
@allow(*STAFF)
@touches("comment_case", "case", "case_id")
def comment(case_id: str) -> ResponseReturnValue:
    """Write something into the history."""
    text = submitted(CommentForm).text.data
    with context().database.write() as session:
        case = _locked(session, case_id, "comment_case")
        crm.comment(session, case, text, _by(), clock.now())
    return _again(case_id, "cases.written")


@pages.post("/cases/<case_id>/owner")
@allow(*STAFF)
@touches("hand_over_case", "case", "case_id")
def hand_over(case_id: str) -> ResponseReturnValue:
    """Another agent owns it from now on; who has none to hand over may take one that is nobody's."""
    to = submitted(OwnerForm).agent.data
    with context().database.write() as session:
        case = _locked(session, case_id, "hand_over_case")
        takes = _may_take(case) and to == current_user.agent_id
        if not (takes or may_act(case)):
            abort(403)
        if agent_queries.find(session, to) is None:
            abort(400)
        try:
            crm.hand_over(session, case, to, _by(), clock.now())
            context().notifier.notify_after(session, FLOOR)
        except ClosedCase:
            abort(400)
    return _again(case_id, "cases.handed_over")


@pages.post("/cases/<case_id>/state")
@allow(*STAFF)
@touches("move_case", "case", "case_id")
def move(case_id: str) -> ResponseReturnValue:
    """The case is in hand, answered, closed, or opened again."""
    state = submitted(StateForm).state.data
    with context().database.write() as session:
        case = _locked(session, case_id, "move_case")
        if not may_act(case):
            abort(403)
        try:
            if state is not case.state:
                event = LIFECYCLE.event_between(case.state, state)
                crm.change_state(session, context().settings, case, CaseEvent(event), _by(), clock.now())
            context().notifier.notify_after(session, FLOOR)
        except IllegalMove:
            abort(400)
    return _again(case_id, "cases.moved")


def may_see(session: Session, case: Case) -> bool:
    """Tell whether the signed-in user may see this case: leads all, agents what they need (`crm.cases.visibility`)."""
    return bool(visible(session, [case]))


def visible(session: Session, found: list[Case]) -> list[Case]:
    """Return those of the cases that the signed-in user may see."""
    who, now = reader(session), clock.now()
    asked = call_queries.queues_of(session, [case.call_id for case in found])
    return [case for case in found if who.sees(case, asked.get(case.call_id or ""), now)]


def may_act(case: Case) -> bool:
    """Tell whether the signed-in user may hand the case over and move it."""
    return visibility.may_act(case, agent_id=current_user.agent_id, sees_all=bool(current_user.sees_all_calls))


def opens(session: Session, call: Call) -> bool:
    """Tell whether a case that they may see came from this call, so that its message may be heard."""
    return bool(visible(session, queries.of_calls(session, [call.id])))


def _may_take(case: Case) -> bool:
    is_free = case.owner_agent_id is None and case.state is not CaseState.CLOSED
    return is_free and current_user.agent_id is not None


def _locked(session: Session, case_id: str, action: str) -> Case:
    case = queries.locked(session, case_id)
    if not may_see(session, case):
        abort(404)
    _note(session, action, case_id)
    return case


def _by() -> Actor:
    return Actor(user_id=current_user.id, agent_id=current_user.agent_id)


def _note(session: Session, action: str, case_id: str) -> None:
    audit_log.record(session, action, "case", case_id)


def _again(case_id: str, key: str) -> ResponseReturnValue:
    flash(key)
    return redirect(url_for("cases.show", case_id=case_id))


def _wanted(session: Session) -> CaseFilter:
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    who = reader(session)
    return CaseFilter(
        reader=who,
        elsewhere=call_queries.of_other_queues(who.queues),
        agent_id=current_user.agent_id,
        kind=CaseKind(kind) if kind in list(CaseKind) else None,
        state=CaseState(state) if state in list(CaseState) else None,
        owner=request.args.get("owner", ""),
        is_late=request.args.get("late") == "yes",
    )
