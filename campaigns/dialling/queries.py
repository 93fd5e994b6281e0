"""What campaigns read: rows with their locks, what is due, the floor and the counts that pacing goes by. No commits."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CompoundSelect, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from hotline.models import Attempt, Call, Campaign, Job, PatientIdentifier, Recipient
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptState
from hotline.values.states.call import CallStatus
from hotline.values.states.campaign import CampaignState
from hotline.values.states.job import JobState
from hotline.values.states.recipient import RecipientState

# The tables may still bring these anywhere.
OPEN = (RecipientState.PLANNED, RecipientState.CALLING, RecipientState.TEXTED)
# A patient who calls back is recognised in these.
RECOGNISED = (RecipientState.PLANNED, RecipientState.TEXTED, RecipientState.WITH_PERSON)
LIVE = Attempt.state != AttemptState.ENDED


def locked(session: Session, recipient_id: str) -> Recipient | None:
    """Lock the recipient until the transaction ends: the one lock that everything about them takes first."""
    return session.get(Recipient, recipient_id, with_for_update=True, populate_existing=True)


class HeldAttempt(NamedTuple):
    """An attempt and its recipient, whose row is locked."""

    attempt: Attempt
    recipient: Recipient


def attempt_locked(session: Session, attempt_id: str) -> HeldAttempt | None:
    """Return the attempt, its recipient locked; `None` when there is none."""
    attempt = session.get(Attempt, attempt_id)
    recipient = None if attempt is None else locked(session, attempt.recipient_id)
    if attempt is None or recipient is None:
        return None
    session.refresh(attempt)
    return HeldAttempt(attempt, recipient)


def tries(session: Session, recipient_id: str) -> list[Attempt]:
    """Return the attempts of a recipient that are over, in their order."""
    query = select(Attempt).where(Attempt.recipient_id == recipient_id, Attempt.state == AttemptState.ENDED)
    return list(session.scalars(query.order_by(Attempt.number)))


def next_number(session: Session, recipient_id: str) -> int:
    """Return the number of the next attempt."""
    return (session.scalar(select(func.max(Attempt.number)).where(Attempt.recipient_id == recipient_id)) or 0) + 1


def running(session: Session) -> list[Campaign]:
    """Return campaigns that call."""
    query = select(Campaign).where(Campaign.state == CampaignState.RUNNING)
    return list(session.scalars(query.order_by(Campaign.started_at)))


def by_name(session: Session, name: str) -> Campaign | None:
    """Return the campaign of this name or id."""
    return session.scalar(select(Campaign).where(or_(Campaign.name == name, Campaign.id == name)))


def _calling() -> CompoundSelect[str]:
    """Return the numbers of everyone with whom a conversation goes on, and the other numbers of the same person."""
    busy = select(Recipient.person_index).where(Recipient.state == RecipientState.CALLING)
    roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index.in_(busy))
    return busy.union(select(PatientIdentifier.person_index).where(PatientIdentifier.root.in_(roots)))


def is_spoken_with(session: Session, recipient: Recipient) -> bool:
    """Return whether a conversation with this person goes on under another of their numbers; the person is locked."""
    roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index == recipient.person_index)
    theirs = select(PatientIdentifier.person_index).where(PatientIdentifier.root.in_(roots))
    query = select(Recipient.id).where(Recipient.person_index.in_(theirs), Recipient.id != recipient.id)
    return session.scalar(query.where(Recipient.state == RecipientState.CALLING).limit(1)) is not None


def due(campaign_id: str, now: datetime) -> Select[str]:
    """Return the query of recipients who may be called now; nobody with whom a conversation goes on."""
    return select(Recipient.id).where(
        Recipient.campaign_id == campaign_id,
        Recipient.state == RecipientState.PLANNED,
        Recipient.due_at <= now,
        Recipient.closes_at > now,
        Recipient.person_index.not_in(_calling()),
    )


def due_in(session: Session, campaign_id: str, language: Language, now: datetime, most: int) -> list[str]:
    """Return at most so many recipients of this language who may be called now, whoever waits longest first."""
    query = due(campaign_id, now).where(Recipient.language == language)
    return list(session.scalars(query.order_by(Recipient.due_at, Recipient.id).limit(most)))


def overdue(session: Session, now: datetime, most: int = 200) -> list[str]:
    """Return recipients whom no call reached in time, and those texted who never called back."""
    planned = and_(
        Recipient.state == RecipientState.PLANNED, or_(Recipient.closes_at <= now, Recipient.due_at.is_(None))
    )
    texted = and_(Recipient.state == RecipientState.TEXTED, Recipient.due_at <= now)
    active = Campaign.state.in_([CampaignState.RUNNING, CampaignState.FINISHED])
    query = (
        select(Recipient.id).join(Campaign, Campaign.id == Recipient.campaign_id).where(or_(planned, texted), active)
    )
    return list(session.scalars(query.limit(most)))


def recognised(session: Session, number_index: str) -> list[Recipient]:
    """Return recipients of this number whom we tried to reach in vain or in part, the latest try first."""
    tried = select(Attempt.recipient_id, func.max(Attempt.reserved_at).label("at")).group_by(Attempt.recipient_id)
    last = tried.subquery()
    query = (
        select(Recipient)
        .join(last, last.c.recipient_id == Recipient.id)
        .join(Campaign, Campaign.id == Recipient.campaign_id)
        .where(Recipient.number_index == number_index, Recipient.state.in_(RECOGNISED))
        .where(Campaign.state != CampaignState.FINISHED)
        .order_by(last.c.at.desc())
    )
    return list(session.scalars(query))


# What is still to be done about attempts, each a fact in the database.


def is_behind(session: Session, before: datetime) -> bool:
    """Return whether an attempt that was reserved before this moment is still to be dialled."""
    query = select(Attempt.id).where(Attempt.state == AttemptState.RESERVED, Attempt.reserved_at <= before)
    return session.scalar(query.limit(1)) is not None


def abandoned(session: Session, kind: str, stale: datetime) -> list[str]:
    """Return attempts reserved before `stale` that no job of this kind will dial any more."""
    job = select(Job.id).where(Job.kind == kind, Job.subject_id == Attempt.id, Job.state == JobState.DUE)
    reserved = (Attempt.state == AttemptState.RESERVED, Attempt.reserved_at < stale)
    return list(session.scalars(select(Attempt.id).where(*reserved, ~job.exists())))


def to_hang_up(session: Session) -> list[Attempt]:
    """Return lines that ring for someone who must not be called any more."""
    query = (
        select(Attempt)
        .join(Recipient, Recipient.id == Attempt.recipient_id)
        .where(LIVE, Attempt.state != AttemptState.ANSWERED, Attempt.provider_sid.is_not(None))
        .where(Recipient.state != RecipientState.CALLING, Attempt.hung_up_at.is_(None))
    )
    return list(session.scalars(query))


def lost(session: Session, stale: datetime) -> list[tuple[Attempt, str]]:
    """Return attempts asked of the exchange before `stale` of which it never spoke, with their number."""
    query = (
        select(Attempt, Recipient)
        .join(Recipient, Recipient.id == Attempt.recipient_id)
        .where(Attempt.state == AttemptState.DIALLED, Attempt.provider_sid.is_(None), Attempt.dialled_at < stale)
    )
    return [(attempt, recipient.number) for attempt, recipient in session.execute(query)]


def silent(session: Session, stale: datetime) -> list[Attempt]:
    """Return live attempts with a line, begun before `stale`; those in a conversation are asked about by their call."""
    query = select(Attempt).where(
        LIVE, Attempt.provider_sid.is_not(None), Attempt.call_id.is_(None), Attempt.reserved_at < stale
    )
    return list(session.scalars(query))


def over_by_call(session: Session) -> list[Attempt]:
    """Return attempts whose conversation is over by its call, though nobody said so of the attempt."""
    query = select(Attempt).join(Call, Call.id == Attempt.call_id).where(LIVE, Call.status == CallStatus.ENDED)
    return list(session.scalars(query))


def provider_sids(session: Session) -> set[str]:
    """Return the ids by which the exchange knows the calls of all attempts."""
    return {sid for sid in session.scalars(select(Attempt.provider_sid)) if sid is not None}
