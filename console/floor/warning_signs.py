"""Warning signs of patients that no nurse has heard of: at the top of every live page until somebody takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.results import queries
from hotline.values.states.call import CallStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Case


@dataclass(frozen=True)
class UnansweredSign:
    """An urgent case that is nobody's: its sign as the script names it, since when, whether they are in line."""

    case: Case
    sign: str
    since: datetime
    is_waiting: bool


def take(session: Session) -> list[UnansweredSign]:
    """Return those that are open now, the oldest first."""
    return [
        UnansweredSign(
            open_.case, open_.attempt.warning, open_.attempt.warning_at, open_.call.status is CallStatus.WAITING
        )
        for open_ in queries.open_warnings(session)
        if open_.attempt.warning_at
    ]
