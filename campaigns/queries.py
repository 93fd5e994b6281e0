"""What campaigns read: rows with their locks, what is due, the floor and the counts that pacing goes by. No commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from campaigns.pace import Counts
from hotline.models import Agent, Attempt, Call, Campaign, Offer, Recipient, Waiting
from hotline.values import (
    LIVE_OFFERS,
    AgentState,
    AgentStatus,
    AttemptOutcome,
    AttemptState,
    CallStatus,
    CampaignState,
    Direction,
    Language,
    RecipientState,
    WaitingState,
)

# The tables may still bring these anywhere.
OPEN = (RecipientState.PLANNED, RecipientState.CALLING, RecipientState.TEXTED)
# A patient who calls back is recognised in these.
RECOGNISED = (RecipientState.PLANNED, RecipientState.TEXTED, RecipientState.WITH_PERSON)
LIVE = Attempt.state != AttemptState.ENDED
COUNTED_DAYS = 30


def locked(session: Session, recipient_id: str) -> Recipient | None:
    """The recipient, locked until the transaction ends: the one lock that everything about them takes first."""
    return session.get(Recipient, recipient_id, with_for_update=True, populate_existing=True)


def attempt_locked(session: Session, attempt_id: str) -> tuple[Attempt, Recipient] | None:
    """The attempt, its recipient locked; `None` when there is none."""
    found = session.get(Attempt, attempt_id)
    recipient = None if found is None else locked(session, found.recipient_id)
    if found is None or recipient is None:
        return None
    session.refresh(found)
    return found, recipient


def tries(session: Session, recipient_id: str) -> list[Attempt]:
    """The attempts of a recipient that are over, in their order."""
    query = select(Attempt).where(Attempt.recipient_id == recipient_id, Attempt.state == AttemptState.ENDED)
    return list(session.scalars(query.order_by(Attempt.number)))


def next_number(session: Session, recipient_id: str) -> int:
    """The number of the next attempt."""
    return (session.scalar(select(func.max(Attempt.number)).where(Attempt.recipient_id == recipient_id)) or 0) + 1


def running(session: Session) -> list[Campaign]:
    """Campaigns that call."""
    query = select(Campaign).where(Campaign.state == CampaignState.RUNNING)
    return list(session.scalars(query.order_by(Campaign.started_at)))


def by_name(session: Session, name: str) -> Campaign | None:
    """The campaign of this name or id."""
    return session.scalar(select(Campaign).where(or_(Campaign.name == name, Campaign.id == name)))


def due(campaign_id: str, now: datetime) -> Select[str]:
    """Recipients who may be called now, whoever waits longest first; nobody with whom a conversation goes on."""
    busy = select(Recipient.person_index).where(Recipient.state == RecipientState.CALLING)
    return (
        select(Recipient.id)
        .where(
            Recipient.campaign_id == campaign_id,
            Recipient.state == RecipientState.PLANNED,
            Recipient.due_at <= now,
            Recipient.closes_at > now,
            Recipient.person_index.not_in(busy),
        )
        .order_by(Recipient.due_at, Recipient.id)
    )


def overdue(session: Session, now: datetime, most: int = 200) -> list[str]:
    """Recipients whom no call reached in time, and those texted who never called back."""
    planned = and_(
        Recipient.state == RecipientState.PLANNED, or_(Recipient.closes_at <= now, Recipient.due_at.is_(None))
    )
    texted = and_(Recipient.state == RecipientState.TEXTED, Recipient.due_at <= now)
    active = Campaign.state.in_([CampaignState.RUNNING, CampaignState.FINISHED])
    query = (
        select(Recipient.id).join(Campaign, Campaign.id == Recipient.campaign_id).where(or_(planned, texted), active)
    )
    return list(session.scalars(query.limit(most)))


def open_of_person(session: Session, person_index: str) -> list[str]:
    """Every recipient of this person that is not at its end."""
    states = (*OPEN, RecipientState.WITH_PERSON)
    query = select(Recipient.id).where(Recipient.person_index == person_index, Recipient.state.in_(states))
    return list(session.scalars(query.order_by(Recipient.id)))


def recognised(session: Session, number_index: str) -> list[Recipient]:
    """Recipients of this number whom we tried to reach, whose conversation is not complete, the latest try first."""
    tried = select(Attempt.recipient_id, func.max(Attempt.marked_at).label("at")).group_by(Attempt.recipient_id)
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


# What the dialler still has to do, each a fact in the database.


def to_dial(session: Session) -> list[str]:
    """Attempts of which the exchange was not asked yet."""
    return list(session.scalars(select(Attempt.id).where(Attempt.state == AttemptState.MARKED).order_by(Attempt.id)))


def to_hang_up(session: Session) -> list[Attempt]:
    """Lines that ring for someone who must not be called any more."""
    query = (
        select(Attempt)
        .join(Recipient, Recipient.id == Attempt.recipient_id)
        .where(LIVE, Attempt.state != AttemptState.ANSWERED, Attempt.provider_sid.is_not(None))
        .where(Recipient.state == RecipientState.STOPPED, Attempt.hung_up_at.is_(None))
    )
    return list(session.scalars(query))


def lost(session: Session, stale: datetime) -> list[tuple[Attempt, str]]:
    """Attempts asked of the exchange before `stale` of which it never spoke, with their number."""
    query = (
        select(Attempt, Recipient)
        .join(Recipient, Recipient.id == Attempt.recipient_id)
        .where(Attempt.state == AttemptState.DIALLED, Attempt.provider_sid.is_(None), Attempt.dialled_at < stale)
    )
    return [(attempt, recipient.number) for attempt, recipient in session.execute(query)]


def silent(session: Session, stale: datetime) -> list[Attempt]:
    """Live attempts with a line, begun before `stale`; those in a conversation are asked about by their call."""
    query = select(Attempt).where(
        LIVE, Attempt.provider_sid.is_not(None), Attempt.call_id.is_(None), Attempt.marked_at < stale
    )
    return list(session.scalars(query))


def hung_over(session: Session) -> list[str]:
    """Attempts whose conversation is over by its call, though nobody said so of the attempt."""
    query = select(Attempt.id).join(Call, Call.id == Attempt.call_id).where(LIVE, Call.status == CallStatus.ENDED)
    return list(session.scalars(query))


# What pacing goes by.


def in_flight(session: Session) -> tuple[int, int]:
    """Our own calls that ring or are about to, and those that are answered and not with a person yet."""
    dialling = talking = 0
    query = (
        select(Attempt.state, func.count())
        .outerjoin(Call, Call.id == Attempt.call_id)
        .where(LIVE, Attempt.direction == Direction.OUTBOUND, or_(Call.id.is_(None), Call.asked_at.is_(None)))
        .group_by(Attempt.state)
    )
    for state, count in session.execute(query):
        if state is AttemptState.ANSWERED:
            talking += count
        else:
            dialling += count
    return dialling, talking


def nurses(session: Session, levels: dict[str, int]) -> tuple[int, int]:
    """Agents with these skills: free for a call now, and in one or just after it."""
    free = busy = 0
    for agent in session.scalars(select(Agent).where(Agent.status == AgentStatus.AVAILABLE)):
        skills = {skill.skill: skill.level for skill in agent.skills}
        if all(skills.get(name, 0) >= level for name, level in levels.items()):
            free += agent.state is AgentState.IDLE
            busy += agent.state in {AgentState.TALKING, AgentState.WRAP_UP, AgentState.OFFERED}
    return free, busy


def line(session: Session, late: datetime) -> tuple[int, int]:
    """The hotline's callers whom nobody serves (no phone rings, or since before `late`), and our hand-overs in line."""
    rung = select(Offer.waiting_id).where(Offer.state.in_(LIVE_OFFERS))
    ours = select(Attempt.call_id).where(Attempt.call_id.is_not(None), LIVE)
    waiting = Waiting.state == WaitingState.WAITING
    inbound = select(func.count()).where(waiting, Waiting.call_id.not_in(ours))
    unserved = session.scalar(inbound.where(or_(Waiting.asked_at < late, Waiting.id.not_in(rung)))) or 0
    handed = session.scalar(select(func.count()).where(waiting, Waiting.call_id.in_(ours))) or 0
    return unserved, handed


