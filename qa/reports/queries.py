"""Queries of reports: the calls that could be drawn, the reviews that count, the offers of agents, ratings."""

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call, DailySample, Offer, Review
from hotline.values.states.offer import OfferState
from hotline.values.states.review import PUBLIC, ReviewState
from qa.statistics.aggregates import DrawableCall, PublishedReview
from qa.statistics.assessment import OfferResults

RINGS = 3
# Offers that tell something of the agent: those taken away before anyone could answer do not.
COUNTED_OFFERS = (OfferState.ANSWERED, OfferState.MISSED, OfferState.REJECTED)
APPEALED = (ReviewState.APPEALED, ReviewState.UPHELD, ReviewState.CHANGED)


def drawable_calls(session: Session, since: date, until: date) -> list[DrawableCall]:
    """Return every call that could be drawn on these days, both included."""
    draws = select(DailySample.day, DailySample.frame).where(DailySample.day >= since, DailySample.day <= until)
    return [
        DrawableCall(agent_id, queue, day)
        for day, frame in session.execute(draws)
        for _, agent_id, queue, _, _ in frame
    ]


def published_reviews(session: Session, since: date, until: date) -> list[PublishedReview]:
    """Return every published review of these days' calls."""
    conditions = (Review.day >= since, Review.day <= until, Review.calibration_id.is_(None), Review.state.in_(PUBLIC))
    return [
        PublishedReview(
            agent_id=row.agent_id,
            queue=row.queue or "",
            day=row.day,
            scorecard=row.scorecard,
            is_random=row.is_random,
            score=row.score,
            is_fatal=row.is_fatal,
            answers=row.answers,
            is_appealed=row.state in APPEALED,
            is_changed=row.state is ReviewState.CHANGED,
        )
        for row in session.scalars(select(Review).where(*conditions).order_by(Review.id))
    ]


def offer_results(session: Session, start: datetime, end: datetime, ring_seconds: float) -> dict[str, OfferResults]:
    """Return each agent's offers between two moments, counted by how they ended."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    conditions = (Offer.started_at >= start, Offer.started_at < end, Offer.state.in_(COUNTED_OFFERS))
    rows = select(Offer.agent_id, Offer.state, Offer.ringing_at, Offer.answered_at).where(*conditions)
    for agent_id, state, rang, answered in session.execute(rows):
        own = counts[agent_id]
        own[0] += 1
        if state is OfferState.ANSWERED:
            own[1] += 1
            own[2] += bool(rang and answered and (answered - rang).total_seconds() <= RINGS * ring_seconds)
    return {agent_id: OfferResults(*own) for agent_id, own in counts.items()}


def ratings_of(session: Session, start: datetime, end: datetime) -> dict[str, list[int]]:
    """Return the ratings that patients gave each agent between two moments."""
    conditions = (Call.started_at >= start, Call.started_at < end, Call.agent_id.is_not(None), Call.rating.is_not(None))
    ratings: dict[str, list[int]] = defaultdict(list)
    for agent_id, rating in session.execute(select(Call.agent_id, Call.rating).where(*conditions)):
        ratings[agent_id or ""].append(rating or 0)
    return dict(ratings)
