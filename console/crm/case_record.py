"""Cases as the pages show them: the rows of the list, and one case with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.users import queries as users
from crm.cases import queries as cases
from crm.patients import queries as patients
from hotline.values.paging import Listing
from recordings.storage import queries as recordings
from recordings.transcripts import queries as transcripts
from routing.agents import queries as agents
from routing.calls import queries as calls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from crm.cases.queries import CaseFilter
    from hotline.models import Agent, Call, Case, CaseStep, Patient, Recording, Transcript


@dataclass(frozen=True)
class CaseRow:
    """A case in the list, with its owner and the number it came from."""

    case: Case
    owner: Agent | None
    number: str | None


@dataclass(frozen=True)
class CaseRecord:
    """One case with everything that belongs to it; `people` are the names of all whom the history names, by id."""

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
        """Return the number to call."""
        if self.patient is not None:
            return self.patient.number
        return self.call.caller_number if self.call else None


def listing(session: Session, wanted: CaseFilter, page: int, now: datetime) -> Listing[CaseRow]:
    """Return the cases wanted, by due time."""
    found = cases.listing(session, wanted, page, now)
    owners = agents.by_id(session)
    called = calls.by_id(session, [case.call_id for case in found.rows])
    numbers = patients.numbers(session, [case.patient_id for case in found.rows])
    rows = []
    for case in found.rows:
        call = called.get(case.call_id or "")
        number = numbers.get(case.patient_id or "") or (call.caller_number if call else None)
        rows.append(CaseRow(case, owners.get(case.owner_agent_id or ""), number))
    return Listing(rows, found.total, found.page, found.size)


def find(session: Session, case_id: str) -> CaseRecord | None:
    """Return one case with all that belongs to it, or `None`."""
    case = cases.find(session, case_id)
    if case is None:
        return None
    steps, messages = cases.steps(session, case_id), recordings.messages(session, case.call_id)
    return CaseRecord(
        case=case,
        owner=agents.find(session, case.owner_agent_id),
        patient=patients.find(session, case.patient_id),
        call=calls.find(session, case.call_id),
        steps=steps,
        recordings=messages,
        transcripts=transcripts.of_recordings(session, [recording.id for recording in messages]),
        people=_people(session, steps),
    )


def _people(session: Session, steps: Sequence[CaseStep]) -> dict[str, str]:
    named = {step.agent_id for step in steps} | {step.user_id for step in steps}
    named |= {step.data.get(name) for step in steps for name in ("from", "to", "owner")}
    everyone = agents.by_id(session) | users.by_id(session)
    return {person_id: person.name for person_id, person in everyone.items() if person_id in named}
