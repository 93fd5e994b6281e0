"""Calls, their legs and events, the callers in line and the offers made to agents."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.padded import PaddedReasons, PaddedText
from hotline.models.root import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.models.types import EnumWord, Utc
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.reason_codes import CallReason, OfferEndReason, QueueEntryEndReason, RequeueReason
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.leg import LegKind, LegStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState


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
    # Where the caller stands in the flow, how often a key was wrong there, and the number of the turn that is expected.
    place: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
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
    # The conversation's room as it ought to be and as the exchange was last told, see `routing.calls.conferences`.
    is_held: Mapped[bool] = mapped_column(Boolean, default=False)
    room_wanted: Mapped[str] = mapped_column(String(40), default="")
    room_told: Mapped[str] = mapped_column(String(40), default="")
    # The last time the exchange said anything of this call; the sweep asks after silent ones.
    heard_at: Mapped[datetime] = mapped_column(Utc)
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


class Event(Row, WithId):
    """One thing that happened in a call; together they are its story."""

    __tablename__ = "events"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    at: Mapped[datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (Index(None, "call_id", "at"),)


class QueueEntry(Row, WithId):
    """A caller in line for a person: what is wished, since when, and how it ended."""

    __tablename__ = "queue_entries"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    queue: Mapped[str] = mapped_column(ForeignKey("queues.name"))
    # Skill names with the least level wished, e.g. {"booking": 3, "en-US": 2}.
    wish: Mapped[dict[str, int]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    preferred_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    # This agent and nobody else is rung, whatever their skills: a colleague hands the caller on to them.
    only_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    kind: Mapped[QueueEntryKind] = mapped_column(EnumWord(QueueEntryKind), default=QueueEntryKind.CALLER)
    # Whether the priority was raised by one, which is the front of the line among equals.
    is_lifted: Mapped[bool] = mapped_column(Boolean, default=False)
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
    moved_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        Index(
            "uq_waiting_open_call",
            "call_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'won')"),
            postgresql_where=text("state IN ('waiting', 'won')"),
        ),
        Index(None, "state", "call_id"),  # the router asks at every pass, and what is over stays for ever
    )


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
