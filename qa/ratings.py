"""Patients' ratings of their calls, 1 to 5, as quality reads them (requirements A11, F6)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

# A rating of so much or less has the call heard.
LOW = 2
BEST = 5


def of(session: Session, call_ids: Iterable[str]) -> dict[str, int]:  # noqa: ARG001 (nothing is asked yet)
    """The rating of each of these calls that has one. Callers are not asked for a rating yet: there is none."""
    return {}
