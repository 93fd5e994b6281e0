"""Deletion of what is no longer kept, with proof: the key is destroyed, the blob gone, the log says so.

One transaction per thing: the verdict is looked at again with the rows locked, so that a hold or complaint that came a
moment ago still saves the evidence. Work that was cut off is ended by the next run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.cases import queries as case_queries
from hotline import log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import (
    AuditEntry,
    Call,
    Recording,
    Transcript,
)
from hotline.object_store.store import ObjectStore
from hotline.outbox import call_log, transitions
from hotline.outbox.job_kinds import job
from hotline.values.call_events import PurgedAudio, PurgedReview, PurgedTranscript
from hotline.values.reason import Reason
from hotline.values.reason_codes import RecordingReason
from hotline.values.states.call import CallStatus
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.recording import RecordingEvent, RecordingKind, RecordingState
from recordings.errors import DeletionFailed
from recordings.retention import hold_service, periods, queries, report_service, retention_file
from recordings.retention.periods import RetentionFacts, RetentionItem, RetentionVerdict
from recordings.search import service
from recordings.transcripts import transcribing_service

WITH_SOUND = (RecordingState.STORED, RecordingState.TRANSCRIBED, RecordingState.FAILED)
BATCH = 500

PURGED = {
    RetentionItem.AUDIO: PurgedAudio,
    RetentionItem.TRANSCRIPT: PurgedTranscript,
    RetentionItem.REVIEW: PurgedReview,
}


@dataclass(frozen=True)
class PurgeItem:
    """A verdict on something of a call."""

    call: Call
    verdict: RetentionVerdict


def plan(database: Database, settings: Settings, now: datetime) -> Iterator[PurgeItem]:
    """Yield everything whose period is over, and what keeps it; nothing is changed."""
    rules = retention_file.load(settings.retention_file)
    shortest = min(days for row in rules.days.values() for days in row.values())
    last = ""
    while True:
        with database.read() as session:
            query = select(Call).where(
                Call.status == CallStatus.ENDED, Call.ended_at < now - timedelta(days=shortest), Call.id > last
            )
            calls = list(session.scalars(query.order_by(Call.id).limit(BATCH)))
            for call in calls:
                verdicts = periods.verdicts(rules, facts(session, call))
                yield from (PurgeItem(call, one) for one in verdicts if one.due_at <= now)
        if len(calls) < BATCH:
            return
        last = calls[-1].id


@job("purge", queue="now")
def purge_day(context: AppContext, _day: str, now: datetime) -> None:
    """Delete what is due, once a day."""
    run(context, now)
    report_service.run(context, now)


def run(context: AppContext, now: datetime) -> list[PurgeItem]:
    """Delete everything whose time is over and which nothing keeps; return what was done."""
    finish(context.database, context.objects)
    done = []
    for item in list(plan(context.database, context.settings, now)):
        if item.verdict.is_over(now) and purge(context, item.call.id, item.verdict.what, now):
            done.append(item)
    return done


def purge(context: AppContext, call_id: str, what: RetentionItem, now: datetime) -> bool:
    """Delete one thing of a call if its time is really over; return whether anything was deleted."""
    rules = retention_file.load(context.settings.retention_file)
    with context.database.write() as session:
        call = session.get(Call, call_id, with_for_update=True)
        if call is None:
            return False
        verdicts = {one.what: one for one in periods.verdicts(rules, facts(session, call))}
        if what not in verdicts or not verdicts[what].is_over(now):
            return False
        verdict = verdicts[what]
        reason = Reason(RecordingReason.RETENTION, {"days": verdict.days, "kind": str(verdict.kind)})
        {RetentionItem.AUDIO: _audio, RetentionItem.TRANSCRIPT: _transcript, RetentionItem.REVIEW: _review}[what](
            session, call_id, reason, now
        )
        call_log.record(session, context.notifier, call_id, PURGED[what](), now)
    finish(context.database, context.objects)
    return True


def finish(database: Database, objects: ObjectStore) -> int:
    """Delete the blobs of purged recordings, make sure that they are gone, and return how many. Raises
    `DeletionFailed`.
    """
    with database.read() as session:
        query = select(Recording).where(Recording.state == RecordingState.PURGED, Recording.blob.is_not(None))
        rows = list(session.scalars(query))
    for recording in rows:
        name = recording.blob or ""
        objects.delete(name)
        if objects.has(name):
            raise DeletionFailed(f"the store still holds {name}")
        with database.write() as session:
            session.get_one(Recording, recording.id).blob = None
        log.get().info("recording_purged", recording_id=recording.id)
    return len(rows)


def facts(session: Session, call: Call) -> RetentionFacts:
    """Return what the rules ask of this call."""
    rows = list(session.scalars(select(Recording).where(Recording.call_id == call.id)))
    cases = case_queries.of_calls(session, [call.id])
    complaints = [case for case in cases if case.kind is CaseKind.COMPLAINT]
    closed = [case.closed_at for case in complaints if case.closed_at is not None]
    return RetentionFacts(
        ended_at=call.ended_at or call.started_at,
        intent=call.intent,
        there=frozenset(_there(session, call.id, rows)),
        cases=frozenset(case.kind for case in cases),
        has_message=any(row.kind is RecordingKind.MESSAGE for row in rows),
        is_held=hold_service.is_held(session, call.id),
        has_open_complaint=any(case.state is not CaseState.CLOSED for case in complaints),
        complaint_closed_at=max(closed, default=None),
    )


def _there(session: Session, call_id: str, rows: list[Recording]) -> Iterator[RetentionItem]:
    if any(row.state in WITH_SOUND and row.blob is not None for row in rows):
        yield RetentionItem.AUDIO
    kept = select(Transcript.id).where(Transcript.call_id == call_id, Transcript.purged_at.is_(None))
    if session.scalar(kept.limit(1)) is not None:
        yield RetentionItem.TRANSCRIPT
    if queries.has_review(session, call_id):
        yield RetentionItem.REVIEW


def _audio(session: Session, call_id: str, reason: Reason, now: datetime) -> None:
    query = select(Recording).where(Recording.call_id == call_id, Recording.state.in_(WITH_SOUND)).with_for_update()
    for recording in session.scalars(query):
        transitions.transition(recording, RecordingEvent.PURGED)
        recording.data_key, recording.reason, recording.purged_at = None, reason, now
        transcribing_service.forget(session, recording.id)
        session.add(_entry("purge_audio", "recording", recording.id, now))


def _transcript(session: Session, call_id: str, _reason: Reason, now: datetime) -> None:
    query = select(Transcript).where(Transcript.call_id == call_id, Transcript.purged_at.is_(None))
    for transcript in session.scalars(query):
        service.forget(session, [utterance.id for utterance in transcript.utterances])
        session.flush()
        transcript.utterances, transcript.purged_at = [], now
        session.add(_entry("purge_transcript", "transcript", transcript.id, now))
    queries.forget_quotes(session, call_id)


def _review(session: Session, call_id: str, _reason: Reason, now: datetime) -> None:
    queries.delete_reviews(session, call_id)
    session.add(_entry("purge_review", "call", call_id, now))


def _entry(action: str, subject: str, subject_id: str, now: datetime) -> AuditEntry:
    return AuditEntry(at=now, user_id=None, action=action, subject=subject, subject_id=subject_id)
