"""Patients and matters in the database: reading, locking, running numbers. Nothing here commits."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hotline.errors import NotFound
from hotline.models import Counter, Matter, MatterStep, Patient
from hotline.values.statuses import MatterKind, MatterState


def patients(session: Session, number_index: str) -> list[Patient]:
    """Everyone who is reached at this number, the one known longest first."""
    query = select(Patient).where(Patient.number_index == number_index)
    return list(session.scalars(query.order_by(Patient.id)))


def open_matters(session: Session, caller_index: str, patient_ids: Sequence[str]) -> list[Matter]:
    """What is open for this number or these patients, the newest first."""
    theirs = or_(Matter.caller_index == caller_index, Matter.patient_id.in_(patient_ids))
    query = select(Matter).where(theirs, Matter.state != MatterState.CLOSED)
    return list(session.scalars(query.order_by(Matter.number.desc())))


def of_call(session: Session, call_id: str, kind: MatterKind) -> Matter | None:
    """The matter of this kind that a call has opened already."""
    return session.scalar(select(Matter).where(Matter.call_id == call_id, Matter.kind == kind))


def open_follow_ups(session: Session, patient_id: str) -> list[Matter]:
    """The matters of calls after discharge that somebody still works on for this patient."""
    theirs = (Matter.patient_id == patient_id, Matter.kind == MatterKind.FOLLOW_UP)
    query = select(Matter).where(*theirs, Matter.state != MatterState.CLOSED)
    return list(session.scalars(query.order_by(Matter.number)))


def locked(session: Session, matter_id: str) -> Matter:
    """The matter, locked until the transaction ends. Raises `NotFound`."""
    found = session.get(Matter, matter_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"no matter {matter_id}")
    return found


def steps(session: Session, matter_id: str) -> list[MatterStep]:
    """The history of a matter, the oldest step first."""
    query = select(MatterStep).where(MatterStep.matter_id == matter_id)
    return list(session.scalars(query.order_by(MatterStep.at, MatterStep.id)))


def next_number(session: Session, name: str) -> int:
    """The next running number of this name, from 1; whoever asks at the same time waits for this transaction."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if is_sqlite else postgresql_insert)(Counter).values(name=name, value=1)
    more = insert.on_conflict_do_update(index_elements=[Counter.name], set_={"value": Counter.value + 1})
    return int(session.execute(more.returning(Counter.value)).scalar_one())
