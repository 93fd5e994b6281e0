"""A call's statuses, their legal changes, and the record of a call that outlives it. Pure."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

from exchange.core.numbering.countries import whereabouts

API_VERSION = "2010-04-01"


class TwilioCallStatus(StrEnum):
    """Twilio's words for the status of one leg."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    FAILED = "failed"


# What a telephone's own parameters may not be called: an application would take them for the exchange's word.
RESERVED = frozenset({
    "CallSid", "AccountSid", "From", "Caller", "To", "Called", "CallStatus", "ApiVersion", "Direction", "ForwardedFrom",
    "CallerName", "ParentCallSid", "AnsweredBy", "FromCity", "FromState", "FromZip", "FromCountry", "ToCity", "ToState",
    "ToZip", "ToCountry", "ErrorCode", "ErrorUrl", "Digits", "FinishedOnKey", "SpeechResult", "Confidence", "QueueSid",
    "RecordingSid", "RecordingUrl", "RecordingDuration", "DialCallSid", "DialCallStatus", "DialCallDuration",
    "DialBridged", "QueueResult", "QueueTime", "CallToken",
})  # fmt: skip
FINAL = frozenset(
    {
        TwilioCallStatus.COMPLETED,
        TwilioCallStatus.BUSY,
        TwilioCallStatus.NO_ANSWER,
        TwilioCallStatus.CANCELED,
        TwilioCallStatus.FAILED,
    }
)
_UNANSWERED = {TwilioCallStatus.BUSY, TwilioCallStatus.NO_ANSWER, TwilioCallStatus.CANCELED, TwilioCallStatus.FAILED}
MOVES: dict[TwilioCallStatus, frozenset[TwilioCallStatus]] = {
    TwilioCallStatus.QUEUED: frozenset({TwilioCallStatus.INITIATED, TwilioCallStatus.RINGING, *_UNANSWERED}),
    TwilioCallStatus.INITIATED: frozenset({TwilioCallStatus.RINGING, *_UNANSWERED}),
    TwilioCallStatus.RINGING: frozenset({TwilioCallStatus.IN_PROGRESS, TwilioCallStatus.COMPLETED, *_UNANSWERED}),
    TwilioCallStatus.IN_PROGRESS: frozenset({TwilioCallStatus.COMPLETED, TwilioCallStatus.FAILED}),
    **dict.fromkeys(FINAL, frozenset()),
}
_EVENTS = {
    TwilioCallStatus.INITIATED: "initiated",
    TwilioCallStatus.RINGING: "ringing",
    TwilioCallStatus.IN_PROGRESS: "answered",
    **dict.fromkeys(FINAL, "completed"),
}


class IllegalStatusChange(ValueError):
    """A status that cannot follow the present one."""


@dataclass(frozen=True)
class StatusCallback:
    """Where to report, and which events are asked for."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)

    def wants(self, event: str) -> bool:
        return bool(self.url) and event in self.events


@dataclass
class CallDetails:
    """The record of one leg; kept in the journal and shown by REST after the call is over."""

    sid: str
    account_sid: str
    sender: str
    to: str
    direction: str
    created: datetime
    parent_sid: str = ""
    caller_name: str = ""
    forwarded_from: str = ""
    answered_by: str = ""
    status: TwilioCallStatus = TwilioCallStatus.QUEUED
    answered: datetime | None = None
    ended: datetime | None = None
    updated: datetime | None = None
    sequence: int = 0
    queue_seconds: int = 0
    # Why a call was not taken, as SIP counts; 0 where there is no more to say than its status.
    response_code: int = 0
    recording_sid: str = ""
    callback: StatusCallback = field(default_factory=StatusCallback)

    def move(self, status: TwilioCallStatus, now: datetime) -> None:
        """Change the status, the one way to do so. Raises `IllegalStatusChange` when the table does not allow it."""
        if status not in MOVES[self.status]:
            raise IllegalStatusChange(f"{self.status} cannot become {status}")
        self.status = status
        self.updated = now
        if status is TwilioCallStatus.IN_PROGRESS:
            self.answered = now
        if status in FINAL:
            self.ended = now

    def fail(self, now: datetime) -> None:
        """End the call as failed: the exchange was killed while it was up."""
        self.status = TwilioCallStatus.FAILED
        self.updated = self.ended = now

    @property
    def is_over(self) -> bool:
        return self.status in FINAL

    @property
    def seconds(self) -> int:
        """Return the whole seconds talked, from answer to end; 0 when nobody answered."""
        if not self.answered or not self.ended:
            return 0
        return round((self.ended - self.answered).total_seconds())

    def event(self) -> str:
        """Return the callback event that the present status stands for."""
        return _EVENTS[self.status]

    def parameters(self) -> dict[str, str]:
        """Return the standard parameters of every request to the application."""
        values = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.sender,
            "Caller": self.sender,
            "To": self.to,
            "Called": self.to,
            "CallStatus": str(self.status),
            "ApiVersion": API_VERSION,
            "Direction": self.direction,
        }
        optional = {
            "ForwardedFrom": self.forwarded_from,
            "CallerName": self.caller_name,
            "ParentCallSid": self.parent_sid,
            "AnsweredBy": self.answered_by,
        }
        places = whereabouts("From", self.sender) | whereabouts("To", self.to)
        return values | places | {name: value for name, value in optional.items() if value}

    def progress(self, now: datetime) -> dict[str, str]:
        """Return the parameters of a status callback, and count its sequence number up."""
        values = self.parameters() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.sequence),
            "Timestamp": rfc2822(now),
        }
        self.sequence += 1
        if self.is_over:
            values |= {"CallDuration": str(self.seconds), "Duration": str(-(-self.seconds // 60))}
            values |= {"SipResponseCode": str(self.response_code)} if self.response_code else {}
        return values

    def to_json(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "CallDetails":
        values = dict(raw)
        for name in ("created", "answered", "ended", "updated"):
            values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
        values["status"] = TwilioCallStatus(values["status"])
        callback = values["callback"]
        values["callback"] = StatusCallback(callback["url"], callback["method"], tuple(callback["events"]))
        return cls(**values)


def rfc2822(moment: datetime | None) -> str:
    """Return a time as Twilio writes it; empty for none."""
    return format_datetime(moment.astimezone(UTC)) if moment else ""


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
