"""A recording's way from the provider into our store; one transaction per function."""

from datetime import datetime

from sqlalchemy.orm import Session

from hotline import log
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.encryption.keyring import Keyring
from hotline.errors import Discard
from hotline.models import Recording
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from hotline.outbox import call_log, jobs, transitions
from hotline.outbox.job_kinds import job
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import (
    RecordingAbsent,
    RecordingChange,
    RecordingFailed,
    RecordingReady,
    RecordingStarted,
    RecordingStored,
)
from hotline.values.reason import Reason
from hotline.values.reason_codes import RecordingReason
from hotline.values.states.recording import HELD, REPORTED, RecordingEvent, RecordingKind, RecordingState
from recordings.errors import ProviderCopyRemains, UnknownCall
from recordings.storage import fetch_service, queries, sealed_sound_service
from recordings.storage.completion_service import score_call_when_last
from recordings.storage.fetch_service import FetchedRecording
from recordings.storage.recording_report import RecordingReport
from recordings.transcripts import urgency
from telephony.errors import ProviderRefused
from telephony.provider import Provider

# What a recording's history says of each state.
EVENTS: dict[RecordingState, type[RecordingChange]] = {
    RecordingState.READY: RecordingReady,
    RecordingState.STORED: RecordingStored,
    RecordingState.ABSENT: RecordingAbsent,
    RecordingState.FAILED: RecordingFailed,
}
GONE = 404
SHORTEST_SECONDS = 0.1


def add_started(session: Session, notifier: Notifier, call_id: str, provider_sid: str, now: datetime) -> Recording:
    """Add the recording that the provider has just begun, within the caller's transaction; asked
    again, the same row.
    """
    recording, is_new = queries.found_or_added(session, provider_sid, call_id, now)
    if is_new:
        call_log.record(session, notifier, call_id, RecordingStarted(recording_id=recording.id), now)
    return recording


def voicemail_sids(session: Session, call_id: str) -> frozenset[str]:
    """Return the provider's ids of the messages that the caller left in this call."""
    return queries.message_sids(session, call_id)


def apply_report(database: Database, notifier: Notifier, call_id: str, report: RecordingReport, now: datetime) -> None:
    """Apply a report of the provider, in any order and any number of times. Raises `UnknownCall`."""
    with database.write() as session:
        if queries.call(session, call_id) is None:
            raise UnknownCall(f"a recording of a call that is not ours: {call_id}")
        recording = add_started(session, notifier, call_id, report.provider_sid, now)
        if report.kind is RecordingKind.MESSAGE:
            recording.kind = report.kind
        _follow(session, notifier, recording, report, now)


def reconcile(database: Database, notifier: Notifier, provider: Provider, recording_id: str, now: datetime) -> None:
    """Ask the provider about a recording of which it has said nothing, and apply the answer. Raises `ProviderDown`."""
    with database.read() as session:
        recording = session.get(Recording, recording_id)
    if recording is None or recording.state is not RecordingState.STARTED:
        return
    view = provider.recording(recording.provider_sid)
    report = RecordingReport(recording.provider_sid, RecordingState.ABSENT)
    if view is not None:
        report = RecordingReport(view.sid, view.state, view.seconds, view.channels)
    apply_report(database, notifier, recording.call_id, report, now)


@job("fetch_recording", queue="now")
def fetch(context: AppContext, provider: Provider, recording_id: str, now: datetime) -> None:
    """Fetch the sound: check its length, seal it, read it back, and only then have it deleted there.

    Raises `Discard` when there is nothing to fetch, `ProviderDown` and `IncompleteRecording` when it should be tried
    again, `RecordingTooLarge`, after which the provider keeps its copy.
    """
    with context.database.read() as session:
        recording = queries.recording(session, recording_id)
    if recording.state is not RecordingState.READY:
        raise Discard(f"the recording is {recording.state}, not ready")
    try:
        seconds = _length(provider, recording)
        with fetch_service.fetched_recording(context, provider, recording, seconds) as fetched:
            if fetched.layout.seconds < SHORTEST_SECONDS:
                _end(
                    context.database,
                    context.notifier,
                    recording_id,
                    RecordingEvent.NO_SOUND,
                    Reason(RecordingReason.NO_SOUND),
                    now,
                )
            else:
                _keep(context.database, context.notifier, recording_id, fetched, now)
    except ProviderRefused as refusal:
        end = RecordingEvent.NO_SOUND if refusal.status == GONE else RecordingEvent.GIVEN_UP
        refused = Reason(RecordingReason.PROVIDER_REFUSED, {"status": refusal.status or refusal.reason})
        _end(context.database, context.notifier, recording_id, end, refused, now)


