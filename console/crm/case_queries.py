"""Cases as the staff pages show them: the list with its filters, and one case with all that belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from console.crm.need import Reader
from console.web.paging import Listing, within
from crm.cases import queries as crm
from crm.patients import queries as patient_queries
from hotline.models import Agent, Call, Case, CaseStep, Patient, Recording, Transcript, User
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.recording import RecordingKind

PAGE = 50
_Row = TypeVar("_Row", Agent, Call, Patient, User)
# The filter `owner`: nobody's, one's own, everybody's.
NOBODY, MINE = "nobody", "mine"


@dataclass(frozen=True)
class Wanted:
    """Which cases a list shows; `agent_id` is the user's own, `reader` says which are open to them."""

    reader: Reader
    agent_id: str | None
    kind: CaseKind | None = None
    state: CaseState | None = None
    owner: str = ""
    is_late: bool = False

    def claims(self, now: datetime) -> list[ColumnElement[bool]]:
        """The filters as SQL."""
        claims: list[ColumnElement[bool]] = [self.reader.claims(now)]
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


@dataclass(frozen=True)
class Line:
    """A case in the list, with its owner and the number it came from (sealed to all but this page)."""

    case: Case
    owner: Agent | None
    number: str | None


@dataclass(frozen=True)
class Folder:
    """One case with everything that belongs to it."""

    case: Case
    owner: Agent | None
    patient: Patient | None
    call: Call | None
    steps: list[CaseStep]
    recordings: list[Recording]
    transcripts: dict[str, Transcript]
    people: dict[str, str]

    @property
    def number(self) -> str | None:
        """The number to call."""
        if self.patient is not None:
            return self.patient.number
        return self.call.caller_number if self.call else None


def listing(session: Session, wanted: Wanted, page: int, now: datetime) -> Listing[Line]:
    """The cases wanted, those due first first; `page` from 1, the last one where there are fewer."""
    claims = wanted.claims(now)
    total = session.scalar(select(func.count()).select_from(Case).where(*claims)) or 0
    page = within(page, total, PAGE)
    order = (Case.due_at, Case.number)
    rows = session.scalars(select(Case).where(*claims).order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    return Listing(_lines(session, rows), total, page, PAGE)


def folder(session: Session, case_id: str) -> Folder | None:
    """One case with all that belongs to it, or `None`."""
    case = session.get(Case, case_id)
    if case is None:
        return None
    steps = crm.steps(session, case_id)
    recordings = _messages(session, case.call_id)
    texts = select(Transcript).where(Transcript.recording_id.in_([recording.id for recording in recordings]))
    return Folder(
        case=case,
        owner=session.get(Agent, case.owner_agent_id) if case.owner_agent_id else None,
        patient=session.get(Patient, case.patient_id) if case.patient_id else None,
        call=session.get(Call, case.call_id) if case.call_id else None,
        steps=steps,
        recordings=recordings,
        transcripts={transcript.recording_id: transcript for transcript in session.scalars(texts)},
        people=_people(session, steps),
    )


def of_call(session: Session, call_id: str) -> list[Case]:
    """The cases that a call has opened."""
    return list(session.scalars(select(Case).where(Case.call_id == call_id).order_by(Case.number)))


def of_caller(session: Session, call: Call) -> Case | None:
    """The newest open case of whoever calls; `None` without any, or for a hidden number."""
    if call.caller_index is None:
        return None
    ids = [patient.id for patient in patient_queries.at_number(session, call.caller_index)]
    found = crm.open_cases(session, call.caller_index, ids)
    return next((case for case in found if case.owner_agent_id is not None), found[0] if found else None)


def _messages(session: Session, call_id: str | None) -> list[Recording]:
    query = select(Recording).where(Recording.call_id == call_id, Recording.kind == RecordingKind.MESSAGE)
    return list(session.scalars(query.order_by(Recording.started_at)))


def _lines(session: Session, rows: Sequence[Case]) -> list[Line]:
    owners = {agent.id: agent for agent in _all(session, Agent, {row.owner_agent_id for row in rows})}
    calls = {call.id: call.caller_number for call in _all(session, Call, {row.call_id for row in rows})}
    patients = {patient.id: patient.number for patient in _all(session, Patient, {row.patient_id for row in rows})}
    return [
        Line(
            case=row,
            owner=owners.get(row.owner_agent_id or ""),
            number=patients.get(row.patient_id or "") or calls.get(row.call_id or ""),
        )
        for row in rows
    ]


def _people(session: Session, steps: Sequence[CaseStep]) -> dict[str, str]:
    """The names of everyone whom the history names, users and agents, by their id."""
    ids = {step.agent_id for step in steps} | {
        step.data.get(name) for step in steps for name in ("from", "to", "owner")
    }
    agents = {agent.id: agent.name for agent in _all(session, Agent, ids)}
    return agents | {user.id: user.name for user in _all(session, User, {step.user_id for step in steps})}


def _all(session: Session, model: type[_Row], ids: set[str | None]) -> list[_Row]:
    return list(session.scalars(select(model).where(model.id.in_([each for each in ids if each]))))
