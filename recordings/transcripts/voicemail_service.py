"""Messages that callers left: each becomes a case with a deadline, unless there is nothing to be heard in it."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm.callers import queries as caller_queries
from crm.cases import service as crm
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring
from hotline.errors import Discard
from hotline.models import Call, Recording
from hotline.object_store.store import ObjectStore
from hotline.outbox import call_log
from hotline.outbox.job_kinds import job
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import MessageSilent
from hotline.values.intent import Intent
from hotline.values.states.call import CallOutcome
from hotline.values.states.case import CaseKind
from hotline.values.states.recording import HELD, RecordingKind, RecordingState
from recordings.speech import audio_chunks
from recordings.speech.voice_activity import speech_segments
from recordings.storage import queries, sealed_sound_service

KINDS = {Intent.COMPLAINT: CaseKind.COMPLAINT, Intent.OPINION: CaseKind.OPINION}
LONGEST_STRETCH = 20.0
# How a call ends whose caller hung up while speaking.
UNSAID = frozenset({CallOutcome.ABANDONED, CallOutcome.LEFT_IN_MENU, CallOutcome.OUT_OF_HOURS})


@job("file_message", queue="now")
def file(context: AppContext, recording_id: str, now: datetime) -> None:
    """Open a message's case; a job. Silence opens none, lost sound does. Again: nothing."""
    with context.database.read() as session:
        recording = queries.recording(session, recording_id)
    if recording.kind is not RecordingKind.MESSAGE:
        raise Discard("the recording is no message")
    if recording.state in HELD and not speaks(context.objects, context.keyring, recording):
        with context.database.write() as session:
            call_log.record(session, context.notifier, recording.call_id, MessageSilent(), now)
        return
    if recording.state not in HELD and recording.state is not RecordingState.FAILED:
        raise Discard(f"the recording is {recording.state}")
    with context.database.write() as session:
        _open(session, context.notifier, context.settings, recording, now)


def speaks(objects: ObjectStore, keyring: Keyring, recording: Recording) -> bool:
    """Return whether anybody speaks in a recording that we hold. Raises `DigestMismatch`, `Undecipherable`."""
    pieces = audio_chunks.chunks(sealed_sound_service.open_stream(objects, keyring, recording))
    return any(speech_segments(channel, LONGEST_STRETCH) for piece in pieces for channel in piece.sound.channels)


def _open(session: Session, notifier: Notifier, settings: Settings, recording: Recording, now: datetime) -> None:
    call = queries.locked_call(session, recording.call_id)
    if call is None:
        raise Discard("the call is gone")
    if call.outcome in UNSAID and not queries.gave_up(session, call.id):
        call.outcome = CallOutcome.MESSAGE  # they hung up instead of pressing a key
    owner = caller_queries.caller_profile(session, call.caller_index, now).owner_agent_id
    new = crm.NewCase(kind_of(call), call, owner_agent_id=owner)
    crm.open_case(session, notifier, settings, new, crm.Actor(), now)


def kind_of(call: Call) -> CaseKind:
    """Return the kind of a message's case: a complaint and an opinion are what they are, anything else is a message."""
    return KINDS.get(call.intent, CaseKind.MESSAGE)
