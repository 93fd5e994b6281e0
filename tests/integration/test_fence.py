"""Work that a worker has lost: nothing of it is committed, nothing more is asked of the provider; both databases."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.context import AppContext
from hotline.database import server_clock
from hotline.database.database import Database
from hotline.errors import LeaseLost
from hotline.models import Job, UnreferencedObject
from hotline.outbox import jobs
from hotline.values.states.job import JobState
from telephony.errors import ProviderDown
from telephony.provider import Provider, connect
from tests.support.servers import wait_for
from workers import run
from workers.job_lease import JobLease, take
from workers.registry import JobKind
from workers.run import WorkerContext

LEASE = timedelta(seconds=600)


def add(context: AppContext) -> Job:
    with context.database.write() as session:
        return jobs.add(session, context.notifier, "check_call", "c1", clock.now())


def row(context: AppContext, job: Job) -> Job:
    with context.database.read() as session:
        return session.get_one(Job, job.id)


def take_over(context: AppContext, job: Job) -> JobLease:
    """Another worker takes the work, because the lease of the first has run out."""
    with context.database.write() as session:
        past = server_clock.now(session) - timedelta(seconds=1)
        session.execute(update(Job).where(Job.id == job.id).values(held_until=past))
    hold = take(context.database, job.id, LEASE)
    assert hold is not None
    return hold


def written(context: AppContext) -> list[str]:
    with context.database.read() as session:
        return sorted(session.scalars(select(UnreferencedObject.name)))


def write(context: AppContext, name: str, now: datetime) -> None:
    """A row like any other that a job writes."""
    with context.database.write() as session:
        session.add(UnreferencedObject(name=name, made_at=now))


def home(context: AppContext, work: Callable[..., None], lease_seconds: int = 600) -> WorkerContext:
    changed = {"worker_lease_seconds": lease_seconds, "twilio_api_base": "http://127.0.0.1:1"}
    settings = context.settings.model_copy(update=changed)
    return WorkerContext(
        replace(context, settings=settings), connect(settings), {"check_call": JobKind("check_call", "speech", work)}
    )


def test_what_a_worker_writes_or_asks_for_that_has_lost_its_work_does_not_happen(context: AppContext) -> None:
    job, came = add(context), []

    def slow(of_job: AppContext, provider: Provider, _subject: str, now: datetime) -> None:
        write(of_job, "before", now)
        take_over(context, job)
        deeds: tuple[Callable[[], object], ...] = (lambda: write(of_job, "after", now), lambda: provider.leg("CA1"))
        for deed in deeds:
            try:
                deed()
            except Exception as fault:
                came.append(type(fault))

    run.run(home(context, slow), job.id)
    assert came == [LeaseLost, LeaseLost]  # and not that the provider cannot be reached
    assert written(context) == ["before"]
    after = row(context, job)
    assert (after.state, after.token, after.worker_deaths, after.held_until is None) == (JobState.DUE, 2, 1, False)


def test_who_holds_it_asks_the_provider_and_writes(context: AppContext) -> None:
    job, came = add(context), []

    def work(of_job: AppContext, provider: Provider, _subject: str, now: datetime) -> None:
        with pytest.raises(ProviderDown):
            provider.leg("CA1")
        write(of_job, "mine", now)
        came.append(now)

    run.run(home(context, work), job.id)
    assert (len(came), written(context), row(context, job).state) == (1, ["mine"], JobState.DONE)


def test_staff_who_have_it_done_again_take_it_from_a_worker_that_was_given_up(context: AppContext) -> None:
    job = add(context)
    hold = take(context.database, job.id, LEASE)
    assert hold is not None
    with context.database.write() as session:
        session.get_one(Job, job.id).state = JobState.FAILED
    with context.database.write() as session:
        assert jobs.again(session, context.notifier) == [job.id]
    with pytest.raises(LeaseLost):
        hold.renew()
    assert take(context.database, job.id, LEASE) is not None


class Unsteady(Database):
    """A database that does not answer the thread that renews leases."""

    def __init__(self, real: Database) -> None:
        self.__dict__.update(real.__dict__)
        self._real, self.is_away, self.refused = real, False, 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.is_away and threading.current_thread().name == "lease":
            self.refused += 1
            raise OperationalError("UPDATE jobs", {}, Exception("server closed the connection unexpectedly"))
        with self._real.write() as session:
            yield session


def test_a_lease_is_renewed_again_after_the_database_was_away_for_a_while(context: AppContext) -> None:
    job, unsteady = add(context), Unsteady(context.database)

    def work(*_: object) -> None:
        unsteady.is_away = True
        wait_for(lambda: unsteady.refused > 2, 60, "several renewals that fail")
        unsteady.is_away = False
        before = row(context, job).held_until
        wait_for(lambda: row(context, job).held_until != before, 60, "a renewal")

    run.run(home(replace(context, database=unsteady), work, 6), job.id)
    assert (row(context, job).state, row(context, job).tries) == (JobState.DONE, 0)


def test_a_lease_that_cannot_be_renewed_until_its_end_stops_the_work(context: AppContext) -> None:
    job, unsteady, came = add(context), Unsteady(context.database), []

    def work(of_job: AppContext, _provider: Provider, _subject: str, now: datetime) -> None:
        unsteady.is_away = True
        wait_for(lambda: not any(t.name == "lease" for t in threading.enumerate()), 60, "the end of the lease")
        unsteady.is_away = False
        came.append(now)
        write(of_job, "too late", now)

    run.run(home(replace(context, database=unsteady), work, 2), job.id)
    assert (len(came), written(context)) == (1, [])
    assert row(context, job).state is JobState.DUE


def test_the_end_of_work_is_written_down_after_the_database_was_away(context: AppContext) -> None:
    job = add(context)

    class Locked(Unsteady):
        @contextmanager
        def write(self) -> Iterator[Session]:
            if self.is_away and self.refused < 3:
                self.refused += 1
                raise OperationalError("UPDATE jobs", {}, Exception("database is locked"))
            with self._real.write() as session:
                yield session

    locked = Locked(context.database)

    def work(*_: object) -> None:
        locked.is_away = True

    run.run(home(replace(context, database=locked), work), job.id)
    assert (row(context, job).state, row(context, job).worker_deaths, locked.refused) == (JobState.DONE, 0, 3)
