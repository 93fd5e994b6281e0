"""Cases in the database: reading, locking, running numbers. Nothing here commits."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hotline.errors import NotFound
from hotline.models import Case, CaseStep, Counter
from hotline.values.states.case import CaseKind, CaseState


def open_cases(session: Session, caller_index: str, patient_ids: Sequence[str]) -> list[Case]:
    """Return what is open for this number or these patients, the newest first."""
    theirs = or_(Case.caller_index == caller_index, Case.patient_id.in_(patient_ids))
    query = select(Case).where(theirs, Case.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Case.number.desc())))


def opened_by_call(session: Session, call_id: str, kind: CaseKind) -> Case | None:
    """Return the case of this kind that the call has opened."""
    return session.scalar(select(Case).where(Case.call_id == call_id, Case.kind == kind))


def open_follow_ups(session: Session, patient_id: str) -> list[Case]:
    """Return the patient's open cases from calls after discharge."""
    theirs = (Case.patient_id == patient_id, Case.kind == CaseKind.FOLLOW_UP)
    query = select(Case).where(*theirs, Case.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Case.number)))


def locked(session: Session, case_id: str) -> Case:
    """Return the case, locked until the transaction ends. Raises `NotFound`."""
    case = session.get(Case, case_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise NotFound(f"no case {case_id}")
    return case


def steps(session: Session, case_id: str) -> list[CaseStep]:
    """Return the history of a case, the oldest step first."""
    query = select(CaseStep).where(CaseStep.case_id == case_id)
    return list(session.scalars(query.order_by(CaseStep.at, CaseStep.id)))


def next_number(session: Session, name: str) -> int:
    """Return the next running number of this name, from 1; concurrent callers wait for this transaction."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if is_sqlite else postgresql_insert)(Counter).values(name=name, value=1)
    upsert = insert.on_conflict_do_update(index_elements=[Counter.name], set_={"value": Counter.value + 1})
    return int(session.execute(upsert.returning(Counter.value)).scalar_one())
