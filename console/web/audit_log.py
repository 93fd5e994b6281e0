"""What the signed-in user does in this request, written into the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_login import current_user

from console.web.access import context
from hotline import clock
from hotline.audit import service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import AuditEntry


def entry(action: str, subject: str, subject_id: str) -> AuditEntry:
    """Make a row of the signed-in user, now, from where the request comes; not yet added."""
    return service.entry(
        user_id=current_user.id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        at=clock.now(),
        address=request.remote_addr or "",
    )


def record(session: Session, action: str, subject: str, subject_id: str) -> None:
    """Write down that the signed-in user does this, in the caller's transaction."""
    service.add(session, entry(action, subject, subject_id))


def record_once(session: Session, action: str, subject: str, subject_id: str) -> None:
    """Write it down unless they did the same within ten minutes."""
    service.add_once(session, entry(action, subject, subject_id))


def record_now(action: str, subject: str, subject_id: str) -> None:
    """Write it down in a transaction of its own."""
    with context().database.write() as session:
        record(session, action, subject, subject_id)
