"""Work that must be done, leases of leaders, and prompts that were rendered."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.root import Row, WithId
from hotline.models.types import Utc, Word
from hotline.values import JobState, Language


class Job(Row, WithId):
    """One piece of work on one subject; RQ is only its bell, and the sweep rings again for rows that stay due."""

    __tablename__ = "jobs"
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[JobState] = mapped_column(Word(JobState), default=JobState.DUE)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    # Above 0 it waits in the urgent line of its kind.
    urgency: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(String(200), default="")
    added_at: Mapped[datetime] = mapped_column(Utc)
    # Not before this moment; moved ahead after each failed try.
    due_at: Mapped[datetime] = mapped_column(Utc)
    # A worker that took it holds it until then; past it, the worker is taken for dead.
    held_until: Mapped[datetime | None] = mapped_column(Utc)
    # Asked for anew while a worker is at it: it is done once more.
    is_renewed: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index(None, "state", "due_at"))


class Lease(Row):
    """Leadership of a process that may run only once (`router`, `clock`): who holds it, until when."""

    __tablename__ = "leases"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(Utc)


class Prompt(Row):
    """A prompt to be spoken, known by the digest of voice and text; its audio is a blob once rendered."""

    __tablename__ = "prompts"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[Language] = mapped_column(Word(Language))
    text: Mapped[str] = mapped_column(String)
    blob: Mapped[str | None] = mapped_column(String(200))
    rendered_at: Mapped[datetime | None] = mapped_column(Utc)
