"""What happened on the floor, in one sequence that pages follow."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import Utc
from hotline.models.row import Row


class FloorEvent(Row):
    """One change on the floor: of what kind, and whose; the row itself says what is true now."""

    __tablename__ = "floor_events"
    # Ever growing; committed order may differ by transactions that overlap, see `routing.happenings`.
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(Utc)
    # agent, offer, waiting, call or transfer; the id of its row; its new state; the call it belongs to.
    subject: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(40), default="")
    call_id: Mapped[str | None] = mapped_column(String(32))
    agent_id: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (Index(None, "at"),)
