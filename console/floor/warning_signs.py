"""Warning signs of patients that no nurse has heard of: at the top of every live page until somebody takes them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Attempt, Call, Matter
from hotline.values.statuses import CallStatus, MatterKind, MatterState, Urgency


@dataclass(frozen=True)
class Alarm:
    """An urgent matter that is nobody's: its sign as the script names it, since when, whether they are in line."""

    matter: Matter
    sign: str
    since: datetime
    is_waiting: bool


def take(session: Session) -> list[Alarm]:
    """Those that are open now, the oldest first."""
    query = (
        select(Matter, Attempt.warning, Attempt.warned_at, Call.status)
        .join(Call, Call.id == Matter.call_id)
        .join(Attempt, Attempt.call_id == Call.id)
        .where(Matter.state == MatterState.OPEN, Matter.kind == MatterKind.FOLLOW_UP, Matter.urgency == Urgency.URGENT)
        .where(Matter.owner_agent_id.is_(None), Call.answered_at.is_(None), Attempt.warned_at.is_not(None))
        .order_by(Matter.opened_at, Matter.id)
    )
    rows = session.execute(query)
    return [Alarm(matter, sign, since, status is CallStatus.WAITING) for matter, sign, since, status in rows if since]
