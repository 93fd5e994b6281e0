"""Transcription of recordings that we hold; one transaction per function."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Transcript, Utterance
from hotline.outbox import call_log, transitions
from hotline.outbox.job_kinds import job
from hotline.values.call_events import RecordingTranscribed
from hotline.values.states.recording import RecordingEvent, RecordingKind, RecordingState
from recordings.search.service import index_transcript
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.engines import choice as engine_choice
from recordings.storage import queries
from recordings.storage.completion_service import score_call_when_last
from recordings.transcripts import transcribing_service


@job("transcribe", queue="speech")
def transcribe(context: AppContext, recording_id: str, now: datetime) -> None:
    """Turn the sound that we hold into a dialogue. Raises `EngineMissing`, `ModelDamaged`, `DigestMismatch`."""
    with context.database.read() as session:
        recording = queries.recording(session, recording_id)
        call = queries.call(session, recording.call_id)
    if recording.state is not RecordingState.STORED or call is None:
        raise Discard(f"the recording is {recording.state}, not stored")
    engine = engine_choice.open_engine(
        context.settings.speech_engine, call.language, engine_choice.models_of(context.settings)
    )
    lines = transcribing_service.lines_of(context, recording, call.language, engine)
    if recording.kind is RecordingKind.MESSAGE:
        lines = [replace(line, speaker="caller") for line in lines]  # one channel, and nobody else is on it
    transcript = Transcript(
        recording_id=recording_id, call_id=call.id, engine=engine.name, language=call.language, made_at=now
    )
    transcript.utterances = [_utterance(line) for line in lines]
    _store(context, transcript, lines, now)


def _store(context: AppContext, transcript: Transcript, lines: Sequence[TranscriptLine], now: datetime) -> None:
    with context.database.write() as session:
        recording = queries.recording(session, transcript.recording_id)
        if recording.state is not RecordingState.STORED:
            raise Discard("another worker was faster")
        transitions.transition(recording, RecordingEvent.TRANSCRIBED)
        session.add(transcript)
        session.flush()
        transcribing_service.forget(session, recording.id)
        index_transcript(session, context.keyring, transcript)
        event = RecordingTranscribed(recording_id=recording.id, lines=len(lines))
        call_log.record(session, context.notifier, recording.call_id, event, now)
        score_call_when_last(session, context.notifier, recording, now)


def _utterance(line: TranscriptLine) -> Utterance:
    words = [list(word) for word in line.words]
    return Utterance(
        speaker=line.speaker, start=line.start, end=line.end, text=line.text, confidence=line.confidence, words=words
    )
