"""Jobs, periodic work, and the leases of leaders."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.values.states.job import JobState


class Job(Row, WithId):
    """One piece of work on one subject; RQ only carries it, and the sweep enqueues rows again that stay due."""

    __tablename__ = "jobs"
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[JobState] = mapped_column(EnumWord(JobState), default=JobState.DUE)
    # Grows with each taking: who holds an older one has lost the work, and nothing that they write is committed.
    token: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # How often it failed since it last began afresh: by a fault here, as the provider was out, as its worker died.
    tries: Mapped[int] = mapped_column(Integer, default=0)
    outages: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    worker_deaths: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # When the first of these failures was.
    first_failed_at: Mapped[datetime | None] = mapped_column(Utc)
    # Above 0 it waits in the urgent line of its kind.
    urgency: Mapped[int] = mapped_column(Integer, default=0)
    # Why it failed last, as a code.
    reason: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime] = mapped_column(Utc)
    # Not before this moment, by the database's clock; moved ahead after each failed try.
    due_at: Mapped[datetime] = mapped_column(Utc)
    # A worker that took it holds it until then, by the database's clock; past it, the worker is taken for dead.
    held_until: Mapped[datetime | None] = mapped_column(Utc)
    # Asked for anew while a worker is at it: it is done once more.
    is_requested_again: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index(None, "state", "due_at"))


class Lease(Row):
    """Leadership of a process that may run only once (`router`, `clock`): who holds it, and how often they said so."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    # Grows with each renewal: who stands by watches it for as long as a lease lasts, and trusts no clock.
    heartbeat: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    # By the database's clock, to be read by people; nothing is decided by it.
    until: Mapped[datetime] = mapped_column(Utc)


class TaskSchedule(Row):
    """What the clock does again and again: when it is due next, by the database's clock, and how it went last."""

    __tablename__ = "task_schedules"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Utc)
    last_started_at: Mapped[datetime | None] = mapped_column(Utc)
    last_ended_at: Mapped[datetime | None] = mapped_column(Utc)
    # Why the last run failed, as a code; empty when it did not.
    last_error: Mapped[str] = mapped_column(String(60), default="")
    # How many runs took longer than they may.
    overruns: Mapped[int] = mapped_column(Integer, default=0)
