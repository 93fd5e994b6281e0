"""Staff undo what stopped calls: it is written down with who and why, and only what they saw is undone.

A later fact stops the calls again. Done twice, or by two people at once, it is done once.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.errors import UndoRefused
from campaigns.importing.visits import person_queries, stop_reasons
from campaigns.stopping import permission_service, service
from campaigns.stopping.stop_reason_queries import is_stopped, known_of, token
from hotline.context import AppContext
from hotline.errors import NotFound
from hotline.models import AuditEntry, Recipient

LONGEST_WHY = 300


@dataclass(frozen=True)
class UndoRequest:
    """Who undoes it and why. `token` names the cause that they saw, `None` takes the one there is.

    `is_sure`: they have confirmed that the patient is alive; without it no death is undone.
    """

    why: str
    user_id: str | None = None
    token: str | None = None
    is_sure: bool = False
    address: str = ""


def undo(context: AppContext, recipient_id: str, asked: UndoRequest, now: datetime) -> service.StopChanges:
    """Undo what stops this recipient's calls, for all calls to the person; return what that changed.

    Nothing where nothing stops them (any more). Raises `NotFound`, `UndoRefused`.
    """
    why = asked.why.strip()[:LONGEST_WHY]
    if not why:
        raise UndoRefused("say_why")
    with context.database.write() as session:
        recipient = permission_service.hold(session, recipient_id)
        if recipient is None:
            raise NotFound(f"no recipient {recipient_id}")
        known, key = known_of(session, recipient)
        cause = stop_reasons.cause(known, key)
        if not is_stopped(recipient) or cause is None:
            return service.reassess(session, context.notifier, context.settings, [recipient.person_index], now)
        if asked.token is not None and asked.token != token(cause):
            raise UndoRefused("changed")
        if cause.reason == stop_reasons.DIED and not asked.is_sure:
            raise UndoRefused("confirm")
        _write(
            session, recipient, [one.signature for one in stop_reasons.causes(known, key) if one.reason == cause.reason]
        )
        service.note(session, recipient, service.UNDONE, cause, now, user_id=asked.user_id, note=why)
        about = {"subject": "recipient", "subject_id": recipient.id, "address": asked.address[:45]}
        session.add(AuditEntry(at=now, user_id=asked.user_id, action="undo_stop", **about))
        session.flush()
        return service.reassess(session, context.notifier, context.settings, [recipient.person_index], now)


def _write(session: Session, recipient: Recipient, signatures: list[str]) -> None:
    person_queries.hold(session, [recipient.person_index])
    row = person_queries.row(session, recipient.person_index)
    row.undone_stops = [*row.undone_stops, *(one for one in signatures if one not in row.undone_stops)]
