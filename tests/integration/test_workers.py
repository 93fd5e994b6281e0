"""Jobs on both databases with a real RQ worker process: done once, retried, discarded, failed, and found when lost."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from obstore.exceptions import GenericError
from rq.timeouts import JobTimeoutException
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Job, PartialTranscript, Prompt, Recording, Row, Transcript
from hotline.outbox import jobs
from hotline.values.language import Language
from hotline.values.states.job import JobState
from hotline.values.states.recording import RecordingState
from recordings.errors import DigestMismatch, EngineMissing, RecordingTooLarge
from recordings.storage import sealed_sound_service
from telephony.errors import ProviderDown
from telephony.provider import connect
from tests.integration.transcripts_house import recorded, wav
from tests.support.servers import wait_for
from workers import run, sweep
from workers.clock import leader
from workers.registry import JobKind
from workers.run import WorkerContext

CODES: dict[type[Exception], str] = {
    ProviderDown: "provider_down",
    Discard: "discard",
    KeyError: "unexpected",
    OSError: "store",
    GenericError: "store",
    OperationalError: "database",
    JobTimeoutException: "took_too_long",
    DigestMismatch: "altered_recording",
    EngineMissing: "engine_missing",
    RecordingTooLarge: "recording_too_large",
}


@pytest.fixture
def home(context: AppContext, settings: Settings) -> WorkerContext:
    """A worker's resources; the exchange is one that nobody answers at."""
    return WorkerContext(context, connect(settings.model_copy(update={"twilio_api_base": "http://127.0.0.1:1"})))


def doing(home: WorkerContext, work: Callable[..., None]) -> WorkerContext:
    """The same worker, with other work behind the job kind `check_call`."""
    return WorkerContext(home.context, home.provider, {"check_call": JobKind("check_call", "speech", work)})


def add(context: AppContext, kind: str = "check_call", subject: str = "c1", ago: float = 0) -> Job:
    with context.database.write() as session:
        job = jobs.add(session, context.notifier, kind, subject, clock.now())
        job.due_at -= timedelta(seconds=ago)
        return job


def row(context: AppContext, job: Job) -> Job:
    with context.database.read() as session:
        return session.get_one(Job, job.id)


