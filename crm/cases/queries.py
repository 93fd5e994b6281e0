"""Cases in the database: lists, locking, running numbers. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from crm.cases.visibility import AFTERCARE, Reader
from crm.patients import queries as patient_queries
from hotline.database import upsert
from hotline.errors import NotFound
from hotline.models import Case, CaseStep, Counter
from hotline.values.paging import Listing, within
from hotline.values.states.case import CaseKind, CaseState, Urgency

PAGE = 50
# Whose cases a list shows: nobody's, one's own; everybody's without a word.
NOBODY, MINE = "nobody", "mine"


@dataclass(frozen=True)
class CaseFilter:
    """Which cases a list shows: those that `reader` may see, without the words of a filter the open ones.

    `elsewhere` are the calls that asked for none of the reader's queues.
    """

    reader: Reader
    elsewhere: Select[str]
    agent_id: str | None
    kind: CaseKind | None = None
    state: CaseState | None = None
    owner: str = ""
    is_late: bool = False

    def claims(self, now: datetime) -> list[ColumnElement[bool]]:
        """Return the filter as conditions on cases."""
        claims: list[ColumnElement[bool]] = [visible_to(self.reader, self.elsewhere, now)]
        if self.kind is not None:
            claims.append(Case.kind == self.kind)
        claims.append(Case.state != CaseState.CLOSED if self.state is None else Case.state == self.state)
        if self.owner == NOBODY:
            claims.append(Case.owner_agent_id.is_(None))
        elif self.owner == MINE:
            claims.append(Case.owner_agent_id == (self.agent_id or "-"))
        if self.is_late:
            claims.append(Case.due_at < now)
        return claims


def visible_to(reader: Reader, elsewhere: Select[str], now: datetime) -> ColumnElement[bool]:
    """Return, as a condition, what `Reader.sees` decides of one case; `elsewhere` are the calls of other queues."""
    if reader.sees_all:
        return true()
    if reader.agent_id is None:
        return false()
    is_open = Case.state != CaseState.CLOSED
    is_theirs = or_(
        Case.call_id.is_(None),
        Case.call_id.not_in(elsewhere),
        Case.caller_index.in_(reader.on_line),
        Case.urgency == Urgency.URGENT,
    )
    own = and_(Case.owner_agent_id == reader.agent_id, or_(is_open, Case.closed_at > now - AFTERCARE))
    return or_(own, and_(Case.owner_agent_id.is_(None), is_open, is_theirs))


def listing(session: Session, wanted: CaseFilter, page: int, now: datetime) -> Listing[Case]:
    """Return the cases wanted, by due time; `page` counts from 1, and is the last one where there are fewer."""
    claims = wanted.claims(now)
    total = session.scalar(select(func.count()).select_from(Case).where(*claims)) or 0
    page = within(page, total, PAGE)
    query = select(Case).where(*claims).order_by(Case.due_at, Case.number)
    return Listing(list(session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))), total, page, PAGE)


def find(session: Session, case_id: str) -> Case | None:
    """Return the case, or `None`."""
    return session.get(Case, case_id)


def of_calls(session: Session, call_ids: Sequence[str]) -> list[Case]:
    """Return every case that these calls have opened, by number."""
    return list(session.scalars(select(Case).where(Case.call_id.in_(call_ids)).order_by(Case.number)))


def of_patient(session: Session, patient_id: str, call_ids: Sequence[str], most: int) -> list[Case]:
    """Return the cases of a patient and of these calls, the newest first, at most so many."""
    theirs = or_(Case.patient_id == patient_id, Case.call_id.in_(call_ids))
    return list(session.scalars(select(Case).where(theirs).order_by(Case.number.desc()).limit(most)))


def works_for(session: Session, patient_id: str, visible: ColumnElement[bool]) -> bool:
    """Tell whether there is an open case of the patient among the visible ones."""
    query = select(Case.id).where(Case.patient_id == patient_id, Case.state != CaseState.CLOSED, visible)
    return session.scalar(query.limit(1)) is not None


def newest_open(session: Session, caller_index: str | None) -> Case | None:
    """Return the newest open case of whoever calls, one with an owner first; `None` for a hidden number."""
    if caller_index is None:
        return None
    found = open_cases(
        session, caller_index, [patient.id for patient in patient_queries.at_number(session, caller_index)]
    )
    return next((case for case in found if case.owner_agent_id is not None), found[0] if found else None)


def open_cases(session: Session, caller_index: str, patient_ids: Sequence[str]) -> list[Case]:
    """Return what is open for this number or these patients, the newest first."""
    theirs = or_(Case.caller_index == caller_index, Case.patient_id.in_(patient_ids))
    query = select(Case).where(theirs, Case.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Case.number.desc())))


def opened_by_call(session: Session, call_id: str, kind: CaseKind) -> Case | None:
    """Return the case of this kind that the call has opened."""
    return session.scalar(select(Case).where(Case.call_id == call_id, Case.kind == kind))


def has_urgent(session: Session, call_id: str) -> bool:
    """Return whether this call opened a case that cannot wait."""
    urgent = select(Case.id).where(Case.call_id == call_id, Case.urgency != Urgency.NORMAL)
    return session.scalar(urgent.limit(1)) is not None


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
    first = upsert.insert(session, Counter).values(name=name, value=1)
    counted = first.on_conflict_do_update(index_elements=[Counter.name], set_={"value": Counter.value + 1})
    return int(session.execute(counted.returning(Counter.value)).scalar_one())


def named(session: Session, given: str) -> str | None:
    """Return the id of the case with this id or number; `None` where there is none."""
    by_number = Case.number == int(given) if given.isdigit() and len(given) < 10 else Case.id == given
    return session.scalar(select(Case.id).where(or_(Case.id == given, by_number)))
