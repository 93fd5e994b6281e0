"""The rows that the figures count: a few columns of a day's calls and offers, nothing of the patients."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, Offer
from routing.figures import CallTimes, OfferTimes, Summary, summary


def since(session: Session, start: datetime, ring_seconds: float, rings: float = 3) -> Summary:
    """The figures of all calls that began at `start` or later, and of the offers made for them."""
    calls = session.execute(select(Call.outcome, Call.asked_at, Call.answered_at).where(Call.started_at >= start))
    offers = session.execute(
        select(Offer.state, Offer.started_at, Offer.ringing_at, Offer.answered_at)
        .join(Call, Call.id == Offer.call_id)
        .where(Call.started_at >= start)
    )
    return summary(
        cast("Sequence[CallTimes]", calls.all()), cast("Sequence[OfferTimes]", offers.all()), ring_seconds, rings
    )
