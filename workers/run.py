"""One job, from its row to its end: taken by compare-and-set, held by a lease that a dead worker lets go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import structlog

from hotline import clock, log
from hotline.configuration import settings
from hotline.context import AppContext, open_context
from hotline.database import server_clock
from hotline.database.database import Busy, Database, after_commit
from hotline.database.outage import DatabaseFault
from hotline.errors import LeaseLost
from hotline.outbox import jobs, transitions
from hotline.outbox.notifier import Notifier
from hotline.values import faults
from hotline.values.states.job import JobEvent, JobState
from telephony.provider import Provider, connect
from workers import retrying
from workers.fence import FencedDatabase, fenced_provider
from workers.job_lease import JobLease, take
from workers.registry import JOB_KINDS, JobKind
from workers.retrying import Failures, FailureSort

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Job

CLOSING_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class WorkerContext:
    """The open resources of a worker process, and the kinds of work that it knows."""

    context: AppContext
    provider: Provider
    kinds: Mapping[str, JobKind] = field(default_factory=lambda: JOB_KINDS)
    # Counts seconds and never goes back.
    steady: Callable[[], float] = clock.steady


@dataclass(frozen=True)
class TryEnd:
    """How a try ended: well (`None`), or by a failure of this sort and code."""

    sort: FailureSort | None = None
    code: str = ""


@cache
def worker_context() -> WorkerContext:
    """Return the resources of this worker process, opened at its first job."""
    values = settings.load()
    return WorkerContext(open_context(values), connect(values))


def perform(job_id: str) -> None:
    """Do the work of one row, if it is still to be done and nobody else does it: RQ calls this."""
    run(worker_context(), job_id)


def run(worker: WorkerContext, job_id: str) -> None:
    """Do the work of one row; may be called twice, at the same time, or too late."""
    context = worker.context
    hold = take(context.database, job_id, timedelta(seconds=context.settings.worker_lease_seconds), worker.steady)
    if hold is None:
        return
    with structlog.contextvars.bound_contextvars(job_id=job_id, kind=hold.job.kind), hold.kept():
        _close(context.database, context.notifier, hold, _work(worker, hold))


def _work(worker: WorkerContext, hold: JobLease) -> TryEnd:
    """Do the work and return how it ended. What it wrote is committed only as far as the job was held."""
    context = replace(worker.context, database=FencedDatabase(worker.context.database, hold))
    try:
        kind = worker.kinds[hold.job.kind]
        kind.do(context, fenced_provider(worker.provider, hold), hold.job.subject_id, clock.now())
    except Exception as error:
        end = TryEnd(retrying.sort(error), retrying.code(error))
        if end.sort in (FailureSort.FAULT, FailureSort.PERMANENT):
            # The row keeps the code; `hotline doctor` and the staff pages show work that is given up.
            log.get().exception("job_failed", code=end.code)
        else:
            log.get().info("job_ended_early", sort=end.sort, code=end.code, error=faults.kind(error))
        return end
    return TryEnd()


def _close(database: Database, notifier: Notifier, hold: JobLease, end: TryEnd) -> None:
    """Write down how it ended. A database that is away is asked again until the lease is over; then the sweep acts."""
    while True:
        try:
            with database.write() as session:
                _end(session, notifier, hold.row(session), end)
        except LeaseLost:
            log.get().warning("job_lost", code=end.code)
        except (DatabaseFault, Busy):
            if not hold.is_over:
                time.sleep(CLOSING_PAUSE_SECONDS)
                continue
            raise
        return


def _end(session: Session, notifier: Notifier, job: Job, end: TryEnd) -> None:
    now = server_clock.now(session)
    is_requested_again, job.is_requested_again = job.is_requested_again, False
    job.held_until, job.reason = None, end.code
    match end.sort:
        case None | FailureSort.DISCARD if not is_requested_again:
            transitions.transition(job, JobEvent.DISCARDED if end.sort else JobEvent.DONE)
            job.ended_at = now
        case FailureSort.FAULT | FailureSort.OUTAGE | FailureSort.PERMANENT as failed:
            _fail(job, failed, now, is_requested_again=is_requested_again)
        case FailureSort.GIVES_WAY | FailureSort.LOST:
            job.due_at = now
        case _:
            _begin_anew(job, now)
    if job.state is JobState.DUE and job.due_at <= now:
        after_commit(session, lambda: notifier.later(lambda: jobs.enqueue(notifier, job)))


def _begin_anew(job: Job, now: datetime) -> None:
    """Begin anew, as if it had never been tried: it was asked for once more while a worker was at it."""
    job.tries = job.outages = job.worker_deaths = 0
    job.reason, job.first_failed_at, job.due_at = "", None, now


def _fail(job: Job, kind: FailureSort, now: datetime, *, is_requested_again: bool) -> None:
    job.first_failed_at = job.first_failed_at or now
    job.outages += kind is FailureSort.OUTAGE
    job.tries += kind is not FailureSort.OUTAGE
    failures = Failures(job.tries, job.outages, job.first_failed_at)
    if retrying.is_due_again(kind, failures, now):
        job.due_at = now + retrying.pause(kind, failures, clock.chance())
    elif is_requested_again:
        _begin_anew(job, now)
    else:
        transitions.transition(job, JobEvent.GIVEN_UP)
        job.ended_at = now
        log.get().error("job_given_up", code=job.reason, tries=job.tries, outages=job.outages)
