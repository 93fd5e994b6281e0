"""Queue entries: callers join a queue and leave it. Each function is one transaction, or runs inside its caller's.

The call's row is locked first, always, so that two events of one call never interleave.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.models import Call, QueueEntry
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import (
    PersonRequested,
)
from hotline.values.reason_codes import OfferEndReason, QueueEntryEndReason, TransferEndReason
from hotline.values.states.call import CallEvent
from hotline.values.states.offer import OfferEvent
from hotline.values.states.queue_entry import QueueEntryEvent, QueueEntryState
from routing.calls import conference_service
from routing.errors import UnknownQueue
from routing.offers import service as offer_service
from routing.queues import priority_service as queues_priority
from routing.queues import queries, queues_file


@dataclass(frozen=True)
class QueueRequest:
    """Whom a caller wants: a queue, and where given a skill or priority other than the queue's own."""

    queue: str
    skill: str | None = None
    priority: int | None = None


def join(
    session: Session, notifier: Notifier, settings: Settings, call: Call, request: QueueRequest, now: datetime
) -> QueueEntry:
    """Put the caller in line; asked again, the same place. Raises `UnknownQueue`."""
    entry = queries.open_entry(session, call.id)
    if entry is not None:
        return entry
    queue = queues_file.of(settings).queues.get(request.queue)
    if queue is None:
        raise UnknownQueue(f"no queue {request.queue!r}")
    base = queue.priority if request.priority is None else request.priority
    recognised = queues_priority.recognise(session, settings, call, base, now)
    entry = QueueEntry(
        call_id=call.id,
        queue=queue.name,
        required_skills=queue.levels(call.language, request.skill),
        priority=recognised.priority,
        preferred_agent_id=recognised.preferred_agent_id,
        reasons=list(recognised.reasons),
        asked_at=queues_priority.take_over(session, notifier, call, queue.name, now)
        or _stood(session, call, queue.name)
        or now,
    )
    session.add(entry)
    transitions.transition(call, CallEvent.QUEUED)
    call.queue, call.asked_at = queue.name, call.asked_at or now
    skill = request.skill or next(iter(queue.required_skills), "")
    call_log.record(session, notifier, call.id, PersonRequested(queue=queue.name, skill=skill), now)
    notifier.notify_after(session, ROUTER)
    return entry


def _stood(session: Session, call: Call, queue: str) -> datetime | None:
    """Since when they stood in the line that they left in this call and come back to; `None` for any other."""
    last = queries.latest_entry(session, call.id)
    came_back = last is not None and last.state is QueueEntryState.LEFT and last.queue == queue
    return last.asked_at if last is not None and came_back else None


def position(session: Session, call_id: str) -> int | None:
    """Return the caller's place in line, 1 = next; `None` when they are in none."""
    entry = queries.open_entry(session, call_id)
    return None if entry is None else queries.position(session, entry)


def caller_ended(session: Session, notifier: Notifier, call: Call, now: datetime) -> None:
    """The caller's line has ended: their place is closed and every phone that rings for them stops."""
    conference_service.fail_transfer(session, call.id, TransferEndReason.CALLER_HUNG_UP, now)
    _close(session, notifier, call, QueueEntryEvent.ABANDONED, QueueEntryEndReason.CALLER_HUNG_UP, now)


def leave(session: Session, notifier: Notifier, call: Call, reason: QueueEntryEndReason, now: datetime) -> None:
    """The caller leaves the line but stays on the phone; `reason` says where they go."""
    _close(session, notifier, call, QueueEntryEvent.LEFT, reason, now)


def _close(
    session: Session,
    notifier: Notifier,
    call: Call,
    event: QueueEntryEvent,
    reason: QueueEntryEndReason,
    now: datetime,
) -> None:
    entry = queries.open_entry(session, call.id)
    if entry is None or not transitions.transition(entry, event):
        return
    entry.reason, entry.ended_at = reason, now
    is_gone = reason is QueueEntryEndReason.CALLER_HUNG_UP
    stopped = OfferEndReason.CALLER_HUNG_UP if is_gone else OfferEndReason.CALLER_LEFT
    for offer in queries.live_offers(session, entry.id):
        offer_service.end(session, notifier, offer, OfferEvent.CANCELLED, stopped, now)
    notifier.notify_after(session, ROUTER)
