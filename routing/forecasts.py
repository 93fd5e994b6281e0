"""What a caller in line is told: their place, and the wait that is to be expected. The first one told is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Waiting
from hotline.values import WaitingState
from routing import around, queries, wait

# Nobody at work could answer, so nothing is said of the wait.
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Forecast:
    """The place in line (1 is next), and whole minutes as they are said: 0 for less than one, `None` for very long."""

    position: int
    minutes: int | None


def of(session: Session, call_id: str, now: datetime) -> Forecast | None:
    """The forecast for this caller; `None` where nobody of this call waits for an answer."""
    waiting = queries.open_waiting(session, call_id)
    if waiting is None:
        return None
    if waiting.state is not WaitingState.WAITING:
        return Forecast(1, UNKNOWN)
    floor = around.look(session, now)
    seconds = wait.expected(waiting.id, floor.line, floor.hands, floor.handle_seconds)
    minutes = UNKNOWN if seconds is None else wait.spoken_minutes(seconds)
    return Forecast(queries.position(session, waiting), minutes)


def note(session: Session, call_id: str, forecast: Forecast, now: datetime) -> None:
    """Write down what the caller is told; only the first of a wait counts."""
    waiting = queries.open_waiting(session, call_id)
    if waiting is not None and waiting.announced_at is None and forecast.minutes != UNKNOWN:
        waiting.announced_seconds, waiting.announced_at = wait.announced_seconds(forecast.minutes), now


def error_since(session: Session, start: datetime) -> wait.Error | None:
    """How true what callers were told since `start` has been, over those who met somebody; `None` without any."""
    query = select(Waiting.announced_seconds, Waiting.announced_at, Waiting.ended_at).where(
        Waiting.announced_at >= start, Waiting.state == WaitingState.CONNECTED
    )
    return wait.error(
        (float(told), (ended - at).total_seconds())
        for told, at, ended in session.execute(query)
        if told is not None and at is not None and ended is not None
    )