def inbound_a_second(session: Session, agents: Iterable[str], since: datetime, now: datetime) -> float:
    """How often callers of the hotline were answered by one of these agents since then."""
    ours = select(Attempt.call_id).where(Attempt.call_id.is_not(None), Attempt.marked_at >= since - timedelta(hours=1))
    query = select(func.count()).where(
        Offer.agent_id.in_(list(agents)), Offer.answered_at >= since, Offer.call_id.not_in(ours)
    )
    return (session.scalar(query) or 0) / max(1.0, (now - since).total_seconds())


def able(session: Session, levels: dict[str, int]) -> list[str]:
    """The ids of all agents with these skills."""
    found = []
    for agent in session.scalars(select(Agent)):
        skills = {skill.skill: skill.level for skill in agent.skills}
        if all(skills.get(name, 0) >= level for name, level in levels.items()):
            found.append(agent.id)
    return found


def counts(session: Session, campaign_id: str, now: datetime) -> Counts:
    """What happened in this campaign in the last thirty days."""
    rows = session.execute(
        select(Attempt.answered_at, Attempt.ended_at, Attempt.asked_at, Attempt.caught_at).where(
            Attempt.campaign_id == campaign_id,
            Attempt.direction == Direction.OUTBOUND,
            Attempt.state == AttemptState.ENDED,
            Attempt.dialled_at.is_not(None),
            Attempt.outcome != AttemptOutcome.FAILED,
            Attempt.marked_at > now - timedelta(days=COUNTED_DAYS),
        )
    ).all()
    return count(rows)


def count(rows: Sequence[tuple[datetime | None, datetime | None, datetime | None, datetime | None]]) -> Counts:
    """Attempts as (answered, ended, asked for a person, heard one), counted."""
    answered = [row for row in rows if row[0] is not None]
    needed = [row for row in answered if row[2] is not None]
    caught = [row for row in needed if row[3] is not None]
    return Counts(
        tries=len(rows),
        answered=len(answered),
        needed=len(needed),
        lost=len(needed) - len(caught),
        talk_seconds=sum(_seconds(row[0], row[2] or row[1]) for row in answered),
        help_seconds=sum(_seconds(row[3], row[1]) for row in caught),
    )


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return 0.0 if start is None or end is None else max(0.0, (end - start).total_seconds())


def languages_due(session: Session, campaign_id: str, now: datetime) -> list[Language]:
    """The languages of those who may be called now, the most frequent first."""
    due_now = due(campaign_id, now).order_by(None).subquery()
    query = select(Recipient.language, func.count()).where(Recipient.id.in_(select(due_now.c.id)))
    rows = session.execute(query.group_by(Recipient.language).order_by(func.count().desc()))
    return [language for language, _ in rows]
