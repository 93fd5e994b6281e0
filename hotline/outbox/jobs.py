"""The job port: a row says what must be done, RQ is the bell that has it done now.

A feature adds a row in the transaction that makes the work necessary (`add`). `workers/` runs and closes rows; nobody
else touches the table. A bell that was lost is rung again by the sweep, so RQ may forget anything at any time.
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
from hotline.values.states.job import JobState

# What is to be done -> the line it waits in. `now` is short and urgent, `speech` takes seconds of processor.
LINES = {
    "render_prompt": "now",
    "fetch_recording": "now",
    "delete_recording": "now",
    "transcribe": "speech",
    "check_call": "speech",
    "index_correction": "now",
    "purge": "now",
    "text_recipient": "now",
    "record_attempt": "now",
    "text_advice": "now",
    "file_message": "now",
    "draw_sample": "now",
    "make_report": "now",
}
# Lines with an urgent one beside them, which is worked off first whatever waits in the other.
URGENT = {"speech": "speech-first"}
RUN = "workers.run.perform"
# RQ's own limit, in seconds: a job that hangs is ended by it; the database's lease is what counts otherwise.
TIMEOUT_SECONDS = 1800
# No lease is longer (`WORKER_LEASE_SECONDS`): one that ends later was given before the clock was set back.
LONGEST_LEASE = timedelta(seconds=600)


def add(session: Session, notifier: Notifier, kind: str, subject_id: str, now: datetime, urgency: int = 0) -> Job:
    """Have `kind` done for the subject, once: asking again for the same changes nothing; above 0 it is urgent.

    The job's row is committed with the caller's transaction; the bell rings after it.
    """
    found = session.scalar(select(Job).where(Job.kind == kind, Job.subject_id == subject_id))
    if found is not None:
        return found
    if kind not in LINES:
        raise KeyError(f"no job {kind!r}")
    due_at = server_clock.now(session)
    job = Job(kind=kind, subject_id=subject_id, tries=0, urgency=urgency, added_at=now, due_at=due_at)
    session.add(job)
    session.flush()
    after_commit(session, lambda: notifier.later(lambda: ring(notifier, job)))
    return job


def add_many(session: Session, notifier: Notifier, kind: str, subject_ids: Sequence[str], now: datetime) -> int:
    """Have `kind` done for all of these, once each: in two statements, and one ring for all. How many were new."""
    there = set(session.scalars(select(Job.subject_id).where(Job.kind == kind, Job.subject_id.in_(subject_ids))))
    due_at = server_clock.now(session)
    made = [
        Job(kind=kind, subject_id=subject_id, tries=0, urgency=0, added_at=now, due_at=due_at)
        for subject_id in dict.fromkeys(subject_ids)
        if subject_id not in there
    ]
    session.add_all(made)
    session.flush()
    after_commit(session, lambda: notifier.later(lambda: _ring_all(notifier, kind, made)))
    return len(made)


def _ring_all(notifier: Notifier, kind: str, made: Sequence[Job]) -> None:
    queue = Queue(LINES[kind], connection=notifier.redis, serializer=JSONSerializer)
    bells = [
        queue.prepare_data(
            RUN, args=(job.id,), job_id=f"{job.id}-0", timeout=TIMEOUT_SECONDS, result_ttl=0, failure_ttl=60
        )
        for job in made
    ]
    try:
        queue.enqueue_many(bells)
    except redis.RedisError as error:
        # The rows stay due, and the sweep rings again.
        log.get().warning("job_bell_failed", kind=kind, error=type(error).__name__)


def renew(session: Session, notifier: Notifier, kind: str, subject_id: str, now: datetime) -> Job:
    """Have `kind` done for the subject once more, where it was done or discarded or a worker is at it; else as `add`.

    Work that failed waits for staff (`again`).
    """
    job = add(session, notifier, kind, subject_id, now)
    session.refresh(job, with_for_update=True)
    if job.state in (JobState.DONE, JobState.DISCARDED):
        _revive(session, notifier, job)
    elif job.held_until is not None:
        job.is_renewed = True
    return job


def urge(session: Session, notifier: Notifier, job: Job) -> bool:
    """Put a job that is still to be done into its urgent line; whether that changed anything."""
    if job.state is not JobState.DUE or job.urgency > 0 or LINES[job.kind] not in URGENT:
        return False
    job.urgency = 1
    after_commit(session, lambda: notifier.later(lambda: ring(notifier, job)))
    return True


def line_of(job: Job) -> str:
    """The line in which a job waits."""
    line = LINES[job.kind]
    return URGENT.get(line, line) if job.urgency > 0 else line


def ring(notifier: Notifier, job: Job) -> bool:
    """Have RQ run this row's work now; `False` when RQ has it in line already or cannot be reached.

    A bell that fails is only logged: the row stays due, and the sweep rings again.
    """
    queue = Queue(line_of(job), connection=notifier.redis, serializer=JSONSerializer)
    rq_id = f"{job.id}-{job.token}" + "-first" * (job.urgency > 0)
    try:
        if queue.get_job_position(rq_id) is not None:
            return False
        queue.enqueue_call(
            RUN, args=(job.id,), job_id=rq_id, timeout=TIMEOUT_SECONDS, result_ttl=0, failure_ttl=60, ttl=None
        )
    except (redis.RedisError, DuplicateJobError) as error:
        log.get().warning("job_bell_failed", job_id=job.id, error=type(error).__name__)
        return False
    return True


def again(session: Session, notifier: Notifier, job_ids: Sequence[str] | None = None) -> list[str]:
    """Within the caller's transaction: make failed work due again, as if it had never been tried; the ids of it.

    `None` means all that failed. Work that has not failed is left alone.
    """
    query = select(Job).where(Job.state == JobState.FAILED).order_by(Job.id).with_for_update()
    failed = list(session.scalars(query if job_ids is None else query.where(Job.id.in_(job_ids))))
    for job in failed:
        _revive(session, notifier, job)
    return [job.id for job in failed]


def failed(session: Session, most: int) -> tuple[list[Job], int]:
    """The work that failed, the latest first, at most so much of it; and how much there is."""
    is_failed = Job.state == JobState.FAILED
    rows = session.scalars(select(Job).where(is_failed).order_by(Job.ended_at.desc(), Job.id).limit(most))
    return list(rows), session.scalar(select(func.count()).where(is_failed)) or 0


def is_free(now: datetime) -> ColumnElement[bool]:
    """A condition: nobody holds the job at `now`, which is the database's."""
    return or_(Job.held_until.is_(None), Job.held_until < now, Job.held_until > now + LONGEST_LEASE)


def _revive(session: Session, notifier: Notifier, job: Job) -> None:
    """Due now, its failures forgotten; whoever held it before does so no more."""
    transitions.move(job, JobState.DUE)
    job.tries = job.outages = job.deaths = 0
    job.reason, job.troubled_at, job.held_until, job.ended_at = "", None, None, None
    job.token, job.due_at = job.token + 1, server_clock.now(session)
    after_commit(session, lambda: notifier.later(lambda: ring(notifier, job)))
