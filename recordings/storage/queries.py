"""Queries for recordings and transcripts: reading, locking, and the one insert that two processes may race for."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline.errors import NotFound
from hotline.models import Call, Case, QueueEntry, Recording, Transcript
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recording import UNDER_WAY, RecordingKind, RecordingState
from recordings.transcripts.urgency import CaseWeight

# Recordings whose sound can be heard.
AUDIBLE = (RecordingState.STORED, RecordingState.TRANSCRIBED)


def recording(session: Session, recording_id: str) -> Recording:
    """Return the recording, locked for this transaction. Raises `NotFound`."""
    row = session.get(Recording, recording_id, with_for_update=True)
    if row is None:
        raise NotFound(f"no recording {recording_id}")
    return row


def call(session: Session, call_id: str) -> Call | None:
    """Return the call, or `None`."""
    return session.get(Call, call_id)


def locked_call(session: Session, call_id: str) -> Call | None:
    """Return the call, locked for this transaction: two recordings of it that end at once see each other."""
    return session.get(Call, call_id, with_for_update=True)


def found_or_added(session: Session, provider_sid: str, call_id: str, now: datetime) -> tuple[Recording, bool]:
    """Return the recording that the provider calls so, locked, and whether this transaction added it."""
    by_sid = select(Recording).where(Recording.provider_sid == provider_sid).with_for_update()
    row = session.scalar(by_sid)
    if row is not None:
        return row, False
    try:
        with session.begin_nested():
            added = Recording(provider_sid=provider_sid, call_id=call_id, state=RecordingState.STARTED, started_at=now)
            session.add(added)
            session.flush()
    except IntegrityError:
        return session.scalars(by_sid).one(), False  # another process was faster
    return added, True


def transcript_of(session: Session, recording_id: str) -> Transcript | None:
    """Return the transcript of a recording, or `None`."""
    return session.scalar(select(Transcript).where(Transcript.recording_id == recording_id))


def has_conversation(session: Session, call_id: str) -> bool:
    """Return whether anything of a call was recorded but messages that its caller left."""
    query = select(Recording.id).where(Recording.call_id == call_id, Recording.kind == RecordingKind.CONVERSATION)
    return session.scalar(query.limit(1)) is not None


def message_sids(session: Session, call_id: str) -> frozenset[str]:
    """Return the provider's ids of the messages that the caller left."""
    query = select(Recording.provider_sid).where(Recording.call_id == call_id, Recording.kind == RecordingKind.MESSAGE)
    return frozenset(session.scalars(query))


def gave_up(session: Session, call_id: str) -> bool:
    """Return whether the caller hung up while they waited."""
    abandoned = select(QueueEntry.id).where(
        QueueEntry.call_id == call_id, QueueEntry.state == QueueEntryState.ABANDONED
    )
    return session.scalar(abandoned.limit(1)) is not None


def cases(session: Session, call_id: str) -> frozenset[CaseWeight]:
    """Return kind and urgency of the cases that came of a call."""
    rows = session.execute(select(Case.kind, Case.urgency).where(Case.call_id == call_id))
    return frozenset(CaseWeight(kind, urgency) for kind, urgency in rows)


def others_under_way(session: Session, done: Recording) -> bool:
    """Return whether the call of `done` has another recording that is not worked through yet."""
    query = select(Recording.id).where(
        Recording.call_id == done.call_id, Recording.id != done.id, Recording.state.in_(UNDER_WAY)
    )
    return session.scalar(query.limit(1)) is not None


def find(session: Session, recording_id: str) -> Recording | None:
    """Return the recording, not locked; `None` without one."""
    return session.get(Recording, recording_id)


def of_call(session: Session, call_id: str) -> list[Recording]:
    """Return the recordings of a call, the oldest first."""
    return list(session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)))


def messages(session: Session, call_id: str | None) -> list[Recording]:
    """Return the messages that were left in a call, the oldest first."""
    query = select(Recording).where(Recording.call_id == call_id, Recording.kind == RecordingKind.MESSAGE)
    return list(session.scalars(query.order_by(Recording.started_at)))


def audible(session: Session, call_ids: Iterable[str]) -> dict[str, set[RecordingState]]:
    """Return those of the calls that can be heard, with the states of their recordings."""
    query = select(Recording.call_id, Recording.state)
    rows = session.execute(query.where(Recording.call_id.in_(list(call_ids)), Recording.state.in_(AUDIBLE)))
    found: dict[str, set[RecordingState]] = {}
    for call_id, state in rows:
        found.setdefault(call_id, set()).add(state)
    return found


def calls_of(session: Session, recording_ids: Iterable[str]) -> dict[str, str]:
    """Return the id of each recording's call."""
    query = select(Recording.id, Recording.call_id).where(Recording.id.in_(list(recording_ids)))
    return dict(session.execute(query).all())


def never_ready(session: Session, ended_before: datetime) -> list[Recording]:
    """Return recordings that have begun and not become ready, of calls that ended before then."""
    query = (
        select(Recording)
        .join(Call, Call.id == Recording.call_id)
        .where(Recording.state == RecordingState.STARTED, Call.ended_at < ended_before)
    )
    return list(session.scalars(query))
