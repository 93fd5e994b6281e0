"""What is done again and again: each with a row that says when it is due, a thread of its own, and a limit of time.

A task is taken by compare-and-set, so that it runs once at a time, in one process; one that hangs holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hotline import clock, log
from hotline.database import server_clock
from hotline.database.database import Database
from workers import queries, retrying

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import TaskSchedule as Row


@dataclass(frozen=True)
class PeriodicTask:
    """What is done every so often. `do` is given the present moment, and asks again and again whether it is in time."""

    name: str
    every: timedelta
    limit: timedelta
    do: Callable[[datetime, Callable[[], bool]], object]


@dataclass
class _Run:
    until: float
    ended: Future[None]
    is_late: bool = False


class PeriodicTasks:
    """Runs what is due, each in a thread of its own."""

    def __init__(
        self,
        database: Database,
        tasks: Sequence[PeriodicTask],
        pool: Executor | None = None,
        steady: Callable[[], float] = clock.steady,
    ) -> None:
        """Do these; nothing starts yet. There are as many threads as tasks, unless `pool` is another one."""
        self._database, self._tasks, self._steady = database, {task.name: task for task in tasks}, steady
        self._pool = pool or ThreadPoolExecutor(len(tasks), thread_name_prefix="task")
        self._runs: dict[str, _Run] = {}
        self._is_stopped = False

    def start_due(self) -> list[str]:
        """Start every task that is due and does not run; their names. The others go on meanwhile."""
        self._look_after()
        with self._database.write() as session:
            taken = [(task, at) for task in self._idle() if (at := _take(session, task)) is not None]
        for task, started in taken:
            until = self._steady() + task.limit.total_seconds()
            self._runs[task.name] = _Run(until, self._pool.submit(self._do, task, started, until))
        return [task.name for task, _ in taken]

    def running(self) -> set[str]:
        """Return the names of those that run in this process."""
        return {name for name, run in self._runs.items() if not run.ended.done()}

    def stop(self) -> None:
        """Start nothing more; what runs is told that its time is over, and ends after the request at hand."""
        self._is_stopped = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _idle(self) -> list[PeriodicTask]:
        return [task for name, task in self._tasks.items() if name not in self.running()]

    def _look_after(self) -> None:
        """Log and count, once, every run that takes longer than it may."""
        for name, run in self._runs.items():
            if run.is_late or run.ended.done() or self._steady() < run.until:
                continue
            run.is_late = True
            log.get().warning("periodic_task_overran", task=name, limit=self._tasks[name].limit.total_seconds())
            with self._database.write() as session:
                queries.count_overrun(session, name)

    def _do(self, task: PeriodicTask, started: datetime, until: float) -> None:
        error = ""
        try:
            task.do(clock.now(), lambda: not self._is_stopped and self._steady() < until)
        except Exception as fault:
            # What was due stays so; the next run tries again.
            log.get().exception("periodic_task_failed", task=task.name)
            error = retrying.code(fault)
        try:
            with self._database.write() as session:
                queries.close_task_schedule(session, task.name, started, error)
        except Exception:
            log.get().exception("periodic_task_not_closed", task=task.name)  # it counts as running until its limit


def _take(session: Session, task: PeriodicTask) -> datetime | None:
    """Take a task; return when it was started, `None` where it is not due, or runs elsewhere."""
    row = queries.task_schedule(session, task.name)
    now = server_clock.now(session)  # after the lock: a rival's start, waited for, is never ahead of it
    if not is_due(row, task, now):
        return None
    row.due_at, row.last_started_at = now + task.every, now
    session.flush()
    return now


def is_due(row: Row, task: PeriodicTask, now: datetime) -> bool:
    """Return whether it is time and nobody is at it; what is of the future was written before a clock was set."""
    is_time = row.due_at <= now or row.due_at > now + task.every
    if row.last_started_at is None or not is_time:
        return is_time
    has_ended = row.last_ended_at is not None and row.last_ended_at >= row.last_started_at
    return has_ended or not row.last_started_at <= now < row.last_started_at + task.limit
