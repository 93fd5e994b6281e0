"""What follows conversations with patients has to know. Never commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Attempt, Call, Case
from hotline.values.states.case import CaseKind


def unheard_warnings(session: Session, limit: datetime, oldest: datetime) -> list[tuple[str, str]]:
    """Return attempt and call of warning signs between `oldest` and `limit` that no nurse answered and no case has."""
    urgent = select(Case.id).where(Case.call_id == Call.id, Case.kind == CaseKind.FOLLOW_UP)
    query = (
        select(Attempt.id, Call.id)
        .join(Call, Call.id == Attempt.call_id)
        .where(Attempt.warning_at.between(oldest, limit), Call.answered_at.is_(None), ~urgent.exists())
    )
    return [(attempt_id, call_id) for attempt_id, call_id in session.execute(query)]
