"""Write the audit log: who looked at or changed what (requirement G4). Rows are only ever added."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.audit import log
from hotline.models import AuditEntry
from hotline.values.access import AuditOutcome

# A player asks for its sound in several pieces; within this time they are one listening.
SAME_LOOK = timedelta(minutes=10)


def entry(*, user_id: str | None, action: str, subject: str, subject_id: str, at: datetime, address: str) -> AuditEntry:
    """Make a row, not yet added: who did what to which object, when, from where."""
    return AuditEntry(
        user_id=user_id, action=action, subject=subject, subject_id=subject_id, at=at, address=address[:45]
    )


def of_command(
    *, action: str, subject: str, subject_id: str, at: datetime, outcome: AuditOutcome, count: int | None, filter: str
) -> AuditEntry:
    """Make a row, not yet added, of a command: nobody is signed in, and `log.acting` knows for whom it runs."""
    facts = {"subject": subject, "subject_id": subject_id, "outcome": outcome, "count": count, "filter": filter}
    return AuditEntry(at=at, user_id=None, action=action, **facts)


def add(session: Session, made: AuditEntry) -> None:
    """Add the row to the log, in the caller's transaction."""
    session.add(made)


def add_once(session: Session, made: AuditEntry) -> None:
    """Add the row unless the same person did the same within the last ten minutes from the same address."""
    same = (
        AuditEntry.user_id == made.user_id,
        AuditEntry.action == made.action,
        AuditEntry.subject_id == made.subject_id,
        AuditEntry.address == made.address,
        AuditEntry.outcome == (made.outcome or AuditOutcome.DONE),
        AuditEntry.filter == (made.filter or ""),
        AuditEntry.at > made.at - SAME_LOOK,
    )
    if session.scalar(select(AuditEntry.id).where(*same).limit(1)) is None:
        add(session, made)
    else:
        log.covered(made.action)
