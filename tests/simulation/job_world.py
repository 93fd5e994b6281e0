"""Two workers on the same work; one stalls, dies or fails at any step: at a transaction, the store, the provider.

A step is whatever a job does outside of itself. Workers run in turn, so the same numbers give the same run.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from campaigns.dialling import message_service
from hotline import clock
from hotline.context import AppContext
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.errors import HotlineError
from hotline.models import Call, CallHistoryEvent, Job, Recording, UnreferencedObject
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from hotline.outbox import jobs
from hotline.values.language import Language
from hotline.values.states.job import JobState
from hotline.values.states.recording import RecordingState
from recordings.storage import service
from telephony.errors import ProviderRefused
from telephony.provider import Provider
from tests.integration.transcripts_house import wav
from workers import run, sweep
from workers.registry import JOB_KINDS, JobKind
from workers.run import WorkerContext

SECONDS = 3.0
SOUND = wav(SECONDS)
NUMBER, BODY = "+8613800138000", "the advice"
LEASE = 600  # seconds: nothing of it runs out unless the test says so
KINDS = ("fetch_recording", "delete_recording", "text_advice")


class Killed(BaseException):
    """The worker's process dies here."""


@dataclass
class Steps:
    """The steps of one worker; at number `at`, from 1, something happens."""

    at: int = 0
    happens: Callable[[], None] = lambda: None
    count: int = 0
    names: list[str] = field(default_factory=list)
    is_off: bool = False

    def __call__(self, name: str) -> None:
        if self.is_off or threading.current_thread().name == "lease":
            return
        self.count += 1
        self.names.append(name)
        if self.count == self.at:
            self.happens()


class SteppedDatabase(Database):
    """A database with a step before and after each transaction."""

    def __init__(self, real: Database, step: Steps) -> None:
        self.__dict__.update(real.__dict__)
        self._real, self._step = real, step

    @contextmanager
    def read(self) -> Iterator[Session]:
        self._step("read")
        with self._real.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._step("write")
        with self._real.write() as session:
            yield session
        self._step("written")


class SteppedBlobs(ObjectStore):
    """A store with a step before and after each request that may take long."""

    def __init__(self, real: ObjectStore, step: Steps) -> None:
        self.__dict__.update(real.__dict__)
        self._step = step

    def put_sealed(self, name: str, pieces: Iterable[bytes]) -> None:
        self._step("put")
        super().put_sealed(name, pieces)
        self._step("was put")

    def sealed_part(self, name: str, start: int, length: int) -> bytes:
        self._step("get")
        return super().sealed_part(name, start, length)

    def delete(self, name: str) -> None:
        self._step("delete")
        super().delete(name)


@dataclass
class Outside:
    """The provider: one recording, and the texts that were sent. It may be asked by nobody who lost the work."""

    opens: Callable[[], bool]
    files: dict[str, bytes] = field(default_factory=lambda: {"RE1": SOUND})
    texts: list[str] = field(default_factory=list)
    deletions: list[bool] = field(default_factory=list)

    def of(self, step: Steps) -> Provider:
        """The provider as one worker reaches it."""
        return cast(Provider, Reached(self, step))


@dataclass
class Reached:
    """The requests of one worker. It may stall as soon as one is done."""

    outside: Outside
    step: Steps

    @contextmanager
    def fetch_recording(self, sid: str, channels: int = 2) -> Iterator[Iterator[bytes]]:
        """The sound in two pieces."""
        assert channels == 2
        if sid not in self.outside.files:
            raise ProviderRefused("gone", 404)
        data = self.outside.files[sid]
        self.step("fetched")
        yield iter((data[:1000], data[1000:]))

    def delete_recording(self, sid: str) -> None:
        self.outside.deletions.append(self.outside.opens())
        self.outside.files.pop(sid, None)
        self.step("deleted")

    def was_texted(self, number: str, sender: str, body: str, since: datetime) -> bool:
        del number, sender, since
        was_sent = body in self.outside.texts
        self.step("asked for texts")
        return was_sent

    def text(self, number: str, sender: str, body: str) -> str:
        del number, sender
        self.outside.texts.append(body)
        self.step("texted")
        return "SM1"


def advise(context: AppContext, provider: Provider, _subject_id: str, now: datetime) -> None:
    """As `campaigns.dialogue.after_call_service.advise` sends it."""
    message_service.send(context.settings, provider, NUMBER, BODY, now)


