"""Events of the queue. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent
from hotline.values.reason_codes import RequeueReason


@dataclass(frozen=True, kw_only=True)
class PersonRequested(HistoryEvent):
    """The caller asked for a person and joined the queue."""

    queue: str
    skill: str = ""


@dataclass(frozen=True, kw_only=True)
class CallerRequeued(HistoryEvent):
    """The caller is in the queue again; `why` is known where they talked to somebody before."""

    queue: str
    why: RequeueReason | None = None


@dataclass(frozen=True, kw_only=True)
class CallerConnected(HistoryEvent):
    """Caller and agent hear each other."""

    agent_id: str | None = None
