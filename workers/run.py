"""One job, from its row to its end: taken by compare-and-set, held by a lease that a dead worker lets go."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

import structlog
from sqlalchemy import CursorResult, or_, update

from hotline import clock, faults, jobs, log, settings, story
from hotline.database import after_commit
from hotline.errors import Discard, GivesWay, Retry
from hotline.ground import Ground, stand
from hotline.models import Job
from hotline.values import JobState
from telephony.provider import Provider, connect
from workers.table import WORK, Work

# Waiting times between tries: the outside world is asked again after 2, 4, 8 … seconds, at most every ten minutes.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=10)
MAX_TRIES = 40  # about five hours of a provider that is down
# A job whose worker died this often is taken for the cause.
MAX_DEATHS = 5
GAVE_WAY = "gave way to urgent work"


@dataclass(frozen=True)
class House:
    """What a worker process works with."""

    ground: Ground
    provider: Provider
    work: Mapping[str, Work] = field(default_factory=lambda: WORK)


@cache
def house() -> House:
    """The resources of this worker process, opened at its first job."""
    values = settings.load()
    return House(stand(values), connect(values))


def perform(job_id: str) -> None:
    """RQ calls this: do the work of one row, if it is still to be done and nobody else does it."""
    run(house(), job_id)


def run(home: House, job_id: str) -> None:
    """Do the work of one row; may be called twice, at the same time, or too late."""
    lease = timedelta(seconds=home.ground.settings.worker_lease_seconds)
    job = _take(home.ground, job_id, lease)
    if job is None:
        return
    with structlog.contextvars.bound_contextvars(job_id=job.id, kind=job.kind), _held(home.ground, job_id, lease):
        end, reason = _work(home, job)
    _close(home.ground, job_id, end, reason)


def _work(home: House, job: Job) -> tuple[JobState, str]:
    """How the work ended. Retry: outside is down; Discard: nothing left to do; anything else is a fault of ours."""
    try:
        home.work[job.kind](home.ground, home.provider, job.subject_id, clock.now())
    except GivesWay as error:
        log.get().info("job_gives_way", reason=str(error))
        return JobState.DUE, GAVE_WAY
    except Retry as error:
        log.get().info("job_again", error=str(error))
        return (JobState.DUE if job.tries < MAX_TRIES else JobState.FAILED), str(error)
    except Discard as error:
        log.get().info("job_discarded", reason=str(error))
        return JobState.DISCARDED, str(error)
    except Exception as error:
        # The row keeps the fault; `hotline doctor` and the staff pages show failed work.
        log.get().exception("job_failed")
        return JobState.FAILED, faults.kind(error)
    return JobState.DONE, ""


def _take(ground: Ground, job_id: str, lease: timedelta) -> Job | None:
    now = clock.now()
    free = or_(Job.held_until.is_(None), Job.held_until < now)
    take = (
        update(Job)
        .where(Job.id == job_id, Job.state == JobState.DUE, Job.due_at <= now, free)
        .values(held_until=now + lease, tries=Job.tries + 1, is_renewed=False)
    )
    with ground.database.write() as session:
        result = session.execute(take)
        taken = isinstance(result, CursorResult) and result.rowcount == 1
        return session.get_one(Job, job_id) if taken else None


@contextmanager
def _held(ground: Ground, job_id: str, lease: timedelta) -> Iterator[None]:
    """Renew the lease while the work goes on: it ends by itself when this process dies."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            with ground.database.write() as session:
                session.execute(update(Job).where(Job.id == job_id).values(held_until=clock.now() + lease))

    thread = threading.Thread(target=renew, daemon=True, name="lease")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _close(ground: Ground, job_id: str, end: JobState, reason: str) -> None:
    with ground.database.write() as session:
        job = session.get_one(Job, job_id, with_for_update=True)
        if job.state is not JobState.DUE:
            return
        is_once_more = job.is_renewed and end is not JobState.DUE
        story.move(job, JobState.DUE if is_once_more else end)
        job.reason, job.held_until, job.is_renewed = reason[:200], None, False
        if is_once_more or reason == GAVE_WAY:
            job.due_at, job.tries = clock.now(), 0 if is_once_more else job.tries - 1
            after_commit(session, lambda: jobs.ring(ground.bell, job))
        elif end is JobState.DUE:
            job.due_at = clock.now() + min(FIRST_PAUSE * 2 ** min(job.tries - 1, 20), LONGEST_PAUSE)
        else:
            job.ended_at = clock.now()
