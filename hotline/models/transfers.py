"""Conversations that one agent hands on to another, or to a queue."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.reason_codes import TransferEndReason
from hotline.values.states.transfer import TransferKind, TransferState


class Transfer(Row, WithId):
    """One transfer: who hands on, to whom, why, and how it ended."""

    __tablename__ = "transfers"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    kind: Mapped[TransferKind] = mapped_column(EnumWord(TransferKind))
    state: Mapped[TransferState] = mapped_column(EnumWord(TransferState), default=TransferState.ASKED)
    # The agent who hands on, with the offer that holds them.
    from_agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"))
    from_offer_id: Mapped[str] = mapped_column(ForeignKey("offers.id"))
    # One of both: an agent, or a queue.
    to_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    to_queue: Mapped[str | None] = mapped_column(ForeignKey("queues.name"))
    note: Mapped[str] = mapped_column(EncryptedText("transfers.note"), default="")
    # The place in line by which the target is rung, and the offer that was answered.
    queue_entry_id: Mapped[str] = mapped_column(ForeignKey("queue_entries.id"), index=True)
    to_offer_id: Mapped[str | None] = mapped_column(ForeignKey("offers.id"))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    reason: Mapped[TransferEndReason | None] = mapped_column(EnumWord(TransferEndReason))
    __table_args__ = (
        # One transfer of a call at a time.
        Index(
            "uq_transfers_open_call",
            "call_id",
            unique=True,
            sqlite_where=text("state IN ('asked', 'consulting', 'merged')"),
            postgresql_where=text("state IN ('asked', 'consulting', 'merged')"),
        ),
    )
