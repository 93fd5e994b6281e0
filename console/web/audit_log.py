"""The audit log as the pages write it: who looked at or changed what (requirement G4). Rows are only ever added."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.audit import log
from hotline.models import Look
from hotline.values.statuses import LookOutcome

# A player asks for its sound in several pieces; within this time they are one listening.
SAME_LOOK = timedelta(minutes=10)


def note(session: Session, look: Look) -> None:
    """Add to the log, in the caller's transaction."""
    session.add(look)


def note_once(session: Session, look: Look) -> None:
    """Add to the log, unless the same person did the same within the last ten minutes from the same address."""
    same = (
        Look.user_id == look.user_id,
        Look.action == look.action,
        Look.subject_id == look.subject_id,
        Look.address == look.address,
        Look.outcome == (look.outcome or LookOutcome.DONE),
        Look.filter == (look.filter or ""),
        Look.at > look.at - SAME_LOOK,
    )
    if session.scalar(select(Look.id).where(*same).limit(1)) is None:
        note(session, look)
    else:
        log.covered(look.action)


def look(user_id: str | None, action: str, subject: tuple[str, str], at: datetime, address: str) -> Look:
    """One look: who, what was done, to which (`("call", id)`), when, from where."""
    kind, subject_id = subject
    return Look(user_id=user_id, action=action, subject=kind, subject_id=subject_id, at=at, address=address[:45])
