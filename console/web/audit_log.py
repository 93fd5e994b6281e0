"""The audit log as the pages write it: who looked at or changed what (requirement G4). Rows are only ever added."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.audit import log
from hotline.models import AuditEntry
from hotline.values.access import AuditOutcome

# A player asks for its sound in several pieces; within this time they are one listening.
SAME_LOOK = timedelta(minutes=10)


def note(session: Session, look: AuditEntry) -> None:
    """Add to the log, in the caller's transaction."""
    session.add(look)


def note_once(session: Session, look: AuditEntry) -> None:
    """Add to the log, unless the same person did the same within the last ten minutes from the same address."""
    same = (
        AuditEntry.user_id == look.user_id,
        AuditEntry.action == look.action,
        AuditEntry.subject_id == look.subject_id,
        AuditEntry.address == look.address,
        AuditEntry.outcome == (look.outcome or AuditOutcome.DONE),
        AuditEntry.filter == (look.filter or ""),
        AuditEntry.at > look.at - SAME_LOOK,
    )
    if session.scalar(select(AuditEntry.id).where(*same).limit(1)) is None:
        note(session, look)
    else:
        log.covered(look.action)


def look(user_id: str | None, action: str, subject: tuple[str, str], at: datetime, address: str) -> AuditEntry:
    """One look: who, what was done, to which (`("call", id)`), when, from where."""
    kind, subject_id = subject
    return AuditEntry(user_id=user_id, action=action, subject=kind, subject_id=subject_id, at=at, address=address[:45])
