"""What was tried with a recipient so far, as the decision about the next try takes it. Never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns import attempts, queries, wishes
from hotline.ground import Ground
from hotline.models import Attempt, Recipient
from hotline.values import AttemptOutcome


def standing(
    session: Session, ground: Ground, recipient: Recipient, later_at: datetime | None = None
) -> attempts.Standing:
    """The recipient after all tries that are over; `later_at` is the time that they named in the last one."""
    return attempts.Standing(
        tries=tuple(_tried(row) for row in queries.tries(session, recipient.id)),
        window=wishes.window_of(ground, recipient),
        closes_at=recipient.closes_at,
        is_texted=recipient.texted_at is not None,
        later_at=later_at,
    )


def _tried(row: Attempt) -> attempts.Tried:
    outcome = row.outcome or AttemptOutcome.FAILED
    return attempts.Tried(outcome, row.dialled_at or row.marked_at, row.direction == "inbound")