@job("delete_recording", queue="now")
def delete_at_provider(context: AppContext, provider: Provider, recording_id: str, now: datetime) -> None:
    """Delete the provider's copy of a recording that we hold, once ours was read back and opened as its row names it.

    Raises `DigestMismatch`, `Undecipherable`, `NotFound` when it cannot be, `ProviderCopyRemains` when the provider
    refuses, `ProviderDown`.
    """
    with context.database.read() as session:
        recording = queries.recording(session, recording_id)
    is_purged = recording.state is RecordingState.PURGED
    if not is_purged and (recording.state not in HELD or recording.blob is None):
        raise Discard(f"the recording is {recording.state}: the provider's copy may be the only one")
    if not is_purged:
        sealed_sound_service.verify(context.objects, context.keyring, recording)
    try:
        provider.delete_recording(recording.provider_sid)
    except ProviderRefused as refusal:
        raise ProviderCopyRemains(f"the provider keeps its copy: {refusal.status or refusal.reason}") from refusal
    with context.database.write() as session:
        queries.recording(session, recording_id).deleted_at_provider_at = now


def decrypted_wav(objects: ObjectStore, keyring: Keyring, recording: Recording) -> bytes:
    """Return the WAV file of a recording that we hold. Raises `NotFound`, `Undecipherable`, `DigestMismatch`."""
    return sealed_sound_service.read_all(objects, keyring, recording)


def sealing_context(recording_id: str) -> str:
    """Return what audio is bound to that the keyring itself sealed: it cannot be opened as another recording's."""
    return f"recording:{recording_id}"


def _follow(session: Session, notifier: Notifier, recording: Recording, report: RecordingReport, now: datetime) -> None:
    is_silent = report.state is RecordingState.READY and report.seconds == 0
    event = RecordingEvent.REPORTED_ABSENT if is_silent else REPORTED[report.state]
    if not transitions.transition(recording, event):
        log.get().info("recording_report_ignored", recording_id=recording.id, state=recording.state)
        return
    reason = Reason(RecordingReason.PROVIDER_SAID, {"state": report.state.value})
    recording.reason = None if recording.state is RecordingState.READY else reason
    recording.seconds = None if report.seconds is None else float(report.seconds)
    recording.channels = report.channels
    if recording.state is RecordingState.READY:
        # Given up before, it is fetched anew.
        jobs.renew(session, notifier, "fetch_recording", recording.id, now)
    _tell(session, notifier, recording, now)
    score_call_when_last(session, notifier, recording, now)


def _length(provider: Provider, recording: Recording) -> float | None:
    """Return how long the provider says that it lasts."""
    if recording.seconds is not None:
        return recording.seconds
    view = provider.recording(recording.provider_sid)
    return None if view is None or view.seconds is None else float(view.seconds)


def _keep(database: Database, notifier: Notifier, recording_id: str, fetched: FetchedRecording, now: datetime) -> None:
    with database.write() as session:
        recording = queries.recording(session, recording_id)
        if recording.state is not RecordingState.READY:
            raise Discard("another worker was faster")
        transitions.transition(recording, RecordingEvent.STORED)
        orphans.keep(session, fetched.envelope.blob)
        fetched.envelope.write(recording)
        recording.seconds, recording.channels = fetched.layout.seconds, fetched.layout.channels
        recording.stored_at, recording.reason = now, None
        _file_message(session, notifier, recording, now)
        jobs.add(session, notifier, "delete_recording", recording_id, now)
        call = queries.call(session, recording.call_id)
        is_urgent = call is not None and urgency.is_urgent(call.intent, queries.cases(session, call.id), call.rating)
        jobs.add(session, notifier, "transcribe", recording_id, now, urgency=int(is_urgent))
        _tell(session, notifier, recording, now)


def _end(
    database: Database, notifier: Notifier, recording_id: str, event: RecordingEvent, reason: Reason, now: datetime
) -> None:
    with database.write() as session:
        recording = queries.recording(session, recording_id)
        if transitions.transition(recording, event):
            recording.reason = reason
            _tell(session, notifier, recording, now)
            score_call_when_last(session, notifier, recording, now)
            if recording.state is RecordingState.FAILED:
                # After the call's row was locked: the job locks its own row last, too.
                _file_message(session, notifier, recording, now)


def _file_message(session: Session, notifier: Notifier, recording: Recording, now: datetime) -> None:
    """Open a message's case as soon as its sound is here, or is known to be lost."""
    if recording.kind is RecordingKind.MESSAGE:
        jobs.renew(session, notifier, "file_message", recording.id, now)


def _tell(session: Session, notifier: Notifier, recording: Recording, now: datetime) -> None:
    made = EVENTS.get(recording.state)
    if made is not None:
        call_log.record(session, notifier, recording.call_id, made(recording_id=recording.id), now)
