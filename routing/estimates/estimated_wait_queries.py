"""What a caller in line is told: their place, and the wait that is to be expected. The first one told is kept.

What is said is rounded to whole minutes; what is kept, and shown as how true it was, is not.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.models import QueueEntry
from hotline.values.states.queue_entry import QueueEntryState
from routing.estimates import recent_times, snapshot_queries, wait, wait_estimate
from routing.estimates.wait_estimate import Estimate
from routing.queues import queries, queues_file

# Nobody at work could answer, so nothing is said of the wait.
UNKNOWN: Final = -1


@dataclass(frozen=True)
class Forecast:
    """The place in line (1 is next), and whole minutes as they are said: 0 for less than one, `None` for very long."""

    position: int
    minutes: int | None
    estimate: Estimate | None = None


def of(session: Session, settings: Settings, call_id: str, now: datetime) -> Forecast | None:
    """Return the forecast for this caller; `None` where nobody of this call waits for an answer."""
    waiting = queries.open_entry(session, call_id)
    if waiting is None:
        return None
    if waiting.state is not QueueEntryState.WAITING:
        return Forecast(1, UNKNOWN)
    floor = snapshot_queries.take(session, now)
    line = snapshot_queries.with_overflow(floor.line, queues_file.of(settings), settings.ring_seconds, now)
    estimate = wait_estimate.seconds(waiting.id, line, floor.hands, snapshot_queries.recent_times_of(session, now))
    minutes = UNKNOWN if estimate is None else wait.spoken_minutes(estimate.told)
    return Forecast(queries.position(session, waiting), minutes, estimate)


def note(session: Session, call_id: str, estimate: Estimate, now: datetime) -> None:
    """Write down what the caller is told; only the first of a wait counts."""
    waiting = queries.open_entry(session, call_id)
    if waiting is not None and waiting.announced_at is None:
        waiting.announced_seconds, waiting.announced_at = round(estimate.told), now
        waiting.estimated_seconds = estimate.raw


def error_since(session: Session, start: datetime) -> wait.WaitError | None:
    """Return how true what callers were told since `start` has been; `None` where none of them met somebody."""
    query = select(QueueEntry.announced_seconds, QueueEntry.announced_at, QueueEntry.ended_at, QueueEntry.state).where(
        QueueEntry.announced_at >= start, QueueEntry.state.in_(snapshot_queries.ENDED)
    )
    return recent_times.error(
        recent_times.ToldWait(float(told), (ended - at).total_seconds(), state is QueueEntryState.CONNECTED)
        for told, at, ended, state in session.execute(query)
        if told is not None and at is not None and ended is not None
    )
