"""The rows that the figures count: a few columns of calls and what was done for them, nothing of patients."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from hotline.models import Call, Callback, Offer, QueueEntry
from hotline.values.states.callback import CallbackState
from reports.service_level.figures import (
    TARGET_RINGS,
    CallbackTimes,
    CallTimes,
    CountedCalls,
    OfferTimes,
    ServiceFigures,
    summary,
)

CALL = (Call.id, Call.direction, Call.queue, Call.outcome, Call.asked_at, Call.answered_at, Call.ended_at)
OFFER = (
    Offer.call_id,
    Offer.agent_id,
    Offer.overflow_queue,
    Offer.state,
    Offer.started_at,
    Offer.ringing_at,
    Offer.answered_at,
)


def between(session: Session, start: datetime, end: datetime | None = None) -> CountedCalls:
    """All calls that began at `start` or later and before `end`, both ways, and what was done for them."""
    began = Call.started_at >= start if end is None else (Call.started_at >= start) & (Call.started_at < end)
    offers = select(*OFFER).join(Call, Call.id == Offer.call_id).where(began)
    return CountedCalls(
        cast("Sequence[CallTimes]", session.execute(select(*CALL).where(began)).all()),
        cast("Sequence[OfferTimes]", session.execute(offers).all()),
        cast("Sequence[CallbackTimes]", session.execute(_callbacks(began)).all()),
        _led_out(session, began),
    )


def _callbacks(began: ColumnElement[bool]) -> Select[str, str | None, CallbackState]:
    query = select(Callback.call_id, Callback.outbound_call_id, Callback.state)
    return query.join(Call, Call.id == Callback.call_id).where(began)


def _led_out(session: Session, began: ColumnElement[bool]) -> frozenset[str]:
    query = select(QueueEntry.call_id, QueueEntry.overflowed).join(Call, Call.id == QueueEntry.call_id).where(began)
    return frozenset(call_id for call_id, overflowed in session.execute(query) if overflowed)


def since(session: Session, start: datetime, ring_seconds: float, rings: float = TARGET_RINGS) -> ServiceFigures:
    """The figures of all calls that began at `start` or later, and of the offers made for them."""
    return summary(between(session, start), ring_seconds, rings)
