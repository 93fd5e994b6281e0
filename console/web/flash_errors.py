"""What the quality pages say when something is refused, and the log of what was looked at and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash

from console.web import audit_log, audit_marks
from console.web.access import context
from qa.errors import ReviewRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Refusals:
    """Says what was refused, or that it went well, on the next page."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._well = ""

    def well(self, key: str) -> None:
        """Say this when nothing is refused."""
        self._well = key

    def __enter__(self) -> Refusals:
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
    audit_log.record(session, action, subject, subject_id)


def logged(action: str, subject_id: str, subject: str = "review") -> None:
    """Log a change that is through."""
    with context().database.write() as session:
        note(session, action, subject_id, subject)
