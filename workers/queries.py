"""The rows of jobs and periodic tasks, as workers and the clock take, hold and close them. Never commits."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Update, case, select, update
from sqlalchemy.orm import Session

from hotline.database import server_clock, upsert
from hotline.models import Job, TaskSchedule
from hotline.outbox import jobs
from hotline.values.states.job import JobState


def take(session: Session, job_id: str, lease: timedelta) -> Job | None:
    """Take the job for a lease with a new token, if it is due and nobody holds it; `None` where it is not."""
    now = server_clock.now(session)
    died = case((Job.held_until.is_(None), Job.worker_deaths), else_=Job.worker_deaths + 1)
    free = (Job.id == job_id, Job.state == JobState.DUE, Job.due_at <= now, jobs.is_free(now))
    values = {"held_until": now + lease, "token": Job.token + 1, "worker_deaths": died, "is_requested_again": False}
    taken = _changes(session, update(Job).where(*free).values(values))
    return session.get_one(Job, job_id, populate_existing=True) if taken else None


def renew(session: Session, taken: Job, lease: timedelta) -> bool:
    """Hold the job for another lease; return whether it was still held by this taking."""
    until = server_clock.now(session) + lease
    return _changes(session, update(Job).where(*_held(taken)).values(held_until=until))


def lock(session: Session, taken: Job) -> bool:
    """Keep the job's row from being changed until the end; return whether it is still held by this taking."""
    return session.scalar(select(Job.id).where(*_held(taken)).with_for_update(read=True)) is not None


def held_row(session: Session, taken: Job) -> Job | None:
    """Return the job's row, locked and fresh; `None` where this taking does not hold it any more."""
    query = select(Job).where(*_held(taken)).with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def forgotten(session: Session, patience: timedelta, most: int) -> list[Job]:
    """Return jobs that have been due and free for longer than `patience`, the most urgent first."""
    now = server_clock.now(session)
    query = select(Job).where(Job.state == JobState.DUE, Job.due_at < now - patience, jobs.is_free(now))
    return list(session.scalars(query.order_by(Job.urgency.desc(), Job.due_at).limit(most)))


def untaken_row(session: Session, seen: Job) -> Job | None:
    """Return the row of a job, locked; `None` where somebody has taken or kept it since it was seen."""
    mine = (Job.id == seen.id, Job.token == seen.token, Job.state == JobState.DUE)
    row = session.scalar(select(Job).where(*mine).with_for_update())
    return row if row is not None and row.held_until == seen.held_until else None


def is_known(session: Session, kind: str, subject_id: str) -> bool:
    """Return whether there is, or has been, such a job."""
    return session.scalar(select(Job.id).where(Job.kind == kind, Job.subject_id == subject_id)) is not None


def task_schedule(session: Session, name: str) -> TaskSchedule:
    """Return the row of a task, locked; before its first run the task is due."""
    query = select(TaskSchedule).where(TaskSchedule.name == name).with_for_update()
    found = session.scalar(query)
    if found is not None:
        return found
    first = {"name": name, "due_at": server_clock.now(session), "overruns": 0}
    session.execute(upsert.insert(session, TaskSchedule).values(first).on_conflict_do_nothing())
    return session.scalars(query).one()


def count_overrun(session: Session, name: str) -> None:
    """Count a run of a task that takes longer than it may."""
    session.execute(update(TaskSchedule).where(TaskSchedule.name == name).values(overruns=TaskSchedule.overruns + 1))


def close_task_schedule(session: Session, name: str, started: datetime, error: str) -> None:
    """Write down that the run which began then has ended, and the code of its failure."""
    mine = update(TaskSchedule).where(TaskSchedule.name == name, TaskSchedule.last_started_at == started)
    session.execute(mine.values(last_ended_at=server_clock.now(session), last_error=error))


def _held(taken: Job) -> tuple[ColumnElement[bool], ...]:
    return (Job.id == taken.id, Job.token == taken.token, Job.state == JobState.DUE, Job.held_until.is_not(None))


def _changes(session: Session, change: Update) -> bool:
    result: Any = session.execute(change)
    return isinstance(result, CursorResult) and result.rowcount == 1
