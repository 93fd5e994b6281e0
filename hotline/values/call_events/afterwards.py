"""Events after a call: its case, recordings, score, and what is purged. Pure."""

from dataclasses import dataclass

from hotline.values.call_events.history_event import HistoryEvent
from hotline.values.states.case import CaseKind


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
