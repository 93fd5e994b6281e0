"""Callbacks: callers who left the line and keep their place in it."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedReasons
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.reason_codes import CallbackReason
from hotline.values.states.callback import CallbackState


class Callback(Row, WithId):
    """A caller who is to be called back when their place has come; it holds what their place in line held."""

    __tablename__ = "callbacks"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    number: Mapped[str] = mapped_column(EncryptedText("callbacks.number"))
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    intent: Mapped[Intent] = mapped_column(EnumWord(Intent))
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name"))
    required_skills: Mapped[dict[str, int]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    preferred_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    reasons: Mapped[list[Reason]] = mapped_column(PaddedReasons("callbacks.reasons"), default=list)
    # Their place in line is the old one.
    asked_at: Mapped[datetime] = mapped_column(Utc)
    state: Mapped[CallbackState] = mapped_column(EnumWord(CallbackState), default=CallbackState.WAITING)
    reason: Mapped[CallbackReason | None] = mapped_column(EnumWord(CallbackReason))
    # How often the number was dialled, and when not before it is dialled again.
    tries: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(Utc)
    # Written before the exchange is asked: a router that dies in between never dials twice.
    dialled_at: Mapped[datetime | None] = mapped_column(Utc)
    provider_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    # For whom the place has come: kept free while the telephone of the patient rings.
    reserved_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    # The outbound call that came about.
    outbound_call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    requested_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        # One open callback per call, whatever comes twice.
        Index(
            "uq_callbacks_open_call",
            "call_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'dialling', 'back')"),
            postgresql_where=text("state IN ('waiting', 'dialling', 'back')"),
        ),
        Index(None, "state"),
    )
