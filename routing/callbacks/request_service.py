"""Callbacks as callers ask for them: they leave the queue and keep their position. In the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import Call, Callback, QueueEntry
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import (
    CallbackCancelled,
    CallbackDone,
    CallbackFailed,
    CallbackRequested,
    CallerRequeued,
    HistoryEvent,
)
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.reason_codes import CallbackReason, QueueEntryEndReason
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.callback import CallbackEvent, CallbackState
from hotline.values.states.queue_entry import QueueEntryState
from routing.callbacks.queries import open_of
from routing.queues import queries, service

ENDED_BY: dict[CallbackEvent, type[HistoryEvent]] = {
    CallbackEvent.MET: CallbackDone,
    CallbackEvent.GIVEN_UP: CallbackFailed,
    CallbackEvent.CANCELLED: CallbackCancelled,
}


def request(session: Session, notifier: Notifier, call: Call, number: PhoneNumber, now: datetime) -> Callback | None:
    """The caller leaves the line and is called back at `number`; asked again, that number for the same callback.

    `None` where they are in no line, or on their way to an agent already.
    """
    found = open_of(session, call.id)
    if found is not None:
        if found.state is CallbackState.WAITING:
            found.number = number.e164
        return found
    entry = queries.open_entry(session, call.id) or queries.latest_entry(session, call.id)
    if entry is None or entry.state not in {QueueEntryState.WAITING, QueueEntryState.LEFT}:
        return None
    callback = _row(call, entry, number, now)
    session.add(callback)
    service.leave(session, notifier, call, QueueEntryEndReason.CALLBACK, now)
    if call.status is CallStatus.WAITING:
        transitions.transition(call, CallEvent.LEFT_QUEUE)
    call.outcome = CallOutcome.CALL_BACK
    call_log.record(session, notifier, call.id, CallbackRequested(queue=entry.queue), now)
    return callback


def _row(call: Call, entry: QueueEntry, number: PhoneNumber, now: datetime) -> Callback:
    return Callback(
        call_id=call.id,
        number=number.e164,
        language=call.language,
        intent=call.intent,
        queue=entry.queue,
        required_skills=entry.required_skills,
        priority=entry.priority,
        preferred_agent_id=entry.preferred_agent_id,
        reasons=entry.reasons,
        asked_at=entry.asked_at,
        state=CallbackState.WAITING,
        tries=0,
        due_at=now,
        requested_at=now,
    )


def withdraw(session: Session, notifier: Notifier, call: Call, now: datetime) -> None:
    """The caller would rather wait: the callback is off, and they stand where they stood."""
    found = open_of(session, call.id)
    if found is not None and found.state is CallbackState.WAITING:
        end(session, notifier, found, CallbackEvent.CANCELLED, CallbackReason.CALLER_STAYED, now)
    rejoin(session, notifier, call, now)


def step_out(session: Session, notifier: Notifier, call: Call, now: datetime) -> bool:
    """The caller leaves the line for something else, and may come back; not on the way to an agent: then `False`."""
    entry = queries.open_entry(session, call.id)
    if entry is None or entry.state is not QueueEntryState.WAITING:
        return False
    service.leave(session, notifier, call, QueueEntryEndReason.MESSAGE, now)
    transitions.transition(call, CallEvent.LEFT_QUEUE)
    session.flush()
    return True


def rejoin(session: Session, notifier: Notifier, call: Call, now: datetime) -> QueueEntry | None:
    """Put a caller who left the line back to their old place; `None` where they have none to go back to."""
    if queries.open_entry(session, call.id) is not None:
        return None
    last = queries.latest_entry(session, call.id)
    may_come_back = call.status in {CallStatus.IN_MENU, CallStatus.WAITING}
    if last is None or last.state is not QueueEntryState.LEFT or not may_come_back:
        return None
    again = entry_like(call.id, last)
    again.overflowed, again.only_agent_id = list(last.overflowed), last.only_agent_id
    call.outcome = None
    return enqueue(session, notifier, call, again, now)


def end(
    session: Session,
    notifier: Notifier,
    callback: Callback,
    event: CallbackEvent,
    reason: CallbackReason | None,
    now: datetime,
) -> None:
    transitions.transition(callback, event)
    callback.reason, callback.ended_at, callback.reserved_agent_id = reason, now, None
    call_log.record(session, notifier, callback.call_id, ENDED_BY[event](), now)
    notifier.notify_after(session, ROUTER)


def entry_like(call_id: str, old: QueueEntry | Callback) -> QueueEntry:
    return QueueEntry(
        call_id=call_id,
        queue=old.queue,
        required_skills=old.required_skills,
        priority=old.priority,
        preferred_agent_id=old.preferred_agent_id,
        reasons=old.reasons,
        asked_at=old.asked_at,
    )


def enqueue(session: Session, notifier: Notifier, call: Call, entry: QueueEntry, now: datetime) -> QueueEntry:
    session.add(entry)
    transitions.transition(call, CallEvent.QUEUED)
    call.queue = entry.queue
    call_log.record(session, notifier, call.id, CallerRequeued(queue=entry.queue), now)
    notifier.notify_after(session, ROUTER)
    return entry
