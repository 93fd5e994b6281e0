"""The rows that the figures count: a few columns of a day's calls and offers, nothing of the patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Offer
from routing.figures import CallTimes, OfferTimes, Summary, summary


@dataclass(frozen=True)
class Counted:
    """The calls of a time, and the offers made for them: what every function of `routing.figures` counts."""

    calls: Sequence[CallTimes]
    offers: Sequence[OfferTimes]


def between(session: Session, start: datetime, end: datetime | None = None) -> Counted:
    """All calls that began at `start` or later and before `end`, and the offers made for them."""
    began = Call.started_at >= start if end is None else (Call.started_at >= start) & (Call.started_at < end)
    calls = session.execute(
        select(Call.id, Call.queue, Call.outcome, Call.asked_at, Call.answered_at, Call.ended_at).where(began)
    )
    offers = session.execute(
        select(
            Offer.call_id,
            Offer.agent_id,
            Offer.reasons,
            Offer.state,
            Offer.started_at,
            Offer.ringing_at,
            Offer.answered_at,
        )
        .join(Call, Call.id == Offer.call_id)
        .where(began)
    )
    return Counted(cast("Sequence[CallTimes]", calls.all()), cast("Sequence[OfferTimes]", offers.all()))


def since(session: Session, start: datetime, ring_seconds: float, rings: float = 3) -> Summary:
    """The figures of all calls that began at `start` or later, and of the offers made for them."""
    counted = between(session, start)
    return summary(counted.calls, counted.offers, ring_seconds, rings)
