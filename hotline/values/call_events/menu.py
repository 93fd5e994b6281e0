"""Events of the menu, and of what is said on the way. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome


@dataclass(frozen=True, kw_only=True)
class CallStarted(HistoryEvent):
    """The call came in, or was picked up by the patient of a campaign's `attempt_id`."""

    attempt_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class LanguageChosen(HistoryEvent):
    """The caller chose the language."""

    language: Language


@dataclass(frozen=True, kw_only=True)
class ConsentHeard(HistoryEvent):
    """The caller heard the notice of the recording."""


@dataclass(frozen=True, kw_only=True)
class MenuShown(HistoryEvent):
    """A menu was played."""

    node: str


@dataclass(frozen=True, kw_only=True)
class KeyPressed(HistoryEvent):
    """A key of the menu was pressed; `outcome` is what it means."""

    node: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class TimedOut(HistoryEvent):
    """No key was pressed."""

    node: str


@dataclass(frozen=True, kw_only=True)
class WrongKey(HistoryEvent):
    """The key pressed is not on the menu."""

    node: str


@dataclass(frozen=True, kw_only=True)
class Rescued(HistoryEvent):
    """Something failed on our side; the caller was sent to a person."""

    node: str


@dataclass(frozen=True, kw_only=True)
class MessageLeft(HistoryEvent):
    """The caller left a message."""


@dataclass(frozen=True, kw_only=True)
class MessageEmpty(HistoryEvent):
    """The caller was asked for a message and left none."""


@dataclass(frozen=True, kw_only=True)
class MessageSilent(HistoryEvent):
    """The message holds no words."""


@dataclass(frozen=True, kw_only=True)
class Forwarded(HistoryEvent):
    """The caller was led to another number."""


@dataclass(frozen=True, kw_only=True)
class RatingAsked(HistoryEvent):
    """The caller was asked to rate the conversation."""


@dataclass(frozen=True, kw_only=True)
class CallRated(HistoryEvent):
    """The caller rated the conversation, 1 to 5."""

    rating: int


@dataclass(frozen=True, kw_only=True)
class WarningSign(HistoryEvent):
    """A patient told of a warning sign; which one stands in the attempt, sealed."""


@dataclass(frozen=True, kw_only=True)
class CallEnded(HistoryEvent):
    """The caller's line ended."""

    outcome: CallOutcome | None = None