def test_work_is_done_once_though_two_workers_take_it_at_the_same_time(home: WorkerContext) -> None:
    done: list[str] = []
    both = threading.Barrier(2)
    home = doing(home, lambda _context, _provider, subject, _now: done.append(subject))
    job = add(home.context)

    def take() -> None:
        both.wait()
        run.run(home, job.id)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.run(home, job.id)
    assert done == ["c1"]
    assert row(home.context, job).state is JobState.DONE


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ProviderDown("the exchange is down"), JobState.DUE),
        (Discard("gone"), JobState.DISCARDED),
        (KeyError("+8613800000001"), JobState.DUE),
        (OSError("no space left on device"), JobState.DUE),
        (GenericError("S3 is away"), JobState.DUE),
        (OperationalError("SELECT 1", {}, Exception("the database is locked")), JobState.DUE),
        (JobTimeoutException("30 minutes"), JobState.DUE),
        (DigestMismatch("r1"), JobState.FAILED),
        (EngineMissing("no model"), JobState.FAILED),
        (RecordingTooLarge("501 MB"), JobState.FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_failures_are_sorted(home: WorkerContext, error: Exception, state: JobState) -> None:
    def fails(*_: object) -> None:
        raise error

    job = add(home.context)
    run.run(doing(home, fails), job.id)
    after = row(home.context, job)
    assert after.state is state
    assert after.reason == CODES[type(error)]
    is_outage = isinstance(error, ProviderDown)
    is_failure = not isinstance(error, Discard)
    assert (after.tries, after.outages, after.worker_deaths) == (is_failure and not is_outage, is_outage, 0)
    assert "138" not in after.reason
    assert after.held_until is None
    assert (after.due_at > job.due_at) == (state is JobState.DUE)


def test_work_that_is_asked_for_anew_while_a_worker_is_at_it_is_done_once_more(home: WorkerContext) -> None:
    done: list[str] = []

    def asked_meanwhile(_context: AppContext, _provider: object, subject: str, now: datetime) -> None:
        done.append(subject)
        if len(done) == 1:
            with home.context.database.write() as session:
                jobs.renew(session, home.context.notifier, "check_call", subject, now)
            raise Discard("nothing to do yet")

    job = add(home.context)
    for _ in range(3):
        run.run(doing(home, asked_meanwhile), job.id)
    assert done == ["c1", "c1"]
    assert row(home.context, job).state is JobState.DONE


def test_work_that_outlives_its_lease_keeps_it(home: WorkerContext) -> None:
    context = home.context
    short = WorkerContext(
        AppContext(
            settings=context.settings.model_copy(update={"worker_lease_seconds": 1}),
            keyring=context.keyring, database=context.database, notifier=context.notifier, objects=context.objects,
        ),
        home.provider,
    )  # fmt: skip
    job = add(context)
    first_lease: list[datetime] = []

    def slow(*_: object) -> None:
        first_lease.append(row(context, job).held_until or clock.now())
        wait_for(lambda: (row(context, job).held_until or first_lease[0]) > first_lease[0], 5, "a renewed lease")

    run.run(doing(short, slow), job.id)
    assert row(context, job).state is JobState.DONE


def test_sweep_rings_again_for_a_lost_bell_and_for_a_dead_worker_and_for_nothing_else(context: AppContext) -> None:
    lost, held, dead, later, done = (add(context, subject=name, ago=60) for name in "abcde")
    now = clock.now()
    with context.database.write() as session:
        for job, values in (
            (held, {"held_until": now + timedelta(seconds=60), "token": 1}),
            (dead, {"held_until": now - timedelta(seconds=5), "token": 1}),
            (later, {"due_at": now + timedelta(seconds=60)}),
            (done, {"state": JobState.DONE}),
        ):
            session.execute(update(Job).where(Job.id == job.id).values(**values))
    wait_for(lambda: len(list(context.notifier.redis.scan_iter("rq:job:*"))) == 5, 60, "every notification")
    context.notifier.redis.flushdb()
    assert sweep.forgotten_jobs(context.database, context.notifier) == 2
    assert sweep.forgotten_jobs(context.database, context.notifier) == 0  # they are in line now
    rung = {key.decode().split(":")[-1] for key in context.notifier.redis.scan_iter("rq:job:*")}
    assert rung == {f"{lost.id}-0", f"{dead.id}-1"}


def test_work_that_kills_its_workers_is_given_up_with_a_reason(context: AppContext) -> None:
    job = add(context, ago=60)
    past = clock.now() - timedelta(seconds=5)
    with context.database.write() as session:
        session.execute(update(Job).where(Job.id == job.id).values(held_until=past, worker_deaths=4))
    sweep.forgotten_jobs(context.database, context.notifier)
    after = row(context, job)
    assert (after.state, after.reason, after.worker_deaths, after.tries) == (JobState.FAILED, "worker_died", 5, 0)


def test_failed_work_is_done_again_when_staff_ask_for_it(home: WorkerContext) -> None:
    def fails(*_: object) -> None:
        raise DigestMismatch

    job = add(home.context)
    run.run(doing(home, fails), job.id)
    assert again(home.context) == [job.id]
    assert again(home.context) == []
    run.run(doing(home, lambda *_: None), job.id)
    assert row(home.context, job).state is JobState.DONE


def again(context: AppContext) -> list[str]:
    with context.database.write() as session:
        return jobs.again(session, context.notifier)


@pytest.fixture
def environment(settings: Settings, context: AppContext) -> dict[str, str]:
    """The environment of a worker process of this installation."""
    secret = {"hotline_keys", "secret_key", "twilio_auth_token"}
    plain = {name.upper(): str(value) for name, value in settings if value is not None and name not in secret}
    for name in secret:
        plain[name.upper()] = getattr(settings, name).get_secret_value()
    assert context.settings is settings
    return os.environ | plain | {"WORKER_LEASE_SECONDS": "2", "DEFAULT_LANGUAGE": settings.default_language.value}


@pytest.fixture
def worker(environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a real worker process; all of them end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-m", "cli.main", "run", "worker"], env=environment))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(20)


def test_a_worker_killed_while_it_transcribes_costs_that_call_its_own_time_and_no_other_job(
    context: AppContext, settings: Settings, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    long = stored(context, 490.0)
    with context.database.write() as session:
        jobs.add(session, context.notifier, "transcribe", long.id, clock.now())
    first = worker()
    wait_for(lambda: rows(context, PartialTranscript), 60, "a part of the transcript")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    [part] = rows(context, PartialTranscript)
    prompts(context, 3)
    worker()
    sweeps = leader(context, connect(settings.model_copy(update={"twilio_api_base": "http://127.0.0.1:1"})))
    wait_for(lambda: sweeps.work(clock.now()) and count(context, JobState.DUE) == 0, 40, "every job")
    [transcript] = rows(context, Transcript)
    assert (transcript.recording_id, rows(context, PartialTranscript)) == (long.id, [])
    [recording] = rows(context, Recording)
    assert recording.state is RecordingState.TRANSCRIBED
    [job] = [job for job in rows(context, Job) if job.kind == "transcribe"]
    assert (job.state, job.worker_deaths, job.tries, part.next_at > 100) == (JobState.DONE, 1, 0, True)
    assert all(prompt.rendered_at is not None for prompt in rows(context, Prompt))
    # Nobody who called for something else waited for the lease of the dead.
    others = [other for other in rows(context, Job) if other.kind == "render_prompt"]
    assert {other.ended_at is not None and other.ended_at < job.ended_at for other in others} == {True}


def stored(context: AppContext, seconds: float) -> Recording:
    """A stored recording on one channel, long enough to be worked through in several parts."""
    made = recorded(context, clock.now(), ())
    data = wav(seconds, channels=1)
    lock = sealed_sound_service.put(context.objects, context.keyring, "recordings/long", made.recording.id, [data])
    with context.database.write() as session:
        session.delete(session.get_one(Transcript, made.transcript.id))
        row = session.get_one(Recording, made.recording.id)
        row.state, row.seconds, row.channels, row.size = RecordingState.STORED, seconds, 1, len(data)
        row.blob, row.data_key, row.key_id = lock.blob, lock.data_key, lock.key_id
        row.digest = hashlib.sha256(data).hexdigest()
    return row


def prompts(context: AppContext, number: int) -> None:
    """Prompts that are to be rendered."""
    with context.database.write() as session:
        for each in range(number):
            session.add(Prompt(digest=f"{each:064x}", language=Language.ENGLISH, text=f"prompt number {each}"))
            jobs.add(session, context.notifier, "render_prompt", f"{each:064x}", clock.now())


def rows(context: AppContext, model: type[Row]) -> list[Any]:
    """All rows of this table."""
    with context.database.read() as session:
        return list(session.scalars(select(model)))


def count(context: AppContext, state: JobState) -> int:
    with context.database.read() as session:
        return len(session.scalars(select(Job.id).where(Job.state == state)).all())
