"""From the sealed sound of a recording to the lines of its dialogue, chunk by chunk, so that nothing of it is lost.

What a chunk yielded is kept until the whole is done: a worker that dies, or that makes room for an urgent recording,
costs no more than the chunk it was at.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.errors import GivesWay
from hotline.models import Job, PartialTranscript, Recording
from hotline.outbox import jobs
from hotline.values.language import Language
from hotline.values.states.job import JobState
from recordings.speech import audio_chunks, hint_queries, hints
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.recognition import Engine
from recordings.storage import sealed_sound_service

KIND = "transcribe"


def lines_of(
    context: AppContext,
    recording: Recording,
    language: Language,
    engine: Engine,
    seconds: float = audio_chunks.CHUNK_SECONDS,
) -> list[TranscriptLine]:
    """Return the whole dialogue. Raises `GivesWay` between two chunks when another recording is
    urgent and this is not.
    """
    with context.database.read() as session:
        done = _done(session, recording.id)
        words = hint_queries.hints_for(session, context.settings.hints_file, language)
    lines = [_line(raw) for row in done for raw in row.lines]
    begin, number = (done[-1].next_at, done[-1].number + 1) if done else (0.0, 0)
    length = recording.seconds or 0.0
    for chunk in audio_chunks.chunks(
        sealed_sound_service.open_stream(context.objects, context.keyring, recording), begin, seconds
    ):
        recognised = [_moved(line, chunk.start) for line in hints.transcribe(chunk.sound, engine, words)]
        lines += recognised
        if chunk.end >= length - 0.5:
            break
        _keep(context.database, recording.id, number, chunk.end, recognised)
        number += 1
        if _is_awaited(context.database, recording.id):
            raise GivesWay(f"an urgent recording waits; this one goes on at {chunk.end:.0f} s")
    return lines


def forget(session: Session, recording_id: str) -> None:
    """Delete the partial transcripts of a recording that is transcribed or purged; within the caller's transaction."""
    session.execute(delete(PartialTranscript).where(PartialTranscript.recording_id == recording_id))


def _done(session: Session, recording_id: str) -> list[PartialTranscript]:
    query = (
        select(PartialTranscript)
        .where(PartialTranscript.recording_id == recording_id)
        .order_by(PartialTranscript.number)
    )
    return list(session.scalars(query))


def _keep(database: Database, recording_id: str, number: int, next_at: float, lines: list[TranscriptLine]) -> None:
    raw = [[line.speaker, line.start, line.end, line.text, line.confidence, line.words] for line in lines]
    with database.write() as session:
        stored = select(PartialTranscript.id).where(
            PartialTranscript.recording_id == recording_id, PartialTranscript.number == number
        )
        if session.scalar(stored) is None:
            session.add(PartialTranscript(recording_id=recording_id, number=number, next_at=next_at, lines=raw))


def _line(raw: list) -> TranscriptLine:  # type: ignore[type-arg] # as JSON gives it back
    speaker, start, end, text, confidence, words = raw
    return TranscriptLine(speaker, start, end, text, confidence, tuple((w[0], w[1], w[2], w[3]) for w in words))


def _moved(line: TranscriptLine, by: float) -> TranscriptLine:
    move: Callable[[float], float] = lambda second: round(second + by, 2)  # noqa: E731 (three uses in one expression)
    words = tuple((move(start), move(end), text, chance) for start, end, text, chance in line.words)
    return replace(line, start=move(line.start), end=move(line.end), words=words)


def _is_awaited(database: Database, recording_id: str) -> bool:
    with database.read() as session:
        now = server_clock.now(session)
        own = session.scalar(select(Job.urgency).where(Job.kind == KIND, Job.subject_id == recording_id))
        if own:
            return False
        urgent = select(Job.id).where(
            Job.kind == KIND, Job.state == JobState.DUE, Job.urgency > 0, Job.due_at <= now, jobs.is_free(now)
        )
        return session.scalar(urgent.limit(1)) is not None
