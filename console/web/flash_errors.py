"""What the quality pages say when something is refused, and the log of what was looked at and changed."""

from flask import flash, request
from flask_login import current_user
from sqlalchemy.orm import Session

from console.web import audit_log, audit_marks
from console.web.access import context
from hotline import clock
from qa.errors import ReviewRefused


class Refusals:
    """Says what was refused, or that it went well, on the next page."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._well = ""

    def well(self, key: str) -> None:
        """Say this when nothing is refused."""
        self._well = key

    def __enter__(self) -> "Refusals":
        """Begin."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Turn a refusal into a message; any other error goes on."""
        if isinstance(error, ReviewRefused):
            flash(f"quality_fault.{error.code}")
            audit_marks.failed()
            return True
        if error is None and self._well:
            flash(self._well)
        return False


def refusals() -> Refusals:
    """Messages for what quality refuses."""
    return Refusals()


def note(session: Session, action: str, subject_id: str, subject: str = "review") -> None:
    """Log a look or a change, in the caller's transaction."""
    entry = audit_log.look(current_user.id, action, (subject, subject_id), clock.now(), request.remote_addr or "")
    audit_log.note(session, entry)


def logged(action: str, subject_id: str, subject: str = "review") -> None:
    """Log a change that is through."""
    with context().database.write() as session:
        note(session, action, subject_id, subject)
