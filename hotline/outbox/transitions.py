"""Moves of stored statuses, and the events that tell a call's story. The one place that changes a status."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from hotline import log
from hotline.models import Event
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.lifecycles import BY_EVENT, BY_STATUS


def transition(row: Any, event: StrEnum) -> bool:
    """Apply what happened to the status of `row`, and log it; return whether the status changed.

    Raises `IllegalMove` where the lifecycle has no row for the event: a fault of ours. Duplicates have rows.
    """
    lifecycle = BY_EVENT[type(event)]
    source: StrEnum = getattr(row, lifecycle.field)
    target = lifecycle.after(source, event, row)
    if target == source:
        return False
    setattr(row, lifecycle.field, target)
    log.get().debug("status_changed", row=row.__tablename__, row_id=row.id, before=source, after=target, by=event)
    return True


def move(row: Any, target: StrEnum) -> bool:
    """Apply the event that leads to `target`, for callers that decided on the status; return whether it changed.

    Raises `IllegalMove` where no event leads there.
    """
    lifecycle = BY_STATUS[type(target)]
    source = getattr(row, lifecycle.field)
    return source != target and transition(row, lifecycle.event_between(source, target, row))


def tell(session: Session, notifier: Notifier, event: Event) -> Event:
    """Add an event to the story of its call, and let the staff pages know once it is committed."""
    session.add(event)
    session.flush()
    notifier.ring_after(session, FLOOR, f"{event.kind} {event.call_id} {event.id}")
    return event


def tell_all(session: Session, notifier: Notifier, events: Sequence[Event]) -> None:
    """Add several events in their order, in one statement and with one ring of the bell."""
    if not events:
        return
    session.add_all(events)
    session.flush()
    text = "\n".join(f"{event.kind} {event.call_id} {event.id}" for event in events)
    notifier.ring_after(session, FLOOR, text)


def event(call_id: str, kind: str, at: datetime, **data: Any) -> Event:
    """An event of a call: its kind in the field's words, and ids and numbers that explain it (never patient data)."""
    return Event(call_id=call_id, kind=kind, at=at, data=data)
