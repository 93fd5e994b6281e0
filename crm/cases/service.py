"""Who calls, and the cases that are followed for them. Each function runs inside its caller's transaction.

Every step of a case is a row that is only ever added: who, when, what.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.cases import deadlines, queries
from crm.errors import ClosedCase
from hotline.context import AppContext
from hotline.models import Agent, Call, Case, CaseStep, Patient
from hotline.outbox import call_log, transitions
from hotline.values.call_events import CaseOpened
from hotline.values.states.case import CaseKind, CaseState, Urgency


@dataclass(frozen=True)
class Known:
    """What is known of a caller by their number alone. Where several patients share it, the facts of all of them.

    `patient_id` only where there is one; `case_*` name their open case, one with an owner before one without.
    """

    patient_id: str | None = None
    owner_agent_id: str | None = None
    case_id: str | None = None
    case_number: int | None = None
    case_kind: CaseKind | None = None
    age: int | None = None
    limited_mobility: bool = False
    cardiac: bool = False
    diabetic: bool = False
    flagged: bool = False
    discharged_on: date | None = None


@dataclass(frozen=True)
class By:
    """Who did a step: a user of the staff pages, the agent whom they are, or neither for the hotline itself."""

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


def known(session: Session, caller_index: str | None, now: datetime, zone: ZoneInfo | None = None) -> Known:
    """What is known of whoever calls from this number; nothing for a hidden one."""
    if caller_index is None:
        return Known()
    found = queries.patients(session, caller_index)
    cases = queries.open_cases(session, caller_index, [patient.id for patient in found])
    case = next((m for m in cases if m.owner_agent_id is not None), cases[0] if cases else None)
    today = now.astimezone(zone).date()
    discharges = [p.discharged_on for p in found if p.discharged_on is not None]
    ages = [age for age in (age_of(patient, today) for patient in found) if age is not None]
    return Known(
        patient_id=found[0].id if len(found) == 1 else None,
        owner_agent_id=case.owner_agent_id if case else None,
        case_id=case.id if case else None,
        case_number=case.number if case else None,
        case_kind=case.kind if case else None,
        age=max(ages, default=None),
        limited_mobility=any(p.limited_mobility for p in found),
        cardiac=any(p.cardiac for p in found),
        diabetic=any(p.diabetic for p in found),
        flagged=any(p.flagged for p in found),
        discharged_on=max(discharges, default=None),
    )


def age_of(patient: Patient, today: date) -> int | None:
    """Whole years; `None` where the birth date is not known."""
    if patient.birth_date is None:
        return None
    born = date.fromisoformat(patient.birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def open_case(session: Session, context: AppContext, new: NewCase, by: By, now: datetime) -> Case:
    """Open a case with its deadline; for a call that has one of this kind already, that one."""
    before = queries.of_call(session, new.call.id, new.kind) if new.call else None
    if before is not None:
        return before
    try:
        with session.begin_nested():
            case = _row(session, context, new, now)
            session.add(case)
            session.flush()
    except IntegrityError:  # two deliveries at once: the other one has opened it
        found = queries.of_call(session, new.call.id, new.kind) if new.call else None
        if found is None:
            raise
        return found
    note(session, case, CaseStep(kind="opened", at=now, data={"owner": new.owner_agent_id}), by)
    if new.call is not None:
        opened = CaseOpened(case=case.number, case_kind=new.kind)
        call_log.record(session, context.notifier, new.call.id, opened, now)
    return case


def hand_over(session: Session, case: Case, to_agent_id: str, by: By, now: datetime) -> bool:
    """Another agent owns the case from now on (A7: formally); whether that is news. Raises `ClosedCase`."""
    _must_be_open(case)
    if case.owner_agent_id == to_agent_id:
        return False
    session.get_one(Agent, to_agent_id)
    before, case.owner_agent_id = case.owner_agent_id, to_agent_id
    note(session, case, CaseStep(kind="handed_over", at=now, data={"from": before, "to": to_agent_id}), by)
    return True


def comment(session: Session, case: Case, text: str, by: By, now: datetime) -> None:
    """Write something down in the history."""
    note(session, case, CaseStep(kind="commented", at=now, text=text), by)


def advance(session: Session, context: AppContext, case: Case, state: CaseState, by: By, now: datetime) -> bool:
    """Take the case on, its deadline with it; whether that is news. Raises `IllegalMove`."""
    start = case.state
    if not transitions.move(case, state):
        return False
    case.closed_at = now if state is CaseState.CLOSED else None
    zone = ZoneInfo(context.settings.timezone)
    case.due_at = deadlines.due(case.kind, case.urgency, state, case.opened_at, zone)
    note(session, case, CaseStep(kind="moved", at=now, data={"from": start, "to": state}), by)
    return True


def close(session: Session, context: AppContext, case: Case, by: By, now: datetime) -> bool:
    """The case is at its end; whether that is news."""
    return advance(session, context, case, CaseState.CLOSED, by, now)


def note(session: Session, case: Case, step: CaseStep, by: By) -> None:
    """Add a step to the history."""
    step.case_id, step.user_id, step.agent_id = case.id, by.user_id, by.agent_id
    session.add(step)
    session.flush()


def _row(session: Session, context: AppContext, new: NewCase, now: datetime) -> Case:
    index = new.call.caller_index if new.call else None
    patient_id = new.patient_id or known(session, index, now).patient_id
    if index is None and patient_id is not None:
        index = session.get_one(Patient, patient_id).number_index
    zone = ZoneInfo(context.settings.timezone)
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
        opened_at=now,
        due_at=deadlines.due(new.kind, new.urgency, CaseState.OPEN, now, zone),
    )


def _must_be_open(case: Case) -> None:
    if case.state is CaseState.CLOSED:
        raise ClosedCase(f"case {case.number} is closed")
