"""One patient's history as the staff pages show it: every try to reach them, their cases, their number's calls."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from console.crm import need
from console.crm.need import Reader
from hotline.models import Agent, Answer, Attempt, Call, Campaign, Case, Offer, Patient, Recipient, Recording
from hotline.values.states.case import CaseState
from hotline.values.states.recording import RecordingState

MOST = 100
HEARD = (RecordingState.STORED, RecordingState.TRANSCRIBED)


@dataclass(frozen=True)
class Try:
    """One try of a campaign, with the answers that were given in it and its call."""

    attempt: Attempt
    recipient: Recipient
    campaign: Campaign
    call: Call | None
    answers: list[Answer]

    @property
    def nurse_seconds(self) -> float | None:
        """From the warning sign to the nurse's voice."""
        heard = self.attempt.caught_at or (self.call.answered_at if self.call else None)
        return (heard - self.attempt.warned_at).total_seconds() if heard and self.attempt.warned_at else None


@dataclass(frozen=True)
class History:
    """A patient and all that belongs to them, the newest first; `recorded` and `transcribed` hold ids of calls."""

    patient: Patient
    calls: list[Call]
    cases: list[Case]
    tries: list[Try]
    agents: dict[str, Agent]
    recorded: set[str] = field(default_factory=set)
    transcribed: set[str] = field(default_factory=set)


def history(session: Session, patient_id: str) -> History | None:
    """The patient's history, or `None`; a telephone that several share has the calls of all of them."""
    patient = session.get(Patient, patient_id)
    if patient is None:
        return None
    tries = _listed(session, Recipient.patient_id == patient_id)
    calls = session.scalars(_calls(patient).order_by(Call.started_at.desc()).limit(MOST)).all()
    theirs = or_(Case.patient_id == patient_id, Case.call_id.in_([call.id for call in calls]))
    found = {call.id: call for call in (*calls, *(one.call for one in tries if one.call))}
    states: dict[str, set[RecordingState]] = defaultdict(set)
    rows = select(Recording.call_id, Recording.state).where(Recording.call_id.in_(found), Recording.state.in_(HEARD))
    for call_id, state in session.execute(rows):
        states[call_id].add(state)
    return History(
        patient=patient,
        calls=list(calls),
        cases=list(session.scalars(select(Case).where(theirs).order_by(Case.number.desc()).limit(MOST))),
        tries=tries,
        agents={agent.id: agent for agent in session.scalars(select(Agent))},
        recorded=set(states),
        transcribed={call_id for call_id, seen in states.items() if RecordingState.TRANSCRIBED in seen},
    )


def told(session: Session, campaign_id: str) -> list[Try]:
    """Of a campaign, the latest tries in which a warning sign or an opinion was told."""
    opinion = select(Answer.id).where(Answer.attempt_id == Attempt.id, Answer.is_opinion).exists()
    return _listed(session, Attempt.campaign_id == campaign_id, or_(Attempt.warned_at.is_not(None), opinion))


def belongs_to(session: Session, patient_id: str, reader: Reader, now: datetime) -> bool:
    """Whether this reader has to do with the patient: spoke with them within `need.AFTER`, is in a call with them, is
    rung for them, or has an open case of theirs to work on. Leads have to do with everybody.
    """
    if reader.sees_all:
        return True
    if reader.agent_id is None:
        return False
    patient = session.get_one(Patient, patient_id)
    lasts = or_(Call.ended_at.is_(None), Call.ended_at > now - need.AFTER)
    spoke = _calls(patient).where(Call.agent_id == reader.agent_id, lasts)
    rung = _calls(patient).join(Offer, Offer.call_id == Call.id).join(Agent, Agent.offer_id == Offer.id)
    works = select(Case.id).where(Case.patient_id == patient_id, Case.state != CaseState.CLOSED)
    claims = (spoke, rung.where(Agent.id == reader.agent_id), works.where(reader.claims(now)))
    return any(session.scalars(claim.limit(1)).first() is not None for claim in claims)


def ids_of(session: Session, calls: Iterable[Call]) -> dict[str, str]:
    """The patient of each call, by the call's id: whom we called, else the only one who is known by the number."""
    listed = list(calls)
    called = select(Attempt.call_id, Recipient.patient_id).join(Recipient, Recipient.id == Attempt.recipient_id)
    ours = {
        call_id: patient_id
        for call_id, patient_id in session.execute(called.where(Attempt.call_id.in_([call.id for call in listed])))
        if call_id and patient_id
    }
    by_number: dict[str, list[str]] = defaultdict(list)
    numbers = {call.id: call.caller_index for call in listed if call.caller_index}
    known = select(Patient.number_index, Patient.id).where(Patient.number_index.in_(numbers.values()))
    for number, patient_id in session.execute(known):
        by_number[number].append(patient_id)
    return {call_id: by_number[number][0] for call_id, number in numbers.items() if len(by_number[number]) == 1} | ours


def _calls(patient: Patient) -> Select[Call]:
    called = select(Attempt.call_id).join(Recipient, Recipient.id == Attempt.recipient_id)
    ours = called.where(Recipient.patient_id == patient.id, Attempt.call_id.is_not(None))
    return select(Call).where(or_(Call.caller_index == patient.number_index, Call.id.in_(ours)))


def _listed(session: Session, *claims: ColumnElement[bool]) -> list[Try]:
    query = (
        select(Attempt, Recipient, Campaign, Call)
        .join(Recipient, Recipient.id == Attempt.recipient_id)
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .outerjoin(Call, Call.id == Attempt.call_id)
        .where(*claims)
        .order_by(Attempt.reserved_at.desc(), Attempt.id.desc())
        .limit(MOST)
    )
    rows = session.execute(query).all()
    answers: dict[str, list[Answer]] = defaultdict(list)
    given = select(Answer).where(Answer.attempt_id.in_([attempt.id for attempt, *_ in rows]))
    for answer in session.scalars(given.order_by(Answer.at, Answer.id)):
        answers[answer.attempt_id].append(answer)
    return [Try(attempt, recipient, campaign, call, answers[attempt.id]) for attempt, recipient, campaign, call in rows]
