"""Warning signs of patients that no nurse has heard of: at the top of every live page until somebody takes them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Attempt, Call, Case
from hotline.values.states.call import CallStatus
from hotline.values.states.case import CaseKind, CaseState, Urgency


@dataclass(frozen=True)
class Alarm:
    """An urgent case that is nobody's: its sign as the script names it, since when, whether they are in line."""

    case: Case
    sign: str
    since: datetime
    is_waiting: bool


def take(session: Session) -> list[Alarm]:
    """Those that are open now, the oldest first."""
    query = (
        select(Case, Attempt.warning, Attempt.warned_at, Call.status)
        .join(Call, Call.id == Case.call_id)
        .join(Attempt, Attempt.call_id == Call.id)
        .where(Case.state == CaseState.OPEN, Case.kind == CaseKind.FOLLOW_UP, Case.urgency == Urgency.URGENT)
        .where(Case.owner_agent_id.is_(None), Call.answered_at.is_(None), Attempt.warned_at.is_not(None))
        .order_by(Case.opened_at, Case.id)
    )
    rows = session.execute(query)
    return [Alarm(case, sign, since, status is CallStatus.WAITING) for case, sign, since, status in rows if since]
