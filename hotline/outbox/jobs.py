"""The outbox of jobs: a row says what must be done, and RQ is told to have a worker do it now.

A feature adds a row in the transaction that makes the work necessary (`add`). `workers/` runs and closes rows; nobody
else touches the table. What RQ forgets is enqueued again by the sweep, so that it may forget anything at any time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from hotline import log
from hotline.database import server_clock
from hotline.database.database import after_commit
from hotline.models import Job
from hotline.outbox import transitions
from hotline.outbox.notifier import Notifier
from hotline.values.states.job import JobEvent, JobState

PERFORM = "workers.run.perform"
# RQ's own limit, in seconds: a job that hangs is ended by it; the database's lease is what counts otherwise.
TIMEOUT_SECONDS = 1800
# No lease is longer (`WORKER_LEASE_SECONDS`): one that ends later was given before the clock was set back.
LONGEST_LEASE = timedelta(seconds=600)


def add(session: Session, notifier: Notifier, kind: str, subject_id: str, now: datetime, urgency: int = 0) -> Job:
    """Have `kind` done for the subject, once: asking again for the same changes nothing; above 0 it is urgent.

    The job's row is committed with the caller's transaction, and RQ is told after it.
    """
    existing = session.scalar(select(Job).where(Job.kind == kind, Job.subject_id == subject_id))
    if existing is not None:
        return existing
    due_at = server_clock.now(session)
    job = Job(kind=kind, subject_id=subject_id, tries=0, urgency=urgency, added_at=now, due_at=due_at)
    session.add(job)
    session.flush()
    _enqueue_after_commit(session, notifier, job)
    return job


def add_many(session: Session, notifier: Notifier, kind: str, subject_ids: Sequence[str], now: datetime) -> int:
    """Have `kind` done for all of these, once each, in two statements; return how many were new."""
    there = set(session.scalars(select(Job.subject_id).where(Job.kind == kind, Job.subject_id.in_(subject_ids))))
    due_at = server_clock.now(session)
    added = [
        Job(kind=kind, subject_id=subject_id, tries=0, urgency=0, added_at=now, due_at=due_at)
        for subject_id in dict.fromkeys(subject_ids)
        if subject_id not in there
    ]
    session.add_all(added)
    session.flush()
    after_commit(session, lambda: notifier.later(lambda: _enqueue_all(notifier, kind, added)))
    return len(added)


def _enqueue_all(notifier: Notifier, kind: str, added: Sequence[Job]) -> None:
    queue = Queue(kind, connection=notifier.redis, serializer=JSONSerializer)
    messages = [
        queue.prepare_data(
            PERFORM, args=(job.id,), job_id=f"{job.id}-0", timeout=TIMEOUT_SECONDS, result_ttl=0, failure_ttl=60
        )
        for job in added
    ]
    try:
        queue.enqueue_many(messages)
    except redis.RedisError as error:
        # The rows stay due, and the sweep enqueues them.
        log.get().warning("job_not_enqueued", kind=kind, error=type(error).__name__)


def renew(session: Session, notifier: Notifier, kind: str, subject_id: str, now: datetime) -> Job:
    """Have `kind` done for the subject once more, where it was done or discarded or a worker is at it; else as `add`.

    Work that failed waits for staff (`again`).
    """
    job = add(session, notifier, kind, subject_id, now)
    session.refresh(job, with_for_update=True)
    if job.state in (JobState.DONE, JobState.DISCARDED):
        _revive(session, notifier, job)
    elif job.held_until is not None:
        job.is_requested_again = True
    return job


def urge(session: Session, notifier: Notifier, job: Job) -> bool:
    """Put a job that is still to be done ahead of the others of its kind; return whether that changed anything."""
    if job.state is not JobState.DUE or job.urgency > 0:
        return False
    job.urgency = 1
    _enqueue_after_commit(session, notifier, job)
    return True


def rq_queue(kind: str, *, is_urgent: bool = False) -> str:
    """Return the name of the RQ queue in which jobs of a kind wait: its own, and one that is worked off before it."""
    return f"{kind}-first" if is_urgent else kind


def enqueue(notifier: Notifier, job: Job) -> bool:
    """Have RQ run this row's work now; `False` when RQ has it in line already or cannot be reached.

    A failure is only logged: the row stays due, and the sweep enqueues it again.
    """
    name = rq_queue(job.kind, is_urgent=job.urgency > 0)
    queue = Queue(name, connection=notifier.redis, serializer=JSONSerializer)
    rq_id = f"{job.id}-{job.token}" + "-first" * (job.urgency > 0)
    try:
        if queue.get_job_position(rq_id) is not None:
            return False
        queue.enqueue_call(
            PERFORM, args=(job.id,), job_id=rq_id, timeout=TIMEOUT_SECONDS, result_ttl=0, failure_ttl=60, ttl=None
        )
    except (redis.RedisError, DuplicateJobError) as error:
        log.get().warning("job_not_enqueued", job_id=job.id, error=type(error).__name__)
        return False
    return True


def _enqueue_after_commit(session: Session, notifier: Notifier, job: Job) -> None:
    after_commit(session, lambda: notifier.later(lambda: enqueue(notifier, job)))


def again(session: Session, notifier: Notifier, job_ids: Sequence[str] | None = None) -> list[str]:
    """Make failed work due again, as if it had never been tried, and return its ids.

    `None` means all that failed. Work that has not failed is left alone.
    """
    query = select(Job).where(Job.state == JobState.FAILED).order_by(Job.id).with_for_update()
    failed = list(session.scalars(query if job_ids is None else query.where(Job.id.in_(job_ids))))
    for job in failed:
        _revive(session, notifier, job)
    return [job.id for job in failed]


def exists(session: Session, job_id: str) -> bool:
    """Tell whether there is such a job."""
    return session.get(Job, job_id) is not None


def failed(session: Session, most: int) -> tuple[list[Job], int]:
    """Return the work that failed, the latest first, at most so much of it; and how much there is."""
    is_failed = Job.state == JobState.FAILED
    rows = session.scalars(select(Job).where(is_failed).order_by(Job.ended_at.desc(), Job.id).limit(most))
    return list(rows), session.scalar(select(func.count()).where(is_failed)) or 0


def is_free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody holds the job at `now`, which is the database's."""
    return or_(Job.held_until.is_(None), Job.held_until < now, Job.held_until > now + LONGEST_LEASE)


def _revive(session: Session, notifier: Notifier, job: Job) -> None:
    """Make it due now, its failures forgotten; whoever held it before does so no more."""
    transitions.transition(job, JobEvent.RENEWED)
    job.tries = job.outages = job.worker_deaths = 0
    job.reason, job.first_failed_at, job.held_until, job.ended_at = "", None, None, None
    job.token, job.due_at = job.token + 1, server_clock.now(session)
    _enqueue_after_commit(session, notifier, job)
