"""Whether a recipient may be called or written to, asked at the last moment and with everything locked.

The person's row is locked before the recipient's, here and wherever something is told of a person, so that nothing can
be told of them between the look and what is done.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import follow_up_service, next_attempt, queries
from campaigns.importing.visits import person_queries
from campaigns.stopping import service, stop_reason_queries
from hotline.context import AppContext
from hotline.models import Recipient
from hotline.outbox.notifier import Notifier
from hotline.values.states.recipient import RecipientState


def hold(session: Session, recipient_id: str) -> Recipient | None:
    """Lock the recipient, and before them their person, so that nothing can be told of either meanwhile."""
    index = session.scalar(select(Recipient.person_index).where(Recipient.id == recipient_id))
    if index is None:
        return None
    person_queries.hold(session, [index], is_new=False)
    return queries.locked(session, recipient_id)


def is_barred(session: Session, notifier: Notifier, recipient: Recipient, now: datetime) -> bool:
    """Return whether anything known stands against the call, however it became known; then stop them here and now."""
    cause = stop_reason_queries.cause(session, recipient)
    if cause is not None:
        service.stop(session, notifier, recipient, cause, now)
    return cause is not None


def overdue(context: AppContext, recipient_id: str, now: datetime) -> bool:
    """Go on with whom no call reached in time, or who did not call back; return whether that is still so."""
    with context.database.write() as session:
        recipient = hold(session, recipient_id)
        if recipient is None or recipient.state not in {RecipientState.PLANNED, RecipientState.TEXTED}:
            return False
        is_texted = recipient.state is RecipientState.TEXTED
        until = recipient.due_at if is_texted else recipient.closes_at
        if until is not None and until > now:
            return False
        if is_barred(session, context.notifier, recipient, now):
            return True
        is_texted = is_texted or recipient.texted_at is not None
        history = next_attempt.AttemptHistory((), None, recipient.closes_at, is_texted)
        follow_up_service.follow(
            session, context.notifier, context.settings, recipient, next_attempt.given_up(history, now), now
        )
    return True
