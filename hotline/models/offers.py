"""Offers: leases on agents whose phones ring for queue entries."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedReasons
from hotline.models.row import Row, WithId
from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferEndReason
from hotline.values.states.offer import OfferState


class Offer(Row, WithId):
    """A lease on an agent for a waiting caller: their phone rings until it ends."""

    __tablename__ = "offers"
    queue_entry_id: Mapped[str] = mapped_column(ForeignKey("queue_entries.id"), index=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"))
    state: Mapped[OfferState] = mapped_column(EnumWord(OfferState), default=OfferState.STARTED)
    reason: Mapped[OfferEndReason | None] = mapped_column(EnumWord(OfferEndReason))
    # Why this agent was rung, for supervisors.
    reasons: Mapped[list[Reason]] = mapped_column(PaddedReasons("offers.reasons"), default=list)
    # The queue whose overflow rang this agent; None: they are of the caller's own. No foreign key: files name queues.
    overflow_queue: Mapped[str | None] = mapped_column(String(40))
    # The agent was not ready, and rung because nobody else was free.
    is_last_resort: Mapped[bool] = mapped_column(Boolean, default=False)
    # At which ring of the caller's budget the offer began, from 1.
    ring: Mapped[int] = mapped_column(Integer)
    rings: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Utc)
    # The offer clock runs from `ringing_at` to `answered_at`.
    ringing_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    # The conversation is over for the agent by somebody's will: what ends then is no lost line.
    released_at: Mapped[datetime | None] = mapped_column(Utc)
    # What has been asked of the exchange: the dialling, and the end of the ringing.
    dialled_at: Mapped[datetime | None] = mapped_column(Utc)
    hung_up_at: Mapped[datetime | None] = mapped_column(Utc)
    provider_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    __table_args__ = (
        # One live offer per agent, one winner per caller: the database itself refuses a second one.
        Index(
            "uq_offers_live_agent",
            "agent_id",
            unique=True,
            sqlite_where=text("state IN ('started', 'ringing')"),
            postgresql_where=text("state IN ('started', 'ringing')"),
        ),
        Index(
            "uq_offers_winner",
            "queue_entry_id",
            unique=True,
            sqlite_where=text("state = 'answered'"),
            postgresql_where=text("state = 'answered'"),
        ),
        Index(None, "state", "hung_up_at"),
        Index(None, "state", "ended_at"),
    )
