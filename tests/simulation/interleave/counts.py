"""The figures of the interleavings, counted twice: by the product's own figures, and from events and outcomes."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.models import Call, CallHistoryEvent
from hotline.values.call_events import CallerConnected, PersonRequested
from hotline.values.states.call import CallOutcome, Direction
from reports.service_level import queries

_KINDS = select(CallHistoryEvent.kind, func.count()).group_by(CallHistoryEvent.kind)
_CALLS = (
    select(func.count(CallHistoryEvent.call_id.distinct()))
    .join(Call, Call.id == CallHistoryEvent.call_id)
    .where(Call.direction == Direction.INBOUND)
)
_ENDS = select(func.count()).where(Call.direction == Direction.INBOUND)
_LED_AWAY = _ENDS.where(Call.asked_at.is_not(None), Call.answered_at.is_(None), Call.outcome != CallOutcome.ABANDONED)


def figures(session: Session, began: datetime) -> Iterator[str]:
    """The counters equal the events; everyone who asked is in one of them."""
    counted = queries.since(session, began, 5.0)
    events: dict[str, int] = {}
    for kind, count in session.execute(_KINDS):
        events[kind] = count
    told: dict[str, int | None] = {
        "asked": session.scalar(_CALLS.where(CallHistoryEvent.kind == PersonRequested.kind)),
        "answered": session.scalar(_CALLS.where(CallHistoryEvent.kind == CallerConnected.kind)),
        "offers": events.get("offer_started", 0) - events.get("offer_unreachable", 0),
        "offers_answered": events.get("offer_answered", 0) - events.get("agent_lost", 0),
        "abandoned": session.scalar(_ENDS.where(Call.outcome == CallOutcome.ABANDONED)),
        "call_backs": session.scalar(_LED_AWAY.where(Call.outcome == CallOutcome.CALL_BACK)),
    }
    for name, number in told.items():
        if getattr(counted, name) != number:
            yield f"counter {name} is {getattr(counted, name)}, events say {number}"
    going_on = counted.asked - counted.answered - counted.abandoned - (session.scalar(_LED_AWAY) or 0)
    if counted.waiting != going_on:
        yield f"{counted.waiting} wait, {going_on} were neither answered nor led away nor gave up"
