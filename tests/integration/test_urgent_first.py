"""Urgent recordings overtake a backlog, and a long one makes room: real Redis, a real worker, both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.errors import GivesWay
from hotline.models import Job, Recording
from hotline.models import PartialTranscript as PartRow
from hotline.outbox import jobs
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.job import JobState
from hotline.values.states.recording import RecordingState
from recordings.speech.recognition import Engine, RecognisedSegment
from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import Pcm
from recordings.transcripts import transcribing_service
from tests.integration.transcripts_house import Recorded, recorded
from tests.support.servers import wait_for
from workers import sweep

NOW = clock.now()
BACKLOG = 40


@pytest.fixture
def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """The settings of the test for another process."""
    values = {
        name.upper(): str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
        for name, value in settings
        if value is not None
    }
    return os.environ | values | {"HOTLINE_HOME": str(tmp_path / "home")}


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is started by the test when everything waits."""
    script = (
        "import sys; sys.stdin.readline(); from cli.main import main; sys.argv = ['hotline', 'run', 'worker']; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdin=subprocess.PIPE)
    yield process
    process.terminate()
    process.communicate(timeout=20)


def waiting(context: AppContext, made: Recorded, urgency: int = 0) -> Job:
    """Its transcript is to be made; the sound is gone, so that each try ends at once."""
    with context.database.write() as session:
        session.get_one(Recording, made.recording.id).state = RecordingState.STORED
        session.get_one(Recording, made.recording.id).blob = None
        return jobs.add(session, context.notifier, "transcribe", made.recording.id, NOW, urgency)


def test_urgent_recordings_overtake_a_backlog_whenever_they_become_urgent(
    context: AppContext, worker: subprocess.Popen[bytes]
) -> None:
    for _ in range(BACKLOG):
        waiting(context, recorded(context, NOW, (("agent", "您好"),)))
    became = waiting(context, recorded(context, NOW, (("agent", "您好"),), intent=Intent.COMPLAINT))
    last = waiting(context, recorded(context, NOW, (("agent", "您好"),)), urgency=1)
    assert sweep.urgent_words(context.database, context.notifier) == 1
    assert sweep.urgent_words(context.database, context.notifier) == 0
    assert worker.stdin is not None
    worker.stdin.write(b"go\n")
    worker.stdin.flush()
    wait_for(lambda: tried(context) == BACKLOG + 2, 90, "every job")
    with context.database.read() as session:
        order = list(session.scalars(select(Job.id).order_by(Job.first_failed_at)))
    assert set(order[:2]) == {became.id, last.id}


def tried(context: AppContext) -> int:
    with context.database.read() as session:
        return len(session.scalars(select(Job.id).where(Job.first_failed_at.is_not(None))).all())


class Deaf:
    """An engine that hears nothing, and notes how many seconds it was given."""

    name, longest_seconds = "deaf", 29.0

    def __init__(self) -> None:
        self.given = 0.0

    def recognise(
        self, pcm: Pcm, stretches: Sequence[SpeechSegment], language: Language, prompt: str = ""
    ) -> Iterator[RecognisedSegment]:
        assert (language, prompt) == (Language.MANDARIN, "")
        self.given += len(pcm) / 8000
        return iter([RecognisedSegment(one.start, one.end, "", 0.0) for one in stretches][:0])


def test_a_long_recording_makes_room_and_goes_on_where_it_stopped(context: AppContext) -> None:
    long = recorded(context, NOW)
    with context.database.write() as session:
        jobs.add(session, context.notifier, "transcribe", long.recording.id, NOW)
    engine = Deaf()
    heard: Engine = engine
    urgent = recorded(context, NOW - timedelta(minutes=1))
    with context.database.write() as session:
        job = jobs.add(session, context.notifier, "transcribe", urgent.recording.id, NOW, urgency=1)
    with pytest.raises(GivesWay):
        transcribing_service.lines_of(context, long.recording, Language.MANDARIN, heard, 5.0)
    first = engine.given
    assert 0 < first < 2 * 6
    with context.database.write() as session:
        session.get_one(Job, job.id).state = JobState.DONE
    assert transcribing_service.lines_of(context, long.recording, Language.MANDARIN, heard, 5.0) == []
    assert engine.given == pytest.approx(2 * 13.0, abs=0.1)  # both channels, nothing twice
    with context.database.write() as session:
        assert session.scalars(select(PartRow)).all()
        transcribing_service.forget(session, long.recording.id)
        assert not session.scalars(select(PartRow)).all()
