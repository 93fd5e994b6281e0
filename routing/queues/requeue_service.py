"""Back in line: callers who talked to somebody already and need a person again go to the front, once more asked for.

Front means one above their own priority: before everyone of equal urgency, behind whoever is more urgent. Each function
runs inside its caller's transaction, which holds the call.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.models import Call, QueueEntry
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import CallerRequeued
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.call import CallEvent
from hotline.values.states.queue_entry import QueueEntryKind

# A call whose lines are lost more often than this waits where it stood: something else is wrong with it.
MOST_FRONTS = 2


@dataclass(frozen=True)
class RequeueTarget:
    """For whom the caller waits now: by default whom they waited for before."""

    why: RequeueReason
    queue: str | None = None
    required_skills: dict[str, int] | None = None
    # This agent and nobody else.
    only_agent_id: str | None = None
    preferred_agent_id: str | None = None
    priority: int | None = None


def usual_entry(session: Session, call_id: str) -> QueueEntry:
    """Return the caller's newest place in line that asked for skills and not for one certain agent."""
    query = select(QueueEntry).where(QueueEntry.call_id == call_id, QueueEntry.kind == QueueEntryKind.CALLER)
    entries = session.scalars(query.order_by(QueueEntry.id.desc())).all()
    return next((entry for entry in entries if entry.only_agent_id is None), entries[-1])


def times_lost(session: Session, call_id: str) -> int:
    """Return how often an agent's line was lost in this call already."""
    lost = select(func.count()).where(
        QueueEntry.call_id == call_id, QueueEntry.requeue_reason == RequeueReason.LINE_LOST
    )
    return session.scalar(lost) or 0


def own_priority(entry: QueueEntry) -> int:
    """Return the caller's priority without the step to the front."""
    return entry.priority - entry.is_at_front


def requeue(session: Session, notifier: Notifier, call: Call, aim: RequeueTarget, now: datetime) -> QueueEntry:
    """Put the caller, who is somewhere in a room, in line again; the router leads them there."""
    last = usual_entry(session, call.id)
    is_at_front = aim.why is not RequeueReason.LINE_LOST or times_lost(session, call.id) < MOST_FRONTS
    entry = QueueEntry(
        call_id=call.id,
        queue=aim.queue or last.queue,
        required_skills=aim.required_skills or last.required_skills,
        priority=(own_priority(last) if aim.priority is None else aim.priority) + is_at_front,
        is_at_front=is_at_front,
        requeue_reason=aim.why,
        only_agent_id=aim.only_agent_id,
        preferred_agent_id=aim.preferred_agent_id,
        asked_at=now,
        sent_to_conference_at=now,
    )
    session.add(entry)
    transitions.transition(call, CallEvent.QUEUED)
    call.is_held, call.queue = False, entry.queue
    session.flush()
    call_log.record(session, notifier, call.id, CallerRequeued(queue=entry.queue, why=aim.why), now)
    notifier.notify_after(session, ROUTER)
    return entry
