"""Moves of stored statuses, and the events that tell a call's story. The one place that changes a status."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from hotline.errors import IllegalMove
from hotline.models import Event
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.moves import may_move


def move(row: Any, end: StrEnum, field: str = "state") -> bool:
    """Take the status in `field` of `row` to `end`; whether it changed.

    Raises `IllegalMove` where the table of this status does not lead there.
    """
    start: StrEnum = getattr(row, field)
    if not may_move(start, end):
        raise IllegalMove(f"{type(row).__name__}.{field}: {start} does not lead to {end}")
    setattr(row, field, end)
    return start != end


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
