"""The floor as the ladder sees it: who waits, who can be rung, which phones ring, how soon agents answer.

Columns instead of rows: it is read at every pass of the router.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from hotline.models import Agent, AgentSkill, Offer, QueueEntry
from hotline.values.reason import Reason
from hotline.values.reason_codes import AgentStateReason, OfferReason, PriorityReason, RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.offer import LIVE_OFFERS, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from routing.agents import presence
from routing.ladder import answer_times, candidates, floor_state
from routing.ladder.answer_curve import RingOutcome
from routing.ladder.answer_times import AnswerHabit
from routing.ladder.unreachable import ReachableSkills
from routing.queues.queue_groups import QueueGroups, levels_asked
from routing.queues.queues import HELPERS, OverflowRule, Queue, QueueRules

Columns = Row[*tuple[Any, ...]]
# Why an agent goes first for a caller who talked to somebody already.
PREFERRED_AGAIN = {
    RequeueReason.TRANSFER: Reason(OfferReason.ASKED_BY_COLLEAGUE),
    RequeueReason.RETURNED: Reason(OfferReason.TRANSFERRED_BEFORE),
    RequeueReason.LINE_LOST: Reason(OfferReason.LOST_THE_CALLER),
}
# How many of the latest offers habits are learned from, over all agents; and which: a telephone that could not be
# reached tells nothing of its owner.
OFFERS_READ = 4000
TELLING = frozenset({OfferState.ANSWERED, OfferState.MISSED, OfferState.REJECTED, OfferState.CANCELLED})
HAVE_LET_RING = frozenset({OfferState.MISSED, OfferState.REJECTED})

_IN_LINE = select(QueueEntry).where(QueueEntry.state == QueueEntryState.WAITING)
_AGENTS = select(
    Agent.id,
    Agent.state,
    Agent.state_reason,
    Agent.state_since,
    Agent.status,
    Agent.is_present,
    Agent.absence_reason,
    Agent.presence_since,
)
_LEVELS = select(AgentSkill.agent_id, AgentSkill.skill, AgentSkill.level)
_MADE = (
    select(Offer.queue_entry_id, Offer.agent_id, Offer.state, Offer.ringing_at, Offer.started_at)
    .join(QueueEntry, QueueEntry.id == Offer.queue_entry_id)
    .where(QueueEntry.state == QueueEntryState.WAITING)
)
_RINGING = (
    select(
        Offer.id,
        Offer.queue_entry_id,
        Offer.agent_id,
        Offer.started_at,
        Offer.ringing_at,
        Offer.rings,
        Offer.is_last_resort,
        QueueEntry.priority,
    )
    .join(QueueEntry, QueueEntry.id == Offer.queue_entry_id)
    .where(Offer.state.in_(LIVE_OFFERS))
)
_RANG = (
    select(Offer.agent_id, Offer.state, Offer.ringing_at, Offer.answered_at, Offer.ended_at)
    .where(Offer.state.in_(TELLING), Offer.ringing_at.is_not(None))
    .order_by(Offer.id.desc())
    .limit(OFFERS_READ)
)


def floor_state_of(
    session: Session, rules: QueueRules, now: datetime, known: Mapping[str, AnswerHabit] = MappingProxyType({})
) -> floor_state.FloorState:
    """Return the floor at `now`, as values; `known` are the agents' habits, as `habits_of` learned them."""
    entry = session.scalars(_IN_LINE).all()
    ringing = session.execute(_RINGING).all()
    if not entry and not ringing:
        return floor_state.FloorState((), (), (), asked=levels_asked(rules))
    levels = _levels(session)
    offers = _made(session)
    lines = QueueGroups(rules)
    agents = session.execute(_AGENTS).all()
    reach = ReachableSkills(levels.get(row.id, {}) for row in agents if _can_be_reached(row, now))
    return floor_state.FloorState(
        agents=tuple(_free(agents, levels, known)),
        callers=tuple(reach.hasten(_caller(row, rules, lines, offers[row.id])) for row in entry),
        offers=tuple(_ringing(row, levels, known) for row in ringing),
        asked=levels_asked(rules),
    )


def habits_of(session: Session) -> dict[str, AnswerHabit]:
    """Return how soon and how often each agent answers, from the latest offers of all."""
    offers: dict[str, list[RingOutcome]] = defaultdict(list)
    for agent_id, state, ringing_at, answered_at, ended_at in session.execute(_RANG):
        end = answered_at if state is OfferState.ANSWERED else ended_at
        if ringing_at is not None and end is not None:
            offers[agent_id].append(RingOutcome((end - ringing_at).total_seconds(), state is OfferState.ANSWERED))
    return answer_times.learn(offers)


