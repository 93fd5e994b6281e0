"""The floor at one moment: who waits, who answers, who talks, and the figures of the day. One read for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from console.desk import view
from console.floor import warning_signs as alarms
from console.floor.warning_signs import UnansweredSign
from console.web import formatting
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.values.reason import Reason
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.queue_entry import QueueEntryState
from reports.service_level import queries
from reports.service_level.figures import ServiceFigures
from routing.agents import queries as agent_queries
from routing.calls import queries as call_queries
from routing.estimates import estimated_wait_queries
from routing.estimates.wait import WaitError
from routing.queues import queries as queue_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Agent, Call, Queue

# Those who can be rung come first, those who have gone home last.
_STATES = list(AgentState)
_STATUSES = list(AgentStatus)


@dataclass(frozen=True)
class RingingPhone:
    """A phone that rings for a caller: whose, and why theirs."""

    agent: Agent
    reasons: list[Reason]


@dataclass(frozen=True)
class WaitingCaller:
    """A caller in line: the place in the queue from 1 (0 while being connected), since when, who is rung for them."""

    call: Call
    queue: Queue
    position: int
    priority: int
    asked_at: datetime
    ringing: list[RingingPhone]
    reasons: list[Reason]
    requeue_reason: RequeueReason | None
    is_at_front: bool


@dataclass(frozen=True)
class OngoingCall:
    """A call that goes on: in the menu, or with an agent."""

    call: Call
    queue: Queue | None
    agent: Agent | None


@dataclass(frozen=True)
class FloorSnapshot:
    """The floor at `now`."""

    now: datetime
    waiting: list[WaitingCaller]
    agents: list[Agent]
    talks: list[OngoingCall]
    figures: ServiceFigures
    queues: list[Queue]
    held: dict[str, view.Caller]
    in_line: int
    # How true the waits were that callers were told today; `None` where nobody was told one and then met somebody.
    wait_error: WaitError | None = None
    alarms: Sequence[UnansweredSign] = ()


def take(database: Database, settings: Settings, now: datetime) -> FloorSnapshot:
    """Read the floor."""
    midnight = formatting.midnight(now, ZoneInfo(settings.timezone))
    with database.read() as session:
        queues = {queue.name: queue for queue in queue_queries.queues(session)}
        agents = agent_queries.everyone(session)
        known = {agent.id: agent for agent in agents}
        waiting = _waiting(session, queues, known)
        return FloorSnapshot(
            now=now,
            waiting=waiting,
            agents=sorted(agents, key=_rank),
            talks=_talks(session, queues, known),
            figures=queries.since(session, midnight, settings.ring_seconds),
            wait_error=estimated_wait_queries.error_since(session, midnight),
            queues=[queues[name] for name in sorted(queues)],
            held=view.callers(session, known),
            in_line=sum(waiter.position > 0 for waiter in waiting),
            alarms=alarms.take(session),
        )


def _waiting(session: Session, queues: dict[str, Queue], agents: dict[str, Agent]) -> list[WaitingCaller]:
    ringing = _ringing(session, agents)
    places: dict[str, int] = {}
    waiters = []
    for waiting, call in queue_queries.open_entries(session):
        is_won = waiting.state is QueueEntryState.WON
        places[waiting.queue] = places.get(waiting.queue, 0) + (not is_won)
        waiters.append(
            WaitingCaller(
                call=call,
                queue=queues[waiting.queue],
                position=0 if is_won else places[waiting.queue],
                priority=waiting.priority,
                asked_at=waiting.asked_at,
                ringing=ringing.get(waiting.id, []),
                reasons=list(waiting.reasons),
                requeue_reason=waiting.requeue_reason,
                is_at_front=waiting.is_at_front,
            )
        )
    return waiters


def _ringing(session: Session, agents: dict[str, Agent]) -> dict[str, list[RingingPhone]]:
    found: dict[str, list[RingingPhone]] = {}
    for offer in queue_queries.ringing(session):
        found.setdefault(offer.queue_entry_id, []).append(RingingPhone(agents[offer.agent_id], list(offer.reasons)))
    return found


def _talks(session: Session, queues: dict[str, Queue], agents: dict[str, Agent]) -> list[OngoingCall]:
    return [
        OngoingCall(call, queues.get(call.queue or ""), agents.get(call.agent_id or ""))
        for call in call_queries.going_on(session)
    ]


def _rank(agent: Agent) -> tuple[int, int, str]:
    return _STATUSES.index(agent.status), _STATES.index(agent.state), agent.staff_number
