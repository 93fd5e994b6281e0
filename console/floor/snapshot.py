"""The floor at one moment: who waits, who answers, who talks, and the figures of the day. One read for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.desk import view
from console.floor import warning_signs as alarms
from console.floor.warning_signs import Alarm
from console.web import formatting
from hotline.context import AppContext
from hotline.models import Agent, Call, Offer, Queue, QueueEntry
from hotline.values.reason import Reason
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.offer import LIVE_OFFERS
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from reports.service_level import queries
from reports.service_level.figures import Summary
from routing.estimates import estimated_wait
from routing.estimates.wait import Error

IN_LINE = (QueueEntryState.WAITING, QueueEntryState.WON)
# Those who can be rung come first, those who have gone home last.
_STATES = list(AgentState)
_STATUSES = list(AgentStatus)


@dataclass(frozen=True)
class Ringing:
    """A phone that rings for a caller: whose, and why theirs."""

    agent: Agent
    reasons: list[Reason]


@dataclass(frozen=True)
class Waiter:
    """A caller in line: the place in the queue from 1 (0 while being connected), since when, who is rung for them."""

    call: Call
    queue: Queue
    position: int
    priority: int
    asked_at: datetime
    ringing: list[Ringing]
    reasons: list[Reason]
    requeue_reason: RequeueReason | None
    is_lifted: bool


@dataclass(frozen=True)
class Talk:
    """A call that goes on: in the menu, or with an agent."""

    call: Call
    queue: Queue | None
    agent: Agent | None


@dataclass(frozen=True)
class Snapshot:
    """The floor at `now`."""

    now: datetime
    waiting: list[Waiter]
    agents: list[Agent]
    talks: list[Talk]
    figures: Summary
    queues: list[Queue]
    held: dict[str, view.Caller]
    in_line: int
    # How true the waits were that callers were told today; `None` where nobody was told one and then met somebody.
    wait_error: Error | None = None
    alarms: Sequence[Alarm] = ()


def take(context: AppContext, now: datetime) -> Snapshot:
    """Read the floor."""
    settings = context.settings
    midnight = formatting.midnight(now, ZoneInfo(settings.timezone))
    with context.database.read() as session:
        queues = {queue.name: queue for queue in session.scalars(select(Queue))}
        agents = list(session.scalars(select(Agent).order_by(Agent.staff_number)))
        known = {agent.id: agent for agent in agents}
        waiting = _waiting(session, queues, known)
        return Snapshot(
            now=now,
            waiting=waiting,
            agents=sorted(agents, key=_rank),
            talks=_talks(session, queues, known),
            figures=queries.since(session, midnight, settings.ring_seconds),
            wait_error=estimated_wait.error_since(session, midnight),
            queues=[queues[name] for name in sorted(queues)],
            held=view.callers(session, known),
            in_line=sum(waiter.position > 0 for waiter in waiting),
            alarms=alarms.take(session),
        )


def _waiting(session: Session, queues: dict[str, Queue], agents: dict[str, Agent]) -> list[Waiter]:
    line = (
        select(QueueEntry, Call)
        .join(Call, Call.id == QueueEntry.call_id)
        .where(QueueEntry.state.in_(IN_LINE), QueueEntry.kind == QueueEntryKind.CALLER)
    )
    rows = session.execute(line.order_by(QueueEntry.priority.desc(), QueueEntry.asked_at, QueueEntry.id)).all()
    ringing = _ringing(session, agents)
    places: dict[str, int] = {}
    waiters = []
    for waiting, call in rows:
        is_won = waiting.state is QueueEntryState.WON
        places[waiting.queue] = places.get(waiting.queue, 0) + (not is_won)
        waiters.append(
            Waiter(
                call=call,
                queue=queues[waiting.queue],
                position=0 if is_won else places[waiting.queue],
                priority=waiting.priority,
                asked_at=waiting.asked_at,
                ringing=ringing.get(waiting.id, []),
                reasons=list(waiting.reasons),
                requeue_reason=waiting.requeue_reason,
                is_lifted=waiting.is_lifted,
            )
        )
    return waiters


def _ringing(session: Session, agents: dict[str, Agent]) -> dict[str, list[Ringing]]:
    found: dict[str, list[Ringing]] = {}
    live = select(Offer.queue_entry_id, Offer.agent_id, Offer.reasons).where(Offer.state.in_(LIVE_OFFERS))
    for queue_entry_id, agent_id, reasons in session.execute(live.order_by(Offer.started_at)):
        found.setdefault(queue_entry_id, []).append(Ringing(agents[agent_id], list(reasons)))
    return found


def _talks(session: Session, queues: dict[str, Queue], agents: dict[str, Agent]) -> list[Talk]:
    going_on = select(Call).where(Call.status.in_([CallStatus.TALKING, CallStatus.IN_MENU]))
    calls = session.scalars(going_on.order_by(Call.started_at))
    return [Talk(call, queues.get(call.queue or ""), agents.get(call.agent_id or "")) for call in calls]


def _rank(agent: Agent) -> tuple[int, int, str]:
    return _STATUSES.index(agent.status), _STATES.index(agent.state), agent.staff_number
