"""What one agent's page shows at a moment: their own state, who calls them or talks to them, and how many wait."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console import matter_queries
from hotline.models import Agent, Call, Matter, Offer, Queue, Waiting
from hotline.values import WaitingState


@dataclass(frozen=True)
class Caller:
    """Who rings at this agent, or talks to them: the call, its place in line, and the offer that brought them here."""

    call: Call
    queue: Queue
    waiting: Waiting
    offer: Offer
    # Their open matter, where they have one.
    matter: Matter | None = None


@dataclass(frozen=True)
class Desk:
    """One agent's page at `now`; `caller` while an offer holds the agent."""

    now: datetime
    agent: Agent
    caller: Caller | None
    in_line: int


def look(session: Session, agent_id: str, now: datetime) -> Desk | None:
    """The page of this agent; `None` when there is none."""
    agent = session.get(Agent, agent_id)
    if agent is None:
        return None
    waits = select(func.count()).select_from(Waiting).where(Waiting.state == WaitingState.WAITING)
    return Desk(now, agent, _caller(session, agent), session.scalar(waits) or 0)


def _caller(session: Session, agent: Agent) -> Caller | None:
    query = (
        select(Offer, Waiting, Call, Queue)
        .join(Waiting, Waiting.id == Offer.waiting_id)
        .join(Call, Call.id == Offer.call_id)
        .join(Queue, Queue.name == Waiting.queue)
        .where(Offer.id == agent.offer_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    offer, waiting, call, queue = row
    return Caller(call, queue, waiting, offer, matter_queries.of_caller(session, call))
