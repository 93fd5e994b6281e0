"""A call that a person chose to have heard: it counts as targeted, never as chance."""

from datetime import datetime

from sqlalchemy import select

from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Call, Review, ReviewStep
from qa.sampling import policy_file
from qa.sampling.service import card_for

CHOSEN = "chosen"


def choose(database: Database, settings: Settings, call_id: str, user_id: str, now: datetime) -> str:
    """Return the review of this call, made where there is none. Raises `NotFound` for a call without an agent."""
    with database.write() as session:
        call = session.get(Call, call_id, with_for_update=True)
        if call is None or call.agent_id is None:
            raise NotFound(f"no call {call_id} of an agent")
        card = card_for(policy_file.load(settings.quality_file), call)
        same = (Review.call_id == call_id, Review.scorecard == card, Review.calibration_id.is_(None))
        existing = session.scalar(select(Review).where(*same))
        if existing is not None:
            return existing.id
        day = settings.day(call.started_at)
        review = Review(call_id=call_id, agent_id=call.agent_id, queue=call.queue, day=day, scorecard=card)
        review.reasons, review.added_at = [CHOSEN], now
        session.add(review)
        session.flush()
        session.add(ReviewStep(review_id=review.id, at=now, kind="drawn", user_id=user_id, data={"reasons": [CHOSEN]}))
        return review.id