class World:
    """One recording that is ready at the provider, one text that is to be sent, and the work of both."""

    def __init__(self, context: AppContext) -> None:
        self.context = replace(context, settings=context.settings.model_copy(update={"worker_lease_seconds": LEASE}))
        self.outside = Outside(self.opens)
        self.passed = 0.0
        now = clock.now()
        with context.database.write() as session:
            call = Call(
                provider_sid="CA1", language=Language.ENGLISH, dialogue_state={}, started_at=now, last_report_at=now
            )
            session.add(call)
            session.flush()
            recording = Recording(provider_sid="RE1", call_id=call.id, state=RecordingState.READY, started_at=now)
            recording.seconds, recording.channels = SECONDS, 2
            session.add(recording)
            session.flush()
            jobs.add(session, context.notifier, "fetch_recording", recording.id, now)
            jobs.add(session, context.notifier, "text_advice", "a1", now)
        self.recording_id = recording.id

    def job(self, kind: str) -> Job:
        """The work of this kind."""
        with self.context.database.read() as session:
            return session.scalars(select(Job).where(Job.kind == kind)).one()

    def recording(self) -> Recording:
        """The recording's row."""
        with self.context.database.read() as session:
            return session.get_one(Recording, self.recording_id)

    def work(self, kind: str, step: Steps | None = None) -> None:
        """A worker does this work, if it can be taken."""
        step = step or Steps()
        stepped = SteppedDatabase(self.context.database, step)
        context = replace(self.context, database=stepped, objects=SteppedBlobs(self.context.objects, step))
        kinds = {**JOB_KINDS, "text_advice": JobKind("text_advice", "now", advise)}
        run.run(WorkerContext(context, self.outside.of(step), kinds, lambda: self.passed), self.job(kind).id)

    def expire(self) -> None:
        """Time passes: every lease runs out, and every pause is over."""
        self.passed += LEASE + 1
        with self.context.database.write() as session:
            past = server_clock.now(session) - timedelta(seconds=5)
            session.execute(update(Job).where(Job.held_until.is_not(None)).values(held_until=past))
            session.execute(update(Job).where(Job.state == JobState.DUE).values(due_at=past))

    def prepare(self, kind: str) -> None:
        """Bring it to where this work is to be done."""
        if kind == "delete_recording":
            self.work("fetch_recording")

    def settle(self) -> None:
        """Nothing fails any more: work is done as often as it is due, by workers who come and go."""
        for _ in range(4):
            self.expire()
            sweep.forgotten_jobs(self.context.database, self.context.notifier)
            with self.context.database.read() as session:
                is_due = (Job.kind.in_(KINDS), Job.state == JobState.DUE)
                due = list(session.scalars(select(Job.kind).where(*is_due)))
            if not due:
                return
            for kind in due:
                self.work(kind)

    def opens(self) -> bool:
        """Whether what the row names is in our store and can be opened."""
        recording = self.recording()
        try:
            return (
                recording.blob is not None
                and service.decrypted_wav(self.context.objects, self.context.keyring, recording) == SOUND
            )
        except HotlineError:
            return False

    def assert_safe(self) -> None:
        """At every moment: no recording is lost, and the provider's was deleted only while ours could be opened."""
        assert self.opens() or "RE1" in self.outside.files, "the recording is lost"
        assert all(self.outside.deletions), "the provider's copy was deleted while ours could not be opened"
        assert len(self.outside.texts) < 2, "a text was sent twice"

    def assert_done(self) -> None:
        """In the end: everything is done, once, and the store holds what the row names and nothing else."""
        self.assert_safe()
        states = {kind: self.job(kind).state for kind in KINDS}
        # Who takes over from one that died after its commit finds nothing left to do.
        ends = {JobState.DONE, JobState.DISCARDED}
        assert set(states.values()) <= ends, {kind: (self.job(kind).state, self.job(kind).reason) for kind in KINDS}
        assert (self.opens(), self.outside.files, self.outside.texts) == (True, {}, [BODY])
        with self.context.database.read() as session:
            told = Counter(session.scalars(select(CallHistoryEvent.kind)))
        assert told["recording_stored"] == 1
        self._sweep_blobs()
        assert self.stored() == [self.recording().blob]

    def _sweep_blobs(self) -> None:
        with self.context.database.write() as session:
            session.execute(update(UnreferencedObject).values(made_at=UnreferencedObject.made_at))
            for row in session.scalars(select(UnreferencedObject)):
                row.made_at -= orphans.SAFE + timedelta(minutes=1)
        orphans.sweep(self.context.database, self.context.objects)

    def stored(self) -> list[str]:
        """The names of all blobs."""
        folder = Path(self.context.settings.objects.removeprefix("file://"))
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def stalled(world: World, kind: str, at: int, meanwhile: Callable[[], None]) -> Steps:
    """A worker that stalls at its step `at`; `meanwhile` happens; it goes on as if nothing had. Its steps."""
    reached, go_on = threading.Event(), threading.Event()

    def stall() -> None:
        reached.set()
        assert go_on.wait(120)

    step = Steps(at, stall)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            world.work(kind, step)
        except BaseException as fault:
            faults.append(fault)
        finally:
            reached.set()

    thread = threading.Thread(target=work, name="stalled worker")
    thread.start()
    assert reached.wait(120)
    try:
        meanwhile()
    finally:
        go_on.set()
        thread.join()
    assert not faults, faults
    return step
