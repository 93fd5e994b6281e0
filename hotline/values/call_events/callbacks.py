"""Events of callbacks. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent


@dataclass(frozen=True, kw_only=True)
class CallbackRequested(HistoryEvent):
    """The caller is to be called back and keeps their place."""

    queue: str


@dataclass(frozen=True, kw_only=True)
class CallbackDialled(HistoryEvent):
    """The patient is dialled, for the `attempt`-th time."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class CallbackMissed(HistoryEvent):
    """The patient was not reached; they are dialled again."""

    attempt: int


@dataclass(frozen=True, kw_only=True)
class CallbackDone(HistoryEvent):
    """The patient talked to a person."""


@dataclass(frozen=True, kw_only=True)
class CallbackFailed(HistoryEvent):
    """The patient was not called back; it is a case now."""


@dataclass(frozen=True, kw_only=True)
class CallbackCancelled(HistoryEvent):
    """The callback is off."""


@dataclass(frozen=True, kw_only=True)
class CalledBack(HistoryEvent):
    """This is the call by which the caller of `asked_call_id` is called back."""

    asked_call_id: str
