"""Cases: opened, handed over, worked on and closed. Each function runs inside its caller's transaction.

Every step of a case is a row that is only ever added: who, when, what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.cases import deadlines, queries
from crm.errors import ClosedCase
from crm.patients import queries as patient_queries
from hotline.configuration.settings import Settings
from hotline.models import Agent, Call, Case, CaseStep, Patient
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import CaseOpened
from hotline.values.reason import Reason
from hotline.values.states.case import CaseEvent, CaseKind, CaseState, Urgency


@dataclass(frozen=True)
class Actor:
    """The author of a step: a user of the staff pages, the agent whom they are, or neither for the hotline itself."""

    user_id: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True)
class NewCase:
    """A case to be opened. `call` is the one it came from; of that, it is the only one of its kind."""

    kind: CaseKind
    call: Call | None = None
    patient_id: str | None = None
    owner_agent_id: str | None = None
    urgency: Urgency = Urgency.NORMAL
    text: str | None = None
    reasons: tuple[Reason, ...] = ()


def open_case(
    session: Session, notifier: Notifier, settings: Settings, new: NewCase, actor: Actor, now: datetime
) -> Case:
    """Open a case with its deadline; return the one that the call has opened already, if it is of this kind."""
    earlier = queries.opened_by_call(session, new.call.id, new.kind) if new.call else None
    if earlier is not None:
        return earlier
    try:
        with session.begin_nested():
            case = _row(session, settings, new, now)
            session.add(case)
            session.flush()
    except IntegrityError:  # two deliveries at once: the other one has opened it
        winner = queries.opened_by_call(session, new.call.id, new.kind) if new.call else None
        if winner is None:
            raise
        return winner
    add_step(session, case, CaseStep(kind="opened", at=now, data={"owner": new.owner_agent_id}), actor)
    if new.call is not None:
        opened = CaseOpened(case=case.number, case_kind=new.kind)
        call_log.record(session, notifier, new.call.id, opened, now)
    return case


def hand_over(session: Session, case: Case, to_agent_id: str, actor: Actor, now: datetime) -> bool:
    """Make another agent the owner (A7: formally); return whether that is a change. Raises `ClosedCase`."""
    if case.state is CaseState.CLOSED:
        raise ClosedCase(f"case {case.number} is closed")
    if case.owner_agent_id == to_agent_id:
        return False
    session.get_one(Agent, to_agent_id)
    before, case.owner_agent_id = case.owner_agent_id, to_agent_id
    add_step(session, case, CaseStep(kind="handed_over", at=now, data={"from": before, "to": to_agent_id}), actor)
    return True


def comment(
    session: Session, case: Case, text: str | None, actor: Actor, now: datetime, reasons: Sequence[Reason] = ()
) -> None:
    """Add a comment to the history: what somebody wrote, or what a patient answered."""
    add_step(session, case, CaseStep(kind="commented", at=now, text=text, reasons=list(reasons)), actor)


def change_state(
    session: Session, settings: Settings, case: Case, event: CaseEvent, actor: Actor, now: datetime
) -> bool:
    """Apply `event` to the case and its deadline; return whether that is a change. Raises `IllegalMove`."""
    before = case.state
    if not transitions.transition(case, event):
        return False
    case.closed_at = now if case.state is CaseState.CLOSED else None
    zone = ZoneInfo(settings.timezone)
    case.due_at = deadlines.due(case.kind, case.urgency, case.state, case.opened_at, zone)
    add_step(session, case, CaseStep(kind="moved", at=now, data={"from": before, "to": case.state}), actor)
    return True


def close(session: Session, settings: Settings, case: Case, actor: Actor, now: datetime) -> bool:
    """Close the case; return whether that is a change."""
    return change_state(session, settings, case, CaseEvent.CLOSED, actor, now)


def add_step(session: Session, case: Case, step: CaseStep, actor: Actor) -> None:
    """Add a step to the history."""
    step.case_id, step.user_id, step.agent_id = case.id, actor.user_id, actor.agent_id
    session.add(step)
    session.flush()


def _row(session: Session, settings: Settings, new: NewCase, now: datetime) -> Case:
    index = new.call.caller_index if new.call else None
    patient_id = new.patient_id
    if patient_id is None:
        patient = patient_queries.only_one_at_number(session, index)
        patient_id = None if patient is None else patient.id
    if index is None and patient_id is not None:
        index = session.get_one(Patient, patient_id).number_index
    zone = ZoneInfo(settings.timezone)
    return Case(
        number=queries.next_number(session, "case"),
        kind=new.kind,
        state=CaseState.OPEN,
        urgency=new.urgency,
        patient_id=patient_id,
        caller_index=index,
        call_id=new.call.id if new.call else None,
        owner_agent_id=new.owner_agent_id,
        text=new.text,
        reasons=list(new.reasons),
        opened_at=now,
        due_at=deadlines.due(new.kind, new.urgency, CaseState.OPEN, now, zone),
    )
