"""Reserved attempts are dialled by workers: once each, soon, and not when it is too late; on both databases."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from campaigns.dialling.pacing_service import Pacer
from campaigns.dialling.reconcile_service import LOST, Reconciler
from campaigns.planning import service
from hotline import clock
from hotline.context import AppContext
from hotline.models import Attempt, Job
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.job import JobState
from hotline.values.states.recipient import RecipientState
from tests.integration.campaign_house import NOW, Killed, Outside, attempts_of, campaign, outside, recipient
from tests.support.passing_time import pass_in_database
from tests.support.servers import wait_for
from workers import run, sweep
from workers.run import WorkerContext

SECOND = timedelta(seconds=1)


def reserved(context: AppContext) -> tuple[str, Job]:
    """The one recipient, reserved, and the job that dials them."""
    (only,) = campaign(context, 1)
    Pacer(context).work(NOW)
    with context.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "dial_attempt")).one()
    (attempt,) = attempts_of(context, only)
    assert (attempt.state, job.subject_id) == (AttemptState.RESERVED, attempt.id)
    return only, job


def row(context: AppContext, job: Job) -> Job:
    with context.database.read() as session:
        return session.get_one(Job, job.id)


def due_now(context: AppContext) -> None:
    with context.database.write() as session:
        session.execute(update(Job).values(state=JobState.DUE, held_until=None))


@pytest.fixture
def exchange() -> Outside:
    return outside()


def test_the_pace_reserves_and_asks_nothing_of_the_exchange_and_a_worker_dials(
    context: AppContext, exchange: Outside
) -> None:
    with time_machine.travel(NOW, tick=False):
        only, job = reserved(context)
        assert not exchange.lines
        worker = WorkerContext(context, exchange)
        run.run(worker, job.id)
        run.run(worker, job.id)
        due_now(context)  # as if a worker had died after it dialled
        run.run(worker, job.id)
    (attempt,) = attempts_of(context, only)
    assert (attempt.state, list(exchange.dialled().values())) == (AttemptState.DIALLED, [1])
    assert row(context, job).state is JobState.DISCARDED


def test_rq_is_told_at_once_and_has_the_job_in_the_queue_of_its_kind(context: AppContext) -> None:
    _, job = reserved(context)
    wait_for(lambda: context.notifier.redis.llen("rq:queue:dial_attempt") == 1, 5, "the job in RQ")
    assert row(context, job).state is JobState.DUE


def test_an_attempt_whose_worker_died_before_it_asked_is_dialled_by_another(
    context: AppContext, exchange: Outside
) -> None:
    def die() -> None:
        raise Killed

    with time_machine.travel(NOW, tick=False) as traveller:
        only, job = reserved(context)
        exchange.dies = die
        with pytest.raises(Killed):
            run.run(WorkerContext(context, exchange), job.id)
        exchange.dies = lambda: None
        past = timedelta(seconds=context.settings.worker_lease_seconds + 1)
        traveller.shift(past)
        pass_in_database(context, past)
        assert sweep.forgotten_jobs(context.database, context.notifier) == 1
        run.run(WorkerContext(context, exchange), job.id)
        Reconciler(context, exchange).sweep(NOW + LOST + SECOND)
    (attempt,) = attempts_of(context, only)
    # It was marked as dialled, so that nobody dialled again; the exchange knows of no call.
    assert (attempt.outcome, attempt.reason, dict(exchange.dialled())) == (AttemptOutcome.FAILED, "never dialled", {})
    assert recipient(context, only).state is RecipientState.PLANNED


def test_an_attempt_for_which_no_worker_came_is_not_dialled_at_night_nor_in_a_pause(
    context: AppContext, exchange: Outside
) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        only, job = reserved(context)
        traveller.shift(timedelta(hours=12))
        run.run(WorkerContext(context, exchange), job.id)
    assert not exchange.lines
    assert attempts_of(context, only)[0].outcome is AttemptOutcome.FAILED
    due_at = recipient(context, only).due_at
    assert due_at is not None
    assert due_at >= NOW + timedelta(hours=23)  # nine in the morning


def test_a_campaign_that_was_paused_meanwhile_dials_nobody(context: AppContext, exchange: Outside) -> None:
    with time_machine.travel(NOW, tick=False):
        only, job = reserved(context)
        service.pause(context.database, context.notifier, "spring", "holiday")
        run.run(WorkerContext(context, exchange), job.id)
    assert not exchange.lines
    assert recipient(context, only).state is RecipientState.PLANNED


def test_no_more_is_reserved_while_workers_are_behind(context: AppContext, exchange: Outside) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        campaign(context, 5)
        pacer = Pacer(context)
        for _ in range(10):
            pacer.work(clock.now())
            traveller.shift(SECOND)
        with context.database.read() as session:
            assert len(session.scalars(select(Attempt)).all()) == 1
            (job,) = session.scalars(select(Job).where(Job.kind == "dial_attempt"))
        run.run(WorkerContext(context, exchange), job.id)
        pacer.work(clock.now())
    with context.database.read() as session:
        assert len(session.scalars(select(Attempt)).all()) == 2


def test_an_attempt_that_no_job_dials_any_more_is_ended(context: AppContext, exchange: Outside) -> None:
    only, job = reserved(context)
    with context.database.write() as session:
        session.get_one(Job, job.id).state = JobState.FAILED
    reconciler = Reconciler(context, exchange)
    reconciler.sweep(NOW + LOST)
    assert attempts_of(context, only)[0].state is AttemptState.RESERVED
    reconciler.sweep(NOW + LOST + SECOND)
    assert attempts_of(context, only)[0].outcome is AttemptOutcome.FAILED
