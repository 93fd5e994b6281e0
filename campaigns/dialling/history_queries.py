"""What was tried with a recipient so far, as the decision about the next try takes it. Never commits."""

from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.dialling import next_attempt, queries
from campaigns.planning import preference_queries
from hotline.configuration.settings import Settings
from hotline.models import Attempt, Recipient
from hotline.values.states.attempt import AttemptOutcome


def history(
    session: Session, settings: Settings, recipient: Recipient, postponed_until: datetime | None = None
) -> next_attempt.AttemptHistory:
    """Return the recipient after all tries that are over; `postponed_until`: when they asked to be called again."""
    return next_attempt.AttemptHistory(
        attempts=tuple(_past(row) for row in queries.tries(session, recipient.id)),
        window=preference_queries.window_of(settings, recipient),
        closes_at=recipient.closes_at,
        is_texted=recipient.texted_at is not None,
        postponed_until=postponed_until,
    )


def _past(row: Attempt) -> next_attempt.PastAttempt:
    outcome = row.outcome or AttemptOutcome.FAILED
    return next_attempt.PastAttempt(outcome, row.dialled_at or row.reserved_at, row.direction == "inbound")
