"""The calls that samples are drawn from. Never commits."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Attempt, Call, Recording
from hotline.values.states.recording import RecordingState

HEARD = (RecordingState.STORED, RecordingState.TRANSCRIBED)


def audible_calls(session: Session, day: date, zone: ZoneInfo) -> list[Call]:
    """Return the day's calls that an agent answered and that can be heard, in the order of their ids."""
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    recorded = select(Recording.call_id).where(Recording.state.in_(HEARD))
    conditions = (Call.started_at >= start, Call.started_at < end, Call.agent_id.is_not(None), Call.id.in_(recorded))
    return list(session.scalars(select(Call).where(*conditions).order_by(Call.id)))


def of_campaigns(session: Session, call_ids: Sequence[str]) -> set[str]:
    """Return those of the calls that are a campaign's."""
    found = session.scalars(select(Attempt.call_id).where(Attempt.call_id.in_(call_ids)))
    return {call_id for call_id in found if call_id is not None}
