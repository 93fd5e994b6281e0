"""Patients and cases in the database: reading, locking, running numbers. Nothing here commits."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hotline.errors import NotFound
from hotline.models import Case, CaseStep, Counter, Patient
from hotline.values.states.case import CaseKind, CaseState, Urgency


def patients(session: Session, number_index: str) -> list[Patient]:
    """Everyone who is reached at this number, the one known longest first."""
    query = select(Patient).where(Patient.number_index == number_index)
    return list(session.scalars(query.order_by(Patient.id)))


def open_cases(session: Session, caller_index: str, patient_ids: Sequence[str]) -> list[Case]:
    """What is open for this number or these patients, the newest first."""
    theirs = or_(Case.caller_index == caller_index, Case.patient_id.in_(patient_ids))
    query = select(Case).where(theirs, Case.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Case.number.desc())))


def of_call(session: Session, call_id: str, kind: CaseKind) -> Case | None:
    """The case of this kind that a call has opened already."""
    return session.scalar(select(Case).where(Case.call_id == call_id, Case.kind == kind))


def has_urgent(session: Session, call_id: str) -> bool:
    """Return whether this call opened a case that cannot wait."""
    urgent = select(Case.id).where(Case.call_id == call_id, Case.urgency != Urgency.NORMAL)
    return session.scalar(urgent.limit(1)) is not None


def open_follow_ups(session: Session, patient_id: str) -> list[Case]:
    """The cases of calls after discharge that somebody still works on for this patient."""
    theirs = (Case.patient_id == patient_id, Case.kind == CaseKind.FOLLOW_UP)
    query = select(Case).where(*theirs, Case.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Case.number)))


def locked(session: Session, case_id: str) -> Case:
    """The case, locked until the transaction ends. Raises `NotFound`."""
    found = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"no matter {case_id}")
    return found


def steps(session: Session, case_id: str) -> list[CaseStep]:
    """The history of a case, the oldest step first."""
    query = select(CaseStep).where(CaseStep.case_id == case_id)
    return list(session.scalars(query.order_by(CaseStep.at, CaseStep.id)))


def next_number(session: Session, name: str) -> int:
    """The next running number of this name, from 1; whoever asks at the same time waits for this transaction."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if is_sqlite else postgresql_insert)(Counter).values(name=name, value=1)
    more = insert.on_conflict_do_update(index_elements=[Counter.name], set_={"value": Counter.value + 1})
    return int(session.execute(more.returning(Counter.value)).scalar_one())
