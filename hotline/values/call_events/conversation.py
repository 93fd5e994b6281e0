"""Events of a conversation: hold and transfers. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent
from hotline.values.reason_codes import TransferEndReason
from hotline.values.states.transfer import TransferKind


@dataclass(frozen=True, kw_only=True)
class CallerHeld(HistoryEvent):
    """The caller hears music."""


@dataclass(frozen=True, kw_only=True)
class CallerResumed(HistoryEvent):
    """The caller hears the agents again."""


@dataclass(frozen=True, kw_only=True)
class TransferHistoryEvent(HistoryEvent, is_kind=False):
    """Something that happened to a transfer of `agent_id` to `to_agent_id`, or to `queue`."""

    transfer_id: str
    agent_id: str
    how: TransferKind
    to_agent_id: str | None = None
    queue: str | None = None
    reason: TransferEndReason | None = None


@dataclass(frozen=True, kw_only=True)
class TransferRequested(TransferHistoryEvent):
    """An agent hands the caller on."""


@dataclass(frozen=True, kw_only=True)
class TransferMerged(TransferHistoryEvent):
    """All three talk."""


@dataclass(frozen=True, kw_only=True)
class TransferCompleted(TransferHistoryEvent):
    """The colleague has the caller."""


@dataclass(frozen=True, kw_only=True)
class TransferTakenBack(TransferHistoryEvent):
    """The first agent keeps the caller."""


@dataclass(frozen=True, kw_only=True)
class TransferFailed(TransferHistoryEvent):
    """The transfer did not come about."""
