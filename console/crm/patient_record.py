"""One patient as the page shows them: every attempt to reach them, their cases, their number's calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaigns.results import queries as results
from crm.cases import queries as cases
from crm.cases.visibility import AFTERCARE, Reader
from crm.patients import queries as patients
from hotline.values.states.recording import RecordingState
from recordings.storage import queries as recordings
from routing.agents import queries as agents
from routing.calls import queries as calls

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from campaigns.results.queries import AttemptRecord
    from hotline.models import Agent, Call, Case, Patient

MOST = 100


@dataclass(frozen=True)
class PatientRecord:
    """A patient and all that belongs to them, the newest first; `recorded` and `transcribed` hold ids of calls."""

    patient: Patient
    calls: list[Call]
    cases: list[Case]
    attempts: list[AttemptRecord]
    agents: dict[str, Agent]
    recorded: set[str]
    transcribed: set[str]


def find(session: Session, patient_id: str) -> PatientRecord | None:
    """Return the patient's history, or `None`; a telephone that several share has the calls of all of them."""
    patient = patients.find(session, patient_id)
    if patient is None:
        return None
    attempts = results.attempts_of_patient(session, patient_id)
    their_calls = results.calls_of_patient(session, patient, MOST)
    shown = {call.id for call in (*their_calls, *(one.call for one in attempts if one.call))}
    audible = recordings.audible(session, shown)
    return PatientRecord(
        patient=patient,
        calls=their_calls,
        cases=cases.of_patient(session, patient_id, [call.id for call in their_calls], MOST),
        attempts=attempts,
        agents=agents.by_id(session),
        recorded=set(audible),
        transcribed={call_id for call_id, states in audible.items() if RecordingState.TRANSCRIBED in states},
    )


def is_known_to(session: Session, patient: Patient, reader: Reader, now: datetime) -> bool:
    """Tell whether this reader has to do with the patient. Leads have to do with everybody.

    Agents have where they spoke with the patient lately, are in a call with them, are rung for them, or have an open
    case of theirs to work on.
    """
    if reader.sees_all:
        return True
    if reader.agent_id is None:
        return False
    if results.has_to_do_with(session, reader.agent_id, patient, now - AFTERCARE):
        return True
    visible = cases.visible_to(reader, calls.of_other_queues(reader.queues), now)
    return cases.works_for(session, patient.id, visible)
