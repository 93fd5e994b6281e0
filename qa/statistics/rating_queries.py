"""Callers' ratings of their conversations, 1 to 5, as quality reads them (requirements A11, F6)."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Call
from recordings.transcripts import urgency

# A rating of so much or less has the call heard, and its words first.
LOW = urgency.LOW_RATING


def ratings_of_calls(session: Session, call_ids: Collection[str]) -> dict[str, int]:
    """Return the rating of each of these calls that has one."""
    rated = select(Call.id, Call.rating).where(Call.id.in_(call_ids), Call.rating.is_not(None))
    return {call_id: rating or 0 for call_id, rating in session.execute(rated)}
