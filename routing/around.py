"""The floor as expected waits and call-backs see it: who waits, who is to be called back, when agents will be free."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Callback, Offer, Waiting
from hotline.values import AgentState, AgentStatus, CallbackState, CallStatus, OfferState, WaitingState
from routing import wait
from routing.callbacks import Promise
from routing.wait import Hand, Place

# The answered offers that handling times are taken from, at most.
OFFERS_READ = 300
AT_WORK = (AgentStatus.AVAILABLE,)


@dataclass(frozen=True)
class Around:
    """What a walk through the line needs."""

    waiting: tuple[Place, ...]
    promises: tuple[Promise, ...]
    hands: tuple[Hand, ...]
    handle_seconds: float

    @property
    def line(self) -> tuple[Place, ...]:
        """Everyone who is to be served: in line, and to be called back."""
        return (*self.waiting, *(promise.place for promise in self.promises))


def look(session: Session, now: datetime) -> Around:
    """The present floor."""
    seconds = handle_seconds(session, now)
    return Around(waiting(session), promises(session), tuple(_hands(session, seconds, now)), seconds)


def waiting(session: Session) -> tuple[Place, ...]:
    """Callers in line for whom nobody has answered yet."""
    rows = session.scalars(select(Waiting).where(Waiting.state == WaitingState.WAITING))
    return tuple(Place(row.id, row.wish, row.priority, row.asked_at, row.preferred_agent_id) for row in rows)


def promises(session: Session) -> tuple[Promise, ...]:
    """Call-backs that are to come about: their caller has hung up, and is not on the line again yet."""
    query = (
        select(Callback)
        .join(Call, Call.id == Callback.call_id)
        .where(
            Callback.state.in_([CallbackState.WAITING, CallbackState.DIALLING]),
            Call.status == CallStatus.ENDED,
        )
    )
    return tuple(_promise(row) for row in session.scalars(query))


def _promise(row: Callback) -> Promise:
    place = Place(row.id, row.wish, row.priority, row.asked_at, row.preferred_agent_id)
    dialled_at = row.dialled_at if row.state is CallbackState.DIALLING else None
    return Promise(place, row.due_at, dialled_at, row.held_agent_id)


def handle_seconds(session: Session, now: datetime) -> float:
    """How long agents are taken by a caller, from their latest conversations."""
    query = (
        select(Offer.answered_at, Offer.ended_at)
        .where(Offer.state == OfferState.ANSWERED, Offer.ended_at > now - timedelta(days=1))
        .order_by(Offer.ended_at.desc())
        .limit(OFFERS_READ)
    )
    rows = [(start, end) for start, end in session.execute(query) if start is not None and end is not None]
    hour = now - timedelta(hours=1)
    return wait.handle_seconds(_seconds((s, e) for s, e in rows if e > hour), _seconds(rows))


def _seconds(rows: Iterable[tuple[datetime, datetime]]) -> list[float]:
    return [(end - start).total_seconds() for start, end in rows]


def _hands(session: Session, mean: float, now: datetime) -> Iterable[Hand]:
    answered = select(Offer.agent_id, Offer.answered_at).where(
        Offer.state == OfferState.ANSWERED, Offer.ended_at.is_(None), Offer.answered_at.is_not(None)
    )
    since = {row.agent_id: row.answered_at for row in session.execute(answered)}
    for agent in session.scalars(select(Agent).where(Agent.status.in_(AT_WORK))):
        skills = {skill.skill: skill.level for skill in agent.skills}
        is_sure = agent.state not in {AgentState.TALKING, AgentState.OFFERED}
        yield Hand(agent.id, skills, _free_in(agent, since.get(agent.id), mean, now), is_sure)


def _free_in(agent: Agent, talks_since: datetime | None, mean: float, now: datetime) -> float:
    if agent.state is AgentState.TALKING:
        return wait.free_in((now - (talks_since or agent.state_since)).total_seconds(), mean)
    if agent.state_until is not None and agent.state in {AgentState.WRAP_UP, AgentState.SET_ASIDE}:
        return max(0.0, (agent.state_until - now).total_seconds())
    return 0.0
