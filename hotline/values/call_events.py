"""The events of a call's history, one dataclass per kind: ids, numbers and words of ours, never patient data. Pure.

`hotline.outbox.call_log` writes and reads them. An event's kind is the name of its class in snake case; the catalogue
words it under `event.KIND`, with the fields as its placeholders.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter

from hotline.values.language import Language
from hotline.values.reason_codes import OfferEndReason, RequeueReason, TransferEndReason
from hotline.values.states.call import CallOutcome
from hotline.values.states.case import CaseKind
from hotline.values.states.transfer import TransferKind

# The class of each kind.
KINDS: dict[str, type["HistoryEvent"]] = {}


@dataclass(frozen=True, kw_only=True)
class HistoryEvent:
    """Something that happened in a call."""

    kind: ClassVar[str]

    def __init_subclass__(cls, *, is_kind: bool = True) -> None:
        """Name the kind after the class; one that others share their fields with is none."""
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        if is_kind:
            KINDS[cls.kind] = cls

    @property
    def data(self) -> dict[str, Any]:
        """The fields as values of JSON; one that is `None` is left out."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: value.value if isinstance(value, StrEnum) else value for name, value in values if value is not None
        }


def read(kind: str, data: Mapping[str, Any]) -> HistoryEvent | None:
    """Return the event that `data` was made from; `None` for a kind that this release does not know.

    Raises `pydantic.ValidationError` when the fields are not those of the kind.
    """
    return _reader(kind).validate_python(data) if kind in KINDS else None


@cache
def _reader(kind: str) -> TypeAdapter[HistoryEvent]:
    return TypeAdapter(KINDS[kind])


# The menu, and what is said on the way.


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


# The queue.


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


# Offers.


@dataclass(frozen=True, kw_only=True)
class OfferEvent(HistoryEvent, is_kind=False):
    """Something that happened to an offer."""

    offer_id: str
    agent_id: str


@dataclass(frozen=True, kw_only=True)
class OfferStarted(OfferEvent):
    """An agent's phone is to ring, at the caller's ring `ring`, from 1."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferRinging(OfferEvent):
    """The phone rings."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferAnswered(OfferEvent):
    """The agent answered and won the caller."""

    ring: int


@dataclass(frozen=True, kw_only=True)
class OfferEnded(OfferEvent, is_kind=False):
    """The offer ended without an answer."""

    reason: OfferEndReason


@dataclass(frozen=True, kw_only=True)
class OfferCancelled(OfferEnded):
    """The phone was told to stop."""


@dataclass(frozen=True, kw_only=True)
class OfferMissed(OfferEnded):
    """The agent let the phone ring out."""


@dataclass(frozen=True, kw_only=True)
class OfferRejected(OfferEnded):
    """The agent declined, or was busy."""


@dataclass(frozen=True, kw_only=True)
class OfferUnreachable(OfferEnded):
    """The phone did not ring, or vanished while it rang."""


@dataclass(frozen=True, kw_only=True)
class OfferFailed(OfferEnded):
    """The agent hung up between answering and being told whom they had won."""


@dataclass(frozen=True, kw_only=True)
class AgentLost(OfferEvent):
    """The agent's line broke before they met the caller."""


@dataclass(frozen=True, kw_only=True)
class LineLost(OfferEvent):
    """The agent's line was lost in the conversation."""


@dataclass(frozen=True, kw_only=True)
class AgentLeft(OfferEvent):
    """The agent hung up."""


# The conversation.


@dataclass(frozen=True, kw_only=True)
class CallerHeld(HistoryEvent):
    """The caller hears music."""


@dataclass(frozen=True, kw_only=True)
class CallerResumed(HistoryEvent):
    """The caller hears the agents again."""


@dataclass(frozen=True, kw_only=True)
class TransferEvent(HistoryEvent, is_kind=False):
    """Something that happened to a transfer of `agent_id` to `to_agent_id`, or to `queue`."""

    transfer_id: str
    agent_id: str
    how: TransferKind
    to_agent_id: str | None = None
    queue: str | None = None
    reason: TransferEndReason | None = None


@dataclass(frozen=True, kw_only=True)
class TransferRequested(TransferEvent):
    """An agent hands the caller on."""


@dataclass(frozen=True, kw_only=True)
class TransferMerged(TransferEvent):
    """All three talk."""


@dataclass(frozen=True, kw_only=True)
class TransferCompleted(TransferEvent):
    """The colleague has the caller."""


@dataclass(frozen=True, kw_only=True)
class TransferTakenBack(TransferEvent):
    """The first agent keeps the caller."""


@dataclass(frozen=True, kw_only=True)
class TransferFailed(TransferEvent):
    """The transfer did not come about."""


# Callbacks.


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


# Afterwards.


@dataclass(frozen=True, kw_only=True)
class CaseOpened(HistoryEvent):
    """A case came of the call."""

    case: int
    case_kind: CaseKind


@dataclass(frozen=True, kw_only=True)
class RecordingChange(HistoryEvent, is_kind=False):
    """Something that happened to a recording."""

    recording_id: str


@dataclass(frozen=True, kw_only=True)
class RecordingStarted(RecordingChange):
    """The recording began."""


@dataclass(frozen=True, kw_only=True)
class RecordingReady(RecordingChange):
    """The recording is complete and can be fetched."""


@dataclass(frozen=True, kw_only=True)
class RecordingStored(RecordingChange):
    """The recording lies here, encrypted."""


@dataclass(frozen=True, kw_only=True)
class RecordingAbsent(RecordingChange):
    """There is no sound."""


@dataclass(frozen=True, kw_only=True)
class RecordingFailed(RecordingChange):
    """The recording could not be fetched."""


@dataclass(frozen=True, kw_only=True)
class RecordingTranscribed(RecordingChange):
    """The recording has a transcript of so many lines."""

    lines: int


@dataclass(frozen=True, kw_only=True)
class CallChecked(HistoryEvent):
    """The machine marked the call: items with a fault, and items that go to people."""

    scorecard: str
    faults: list[str]
    unsure: list[str]


@dataclass(frozen=True, kw_only=True)
class PurgedAudio(HistoryEvent):
    """The sound was deleted, as its period was over."""


@dataclass(frozen=True, kw_only=True)
class PurgedTranscript(HistoryEvent):
    """The transcripts were deleted."""


@dataclass(frozen=True, kw_only=True)
class PurgedReview(HistoryEvent):
    """The reviews were deleted."""
