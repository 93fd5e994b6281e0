"""What pacing goes by: lines in flight, nurses, the hotline's own callers, and what happened before. No commits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from campaigns.dialling.pacing import AttemptCounts
from campaigns.dialling.queries import LIVE, due
from hotline.models import Agent, AgentSkill, Attempt, Call, Offer, QueueEntry, Recipient
from hotline.values.language import Language
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.call import Direction
from hotline.values.states.offer import LIVE_OFFERS
from hotline.values.states.queue_entry import QueueEntryState

COUNTED_DAYS = 30


def in_flight(session: Session) -> tuple[int, int]:
    """Count our own calls that ring or are about to, and those that are answered and not with a person yet."""
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


@dataclass(frozen=True)
class Nurses:
    """Who could speak with patients: all of them, and of those on duty who is free and who is in a call or after it."""

    ids: tuple[str, ...]
    free: int
    busy: int


def nurses(session: Session, levels: Mapping[str, int]) -> Nurses:
    """Return the agents with these skills."""
    enough = or_(*(and_(AgentSkill.skill == name, AgentSkill.level >= level) for name, level in levels.items()))
    skilled = select(AgentSkill.agent_id).where(enough).group_by(AgentSkill.agent_id)
    able = skilled.having(func.count() == len(levels))
    rows = session.execute(select(Agent.id, Agent.status, Agent.state, Agent.is_present).where(Agent.id.in_(able)))
    found = rows.all()
    on_duty = [
        state
        for _, status, state, is_present in found
        if status is AgentStatus.AVAILABLE and (is_present or state is AgentState.TALKING)
    ]
    return Nurses(
        ids=tuple(agent_id for agent_id, *_ in found),
        free=sum(state is AgentState.IDLE for state in on_duty),
        busy=sum(state in {AgentState.TALKING, AgentState.WRAP_UP, AgentState.OFFERED} for state in on_duty),
    )


def waiting_callers(session: Session, late: datetime) -> tuple[int, int]:
    """Count callers whom nobody serves (no phone rings, or since before `late`), and our hand-overs in line."""
    rung = select(Offer.queue_entry_id).where(Offer.state.in_(LIVE_OFFERS))
    ours = select(Attempt.call_id).where(Attempt.call_id.is_not(None), LIVE)
    waiting = QueueEntry.state == QueueEntryState.WAITING
    inbound = select(func.count()).where(waiting, QueueEntry.call_id.not_in(ours))
    unserved = session.scalar(inbound.where(or_(QueueEntry.asked_at < late, QueueEntry.id.not_in(rung)))) or 0
    handed = session.scalar(select(func.count()).where(waiting, QueueEntry.call_id.in_(ours))) or 0
    return unserved, handed


def inbound_a_second(session: Session, agents: Iterable[str], since: datetime, now: datetime) -> float:
    """Return how often a second callers were answered by one of these agents since then."""
    ours = select(Attempt.call_id).where(
        Attempt.call_id.is_not(None), Attempt.reserved_at >= since - timedelta(hours=1)
    )
    query = select(func.count()).where(
        Offer.agent_id.in_(list(agents)), Offer.answered_at >= since, Offer.call_id.not_in(ours)
    )
    return (session.scalar(query) or 0) / max(1.0, (now - since).total_seconds())


def counts(session: Session, campaign_id: str, now: datetime) -> AttemptCounts:
    """Count what happened in this campaign in the last thirty days."""
    rows = session.execute(
        select(Attempt.answered_at, Attempt.ended_at, Attempt.agent_requested_at, Attempt.agent_connected_at).where(
            Attempt.campaign_id == campaign_id,
            Attempt.direction == Direction.OUTBOUND,
            Attempt.state == AttemptState.ENDED,
            Attempt.dialled_at.is_not(None),
            Attempt.outcome != AttemptOutcome.FAILED,
            Attempt.reserved_at > now - timedelta(days=COUNTED_DAYS),
        )
    ).all()
    return count(rows)


def count(rows: Sequence[tuple[datetime | None, datetime | None, datetime | None, datetime | None]]) -> AttemptCounts:
    """Count attempts, each as when it was answered, ended, asked for a person and heard one."""
    answered = [row for row in rows if row[0] is not None]
    needed = [row for row in answered if row[2] is not None]
    caught = [row for row in needed if row[3] is not None]
    return AttemptCounts(
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
    """Return the languages of those who may be called now, the most frequent first."""
    due_now = due(campaign_id, now).subquery()
    query = select(Recipient.language, func.count()).where(Recipient.id.in_(select(due_now.c.id)))
    rows = session.execute(query.group_by(Recipient.language).order_by(func.count().desc()))
    return [language for language, _ in rows]
