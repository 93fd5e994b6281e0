"""Calls, their legs and their events."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedText
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.reason_codes import CallReason
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.leg import LegKind, LegStatus


class Call(Row, WithId):
    """One call of a patient, from the first webhook to the last."""

    __tablename__ = "calls"
    provider_sid: Mapped[str] = mapped_column(String(64), unique=True)
    caller_number: Mapped[str | None] = mapped_column(EncryptedText("calls.caller_number"))
    caller_index: Mapped[str | None] = mapped_column(String(64), index=True)
    direction: Mapped[Direction] = mapped_column(EnumWord(Direction), default=Direction.INBOUND)
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    intent: Mapped[Intent] = mapped_column(EnumWord(Intent), default=Intent.UNKNOWN)
    status: Mapped[CallStatus] = mapped_column(EnumWord(CallStatus), default=CallStatus.IN_MENU)
    outcome: Mapped[CallOutcome | None] = mapped_column(EnumWord(CallOutcome))
    reason: Mapped[CallReason | None] = mapped_column(EnumWord(CallReason))
    # The node of the flow, how often a key was wrong there, and the number of the turn that is expected.
    dialogue_state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    turn: Mapped[int] = mapped_column(Integer, default=0)
    # The TwiML that answered the last turn: a turn delivered twice is answered the same. Gone when the call has ended.
    last_answer: Mapped[str | None] = mapped_column(PaddedText("calls.last_answer"))
    queue: Mapped[str | None] = mapped_column(ForeignKey("queues.name"))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    consent_at: Mapped[datetime | None] = mapped_column(Utc)
    started_at: Mapped[datetime] = mapped_column(Utc, index=True)
    # The caller clock runs from `asked_at` (asking for a person) to `answered_at` (hearing one).
    asked_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    # When the caller was asked to rate the conversation, and the key from 1 to 5 that they pressed.
    rating_asked_at: Mapped[datetime | None] = mapped_column(Utc)
    rating: Mapped[int | None] = mapped_column(Integer)
    is_held: Mapped[bool] = mapped_column(Boolean, default=False)
    # The conference as it ought to be, and as the exchange was last told, see `routing.calls.conference_service`:
    # whether the caller is on hold, and the offer whose line ends it (None: nobody's).
    conference_is_held: Mapped[bool] = mapped_column(Boolean, default=False)
    conference_ender_id: Mapped[str | None] = mapped_column(String(32))
    conference_applied_held: Mapped[bool] = mapped_column(Boolean, default=False)
    conference_applied_ender_id: Mapped[str | None] = mapped_column(String(32))
    # When the exchange last reported anything about this call; the sweep asks after silent ones.
    last_report_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (Index(None, "status"),)


class Leg(Row, WithId):
    """One line: the caller's, or an agent's for one offer."""

    __tablename__ = "legs"
    provider_sid: Mapped[str] = mapped_column(String(64), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    offer_id: Mapped[str | None] = mapped_column(ForeignKey("offers.id"))
    kind: Mapped[LegKind] = mapped_column(EnumWord(LegKind))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    status: Mapped[LegStatus] = mapped_column(EnumWord(LegStatus), default=LegStatus.INITIATED)
    # The highest sequence number seen: a status callback that arrives late does not turn the leg back.
    sequence: Mapped[int] = mapped_column(Integer, default=-1)
    started_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)


class CallHistoryEvent(Row, WithId):
    """One event of a call; together they are its history."""

    __tablename__ = "call_events"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    at: Mapped[datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index(None, "call_id", "at"),)