def _levels(session: Session) -> dict[str, dict[str, int]]:
    levels: dict[str, dict[str, int]] = defaultdict(dict)
    for agent_id, skill, level in session.execute(_LEVELS):
        levels[agent_id][skill] = level
    return levels


def _made(session: Session) -> dict[str, list[Columns]]:
    """Return every offer of those who wait, by their place."""
    made: dict[str, list[Columns]] = defaultdict(list)
    for row in session.execute(_MADE):
        made[row.queue_entry_id].append(row)
    return made


def _free(
    agents: Iterable[Columns], levels: Mapping[str, dict[str, int]], known: Mapping[str, AnswerHabit]
) -> Iterable[candidates.Candidate]:
    """Yield the agents who can be rung."""
    for agent in agents:
        aside = agent.state is AgentState.NOT_READY and agent.state_reason is AgentStateReason.RING_NO_ANSWER
        if agent.is_present and agent.status is AgentStatus.AVAILABLE and (aside or agent.state is AgentState.IDLE):
            skills = levels.get(agent.id, {})
            habit = known.get(agent.id, answer_times.UNKNOWN)
            yield candidates.Candidate(agent.id, skills, agent.state_since, habit.answers_in, aside, habit.curve)


def _can_be_reached(agent: Columns, now: datetime) -> bool:
    """Return whether they are there, or may be back any moment; who talks is, whatever their telephone is said to
    do.
    """
    is_there = agent.is_present or agent.state is AgentState.TALKING
    return is_there or presence.may_return(agent.absence_reason, agent.presence_since, now)


def _caller(row: QueueEntry, rules: QueueRules, lines: QueueGroups, offers: list[Columns]) -> floor_state.QueuedCaller:
    queue = rules.queue(row.queue)
    if row.only_agent_id is not None:
        return _for_one(row, queue, offers)
    line = lines.of(row.queue, row.required_skills)
    return floor_state.QueuedCaller(
        id=row.id,
        required_skills=line.required_skills,
        priority=row.priority,
        asked_at=row.asked_at,
        rings=line.rings,
        prefers=line.prefers,
        ladder=line.ladder,
        overflow_queues=line.overflow_queues,
        overflow_rules=() if row.kind is QueueEntryKind.CONSULT else tuple(_exits(row, queue)),
        preferred_agent_id=row.preferred_agent_id,
        because=_because(row),
        first_rung_at=_first_rung_at(offers),
        tried=frozenset(offer.agent_id for offer in offers if offer.state in HAVE_LET_RING),
    )


def _because(row: QueueEntry) -> Reason:
    """Return why the preferred agent is the one."""
    again = None if row.requeue_reason is None else PREFERRED_AGAIN.get(row.requeue_reason)
    owned = (reason for reason in row.reasons if reason.code is PriorityReason.CASE_OWNER)
    return again or next(owned, floor_state.PREFERRED)


def _first_rung_at(offers: Iterable[Columns]) -> datetime | None:
    rang = (offer for offer in offers if offer.state is not OfferState.UNREACHABLE)
    return min((offer.ringing_at or offer.started_at for offer in rang), default=None)


def _exits(row: QueueEntry, queue: Queue) -> Iterable[OverflowRule]:
    return (way for way in queue.overflow if way.kind not in HELPERS and way.kind not in row.overflowed)


def _for_one(row: QueueEntry, queue: Queue, offers: list[Columns]) -> floor_state.QueuedCaller:
    """Return a caller for one certain agent: nobody else is rung, nothing else follows."""
    return floor_state.QueuedCaller(
        id=row.id,
        required_skills=candidates.NOTHING,
        priority=row.priority,
        asked_at=row.asked_at,
        rings=queue.rings,
        preferred_agent_id=row.preferred_agent_id,
        only_agent_id=row.only_agent_id,
        because=PREFERRED_AGAIN[RequeueReason.TRANSFER],
        first_rung_at=_first_rung_at(offers),
    )


def _ringing(
    row: Columns, levels: Mapping[str, Mapping[str, int]], known: Mapping[str, AnswerHabit]
) -> floor_state.LiveOffer:
    habit = known.get(row.agent_id, answer_times.UNKNOWN)
    return floor_state.LiveOffer(
        row.id,
        row.queue_entry_id,
        row.agent_id,
        row.started_at,
        row.ringing_at,
        row.rings,
        row.priority,
        levels.get(row.agent_id, {}),
        row.is_last_resort,
        habit.answers_in,
        habit.curve,
    )
