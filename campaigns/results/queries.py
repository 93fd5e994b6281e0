"""What others read of calls to patients: attempts with what was answered in them, and whose calls they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from crm.patients import queries as patients
from hotline.models import Agent, Answer, Attempt, Call, Campaign, Case, Offer, Patient, Recipient
from hotline.values.states.case import CaseKind, CaseState, Urgency

MOST = 100


@dataclass(frozen=True)
class AttemptRecord:
    """One attempt of a campaign, with the answers that were given in it and its call."""

    attempt: Attempt
    recipient: Recipient
    campaign: Campaign
    call: Call | None
    answers: list[Answer]

    @property
    def nurse_seconds(self) -> float | None:
        """Return the seconds from the warning sign to the nurse's voice."""
        answered_at = self.attempt.agent_connected_at or (self.call.answered_at if self.call else None)
        warning_at = self.attempt.warning_at
        return (answered_at - warning_at).total_seconds() if answered_at and warning_at else None


@dataclass(frozen=True)
class OpenWarning:
    """A warning sign that no nurse has heard of: its urgent case, the call's attempt, and the call."""

    case: Case
    attempt: Attempt
    call: Call


def find(session: Session, campaign_id: str) -> Campaign | None:
    """Return the campaign, or `None`."""
    return session.get(Campaign, campaign_id)


def recipient(session: Session, recipient_id: str) -> Recipient:
    """Return the recipient, who is known to be there."""
    return session.get_one(Recipient, recipient_id)


def attempts_of_patient(session: Session, patient_id: str) -> list[AttemptRecord]:
    """Return the attempts to reach a patient, the newest first."""
    return _attempts(session, Recipient.patient_id == patient_id)


def attempts_with_reports(session: Session, campaign_id: str) -> list[AttemptRecord]:
    """Return a campaign's latest attempts in which a warning sign or an opinion was given."""
    opinion = select(Answer.id).where(Answer.attempt_id == Attempt.id, Answer.is_opinion).exists()
    return _attempts(session, Attempt.campaign_id == campaign_id, or_(Attempt.warning_at.is_not(None), opinion))


def calls_of_attempts(session: Session, attempt_ids: Iterable[str]) -> dict[str, str]:
    """Return the id of the call that each attempt led to."""
    query = select(Attempt.id, Attempt.call_id).where(Attempt.id.in_(list(attempt_ids)))
    return {attempt_id: call_id for attempt_id, call_id in session.execute(query) if call_id}


def calls_of_patient(session: Session, patient: Patient, most: int = MOST) -> list[Call]:
    """Return the calls of the patient's number and ours to them, the newest first."""
    return list(session.scalars(_calls(patient).order_by(Call.started_at.desc()).limit(most)))


def patients_of_calls(session: Session, calls: Iterable[Call]) -> dict[str, str]:
    """Return the patient of each call, by the call's id: whom we called, else the only one known by the number."""
    listed = list(calls)
    called = select(Attempt.call_id, Recipient.patient_id).join(Recipient, Recipient.id == Attempt.recipient_id)
    ours = {
        call_id: patient_id
        for call_id, patient_id in session.execute(called.where(Attempt.call_id.in_([call.id for call in listed])))
        if call_id and patient_id
    }
    numbers = {call.id: call.caller_index for call in listed if call.caller_index}
    patients_known = patients.only_ones(session, numbers.values())
    return {call_id: patients_known[number] for call_id, number in numbers.items() if number in patients_known} | ours


def has_to_do_with(session: Session, agent_id: str, patient: Patient, since: datetime) -> bool:
    """Tell whether the agent spoke with the patient after `since`, is in a call with them, or is rung for them."""
    lasts = or_(Call.ended_at.is_(None), Call.ended_at > since)
    spoke = _calls(patient).where(Call.agent_id == agent_id, lasts)
    rung = _calls(patient).join(Offer, Offer.call_id == Call.id).join(Agent, Agent.offer_id == Offer.id)
    return any(
        session.scalars(query.limit(1)).first() is not None for query in (spoke, rung.where(Agent.id == agent_id))
    )


def open_warnings(session: Session) -> list[OpenWarning]:
    """Return the warning signs whose urgent case is nobody's and whose call nobody answered, the oldest first."""
    query = (
        select(Case, Attempt, Call)
        .join(Call, Call.id == Case.call_id)
        .join(Attempt, Attempt.call_id == Call.id)
        .where(Case.state == CaseState.OPEN, Case.kind == CaseKind.FOLLOW_UP, Case.urgency == Urgency.URGENT)
        .where(Case.owner_agent_id.is_(None), Call.answered_at.is_(None), Attempt.warning_at.is_not(None))
        .order_by(Case.opened_at, Case.id)
    )
    return [OpenWarning(case, attempt, call) for case, attempt, call in session.execute(query)]


def _calls(patient: Patient) -> Select[Call]:
    called = select(Attempt.call_id).join(Recipient, Recipient.id == Attempt.recipient_id)
    ours = called.where(Recipient.patient_id == patient.id, Attempt.call_id.is_not(None))
    return select(Call).where(or_(Call.caller_index == patient.number_index, Call.id.in_(ours)))


def _attempts(session: Session, *claims: ColumnElement[bool]) -> list[AttemptRecord]:
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
    return [
        AttemptRecord(attempt, recipient, campaign, call, answers[attempt.id])
        for attempt, recipient, campaign, call in rows
    ]
