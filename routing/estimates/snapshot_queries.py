"""The floor as expected waits and callbacks see it: who waits, who is to be called back, when agents will be free."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from hotline.models import Agent, AgentSkill, Call, Callback, Offer, QueueEntry
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from routing.callbacks.due import PendingCallback
from routing.estimates import recent_times, wait
from routing.estimates.recent_times import PastWait, RecentTimes
from routing.estimates.wait import AgentAvailability, OverflowHelp, WaitingEntry
from routing.queues.queue_fields import WRAP_UP_SECONDS
from routing.queues.queue_groups import QueueGroups
from routing.queues.queues import OverflowRule, QueueRules

# The answered offers that handling times are taken from, at most.
OFFERS_READ = 300
# The latest waits of which is learned how patient callers are and how true estimates were, at most.
LATEST_WAITS = 300
DAY = timedelta(days=1)
# How a wait ends that was one: with a person, or without.
ENDED = frozenset({QueueEntryState.CONNECTED, QueueEntryState.ABANDONED, QueueEntryState.LEFT})
BUSY = frozenset({AgentState.TALKING, AgentState.OFFERED})
_OTHER = aliased(Call)
_IS_CALLING = (
    select(_OTHER.id)
    .where(_OTHER.caller_index == Call.caller_index, _OTHER.status != CallStatus.ENDED)
    .correlate(Call)
    .exists()
)
_IS_CALLING_WHO_ASKED = select(Call.id).where(Call.id == bindparam("call_id"), _IS_CALLING)
_PROMISES = (
    select(Callback, _IS_CALLING)
    .join(Call, Call.id == Callback.call_id)
    .where(
        Callback.state.in_([CallbackState.WAITING, CallbackState.DIALLING]),
        Call.status == CallStatus.ENDED,
    )
)


@dataclass(frozen=True)
class QueueSnapshot:
    """What a walk through the line needs."""

    waiting_entries: tuple[WaitingEntry, ...]
    pending_callbacks: tuple[PendingCallback, ...]
    hands: tuple[AgentAvailability, ...]
    handle_seconds: float

    @property
    def line(self) -> tuple[WaitingEntry, ...]:
        """Everyone who is to be served: in line, and to be called back."""
        return (*self.waiting_entries, *(callback.place for callback in self.pending_callbacks))


def take(session: Session, now: datetime) -> QueueSnapshot:
    """Return the present floor."""
    seconds = wait.handle_seconds(*conversations(session, now))
    return QueueSnapshot(
        waiting_entries(session), pending_callbacks(session), tuple(_hands(session, seconds, now)), seconds
    )


def recent_times_of(session: Session, now: datetime) -> RecentTimes:
    """Return how conversations and callers were of late."""
    query = (
        select(QueueEntry.state, QueueEntry.announced_at, QueueEntry.ended_at, QueueEntry.estimated_seconds)
        .where(QueueEntry.announced_at > now - DAY, QueueEntry.state.in_(ENDED), QueueEntry.ended_at.is_not(None))
        .order_by(QueueEntry.id.desc())
        .limit(LATEST_WAITS)
    )
    waits = [
        PastWait((end - start).total_seconds(), state is QueueEntryState.CONNECTED, estimated)
        for state, start, end, estimated in session.execute(query)
        if start is not None and end is not None
    ]
    return recent_times.learn(*conversations(session, now), waits, WRAP_UP_SECONDS)


def with_overflow(
    places: Iterable[WaitingEntry], rules: QueueRules, ring_seconds: float, now: datetime
) -> Iterable[WaitingEntry]:
    """Yield the places with the queues that help them, by these rules."""
    lines = QueueGroups(rules)
    for place in places:
        is_helped = place.queue in rules.queues and place.only_agent_id is None
        overflow_queues = lines.of(place.queue, place.required_skills).overflow_queues if is_helped else ()
        waited = (now - place.asked_at).total_seconds()
        yield replace(
            place,
            helps=tuple(
                OverflowHelp(_after(way, ring_seconds) - waited, required_skills)
                for way, required_skills in overflow_queues
            ),
        )


def _after(way: OverflowRule, ring_seconds: float) -> float:
    return way.after_rings * ring_seconds if way.after is None else way.after.total_seconds()


def waiting_entries(session: Session) -> tuple[WaitingEntry, ...]:
    """Callers in line for whom nobody has answered yet."""
    # Columns instead of rows: every prompt in line asks for all of them.
    columns = (
        QueueEntry.id,
        QueueEntry.required_skills,
        QueueEntry.priority,
        QueueEntry.asked_at,
        QueueEntry.preferred_agent_id,
        QueueEntry.queue,
        QueueEntry.only_agent_id,
    )
    rows = session.execute(select(*columns).where(QueueEntry.state == QueueEntryState.WAITING))
    return tuple(WaitingEntry(*row[:-1], only_agent_id=row.only_agent_id) for row in rows)


def pending_callbacks(session: Session) -> tuple[PendingCallback, ...]:
    """Callbacks that are to come about: their caller has hung up, and is not on the line again yet."""
    return tuple(_promise(row, is_calling=is_calling) for row, is_calling in session.execute(_PROMISES))


def is_calling(session: Session, callback: Callback) -> bool:
    """Return whether the patient is on the line themselves, for something else: nobody dials them meanwhile."""
    return session.scalar(_IS_CALLING_WHO_ASKED, {"call_id": callback.call_id}) is not None


def _promise(row: Callback, *, is_calling: bool) -> PendingCallback:
    place = WaitingEntry(row.id, row.required_skills, row.priority, row.asked_at, row.preferred_agent_id)
    dialled_at = row.dialled_at if row.state is CallbackState.DIALLING else None
    return PendingCallback(place, row.due_at, dialled_at, row.reserved_agent_id, is_calling)


def conversations(session: Session, now: datetime) -> tuple[list[float], list[float]]:
    """Return how long the latest conversations lasted: those of the last hour, and of the last day."""
    query = (
        select(Offer.answered_at, Offer.ended_at)
        .where(Offer.state == OfferState.ANSWERED, Offer.ended_at > now - DAY)
        .order_by(Offer.ended_at.desc())
        .limit(OFFERS_READ)
    )
    rows = [(start, end) for start, end in session.execute(query) if start is not None and end is not None]
    hour = now - timedelta(hours=1)
    return _seconds((s, e) for s, e in rows if e > hour), _seconds(rows)


def _seconds(rows: Iterable[tuple[datetime, datetime]]) -> list[float]:
    return [(end - start).total_seconds() for start, end in rows]


def _hands(session: Session, mean: float, now: datetime) -> Iterable[AgentAvailability]:
    answered = select(Offer.agent_id, Offer.answered_at).where(
        Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None), Offer.answered_at.is_not(None)
    )
    since = {row.agent_id: row.answered_at for row in session.execute(answered)}
    at_work = (Agent.status == AgentStatus.AVAILABLE) & (Agent.is_present | (Agent.state == AgentState.TALKING))
    skills: dict[str, dict[str, int]] = defaultdict(dict)
    held = select(AgentSkill.agent_id, AgentSkill.skill, AgentSkill.level).join(Agent, Agent.id == AgentSkill.agent_id)
    for agent_id, skill, level in session.execute(held.where(at_work)):
        skills[agent_id][skill] = level
    states = select(Agent.id, Agent.state, Agent.state_since, Agent.state_until).where(at_work)
    for agent_id, state, state_since, until in session.execute(states):
        talks = (now - (since.get(agent_id) or state_since)).total_seconds() if state is AgentState.TALKING else None
        left = 0.0 if until is None else (until - now).total_seconds()
        yield AgentAvailability(
            agent_id, skills[agent_id], _free_in(state, talks, left, mean), state not in BUSY, talks
        )


def _free_in(state: AgentState, talks: float | None, left: float, mean: float) -> float:
    """In how many seconds an agent is free: who talks probably, who wraps up or is set aside when that ends."""
    if talks is not None:
        return wait.free_in(talks, mean)
    return max(0.0, left) if state in {AgentState.WRAP_UP, AgentState.NOT_READY} else 0.0
