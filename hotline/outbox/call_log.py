"""The history of a call, in rows: events are added in the transaction that makes them true, and read back as values."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import CallHistoryEvent
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values import call_events
from hotline.values.call_events import HistoryEvent


def record(session: Session, notifier: Notifier, call_id: str, event: HistoryEvent, now: datetime) -> None:
    """Add an event to the call's history, and let the staff pages know once it is committed."""
    record_all(session, notifier, call_id, [event], now)


def record_all(
    session: Session, notifier: Notifier, call_id: str, events: Sequence[HistoryEvent], now: datetime
) -> None:
    """Add several events of a call in their order, in one statement and with one notice."""
    if not events:
        return
    rows = [CallHistoryEvent(call_id=call_id, kind=event.kind, at=now, data=event.data) for event in events]
    session.add_all(rows)
    session.flush()
    notifier.notify_after(session, FLOOR)


def read(row: CallHistoryEvent) -> HistoryEvent | None:
    """Return what a row tells; `None` for a kind that this release does not know."""
    return call_events.read(row.kind, row.data)


def rewrite(row: CallHistoryEvent, event: HistoryEvent) -> None:
    """Put another event in the place of a row that turned out to be wrong."""
    row.kind, row.data = event.kind, event.data
