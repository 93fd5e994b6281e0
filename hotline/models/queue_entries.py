"""Queue entries: callers, and consulting agents, who wait for a person."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedReasons
from hotline.models.row import Row, WithId
from hotline.values.reason import Reason
from hotline.values.reason_codes import QueueEntryEndReason, RequeueReason
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState


class QueueEntry(Row, WithId):
    """A caller in line for a person: what is wished, since when, and how it ended."""

    __tablename__ = "queue_entries"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name"))
    # Skill names with the least level required, e.g. {"booking": 3, "en-US": 2}.
    required_skills: Mapped[dict[str, int]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    preferred_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    # This agent and nobody else is rung, whatever their skills: a colleague hands the caller on to them.
    only_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    kind: Mapped[QueueEntryKind] = mapped_column(EnumWord(QueueEntryKind), default=QueueEntryKind.CALLER)
    # Whether the priority was raised by one, which is the front of the line among equals.
    is_at_front: Mapped[bool] = mapped_column(Boolean, default=False)
    # Why a caller who talked already is in line again: what they hear, and what staff read.
    requeue_reason: Mapped[RequeueReason | None] = mapped_column(EnumWord(RequeueReason))
    state: Mapped[QueueEntryState] = mapped_column(EnumWord(QueueEntryState), default=QueueEntryState.WAITING)
    # Ways out of the line that this caller has been led already ("call_back", "voicemail", "number"): none twice.
    overflowed: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Why the priority and the preferred agent are as they are, for staff.
    reasons: Mapped[list[Reason]] = mapped_column(PaddedReasons("queue_entries.reasons"), default=list)
    reason: Mapped[QueueEntryEndReason | None] = mapped_column(EnumWord(QueueEntryEndReason))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    # The wait that the caller was told first, before it was rounded to what can be said, and when; and as it had been
    # estimated before it was set right by how true earlier ones were.
    announced_seconds: Mapped[int | None] = mapped_column(Integer)
    estimated_seconds: Mapped[float | None] = mapped_column(Float)
    announced_at: Mapped[datetime | None] = mapped_column(Utc)
    # The offer that won, and when the caller was sent to the conference of the call.
    winner_id: Mapped[str | None] = mapped_column(String(32))
    sent_to_conference_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        Index(
            "uq_queue_entries_open_call",
            "call_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'won')"),
            postgresql_where=text("state IN ('waiting', 'won')"),
        ),
        Index(None, "state", "call_id"),  # the router asks at every pass, and what is over stays for ever
    )
