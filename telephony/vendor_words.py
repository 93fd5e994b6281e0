"""The provider's words and ours: the one table. A word that is not in it raises, so that nothing new goes unnoticed."""

from enum import StrEnum
from typing import TypeVar

from hotline.values.states.leg import LegStatus
from hotline.values.states.recording import RecordingState
from telephony.errors import UnknownWord


class QueueResult(StrEnum):
    """Why a caller left the provider's queue."""

    BRIDGED = "bridged"
    REDIRECTED = "redirected"
    HUNG_UP = "hung_up"
    LEFT = "left"
    FULL = "full"
    FAILED = "failed"


class AnsweredBy(StrEnum):
    """Whom the provider takes the answer of a call for. Often wrong: it may choose the wording, nothing else."""

    HUMAN = "human"
    MACHINE = "machine"
    MACHINE_READY = "machine_ready"
    UNKNOWN = "unknown"


# CallStatus of webhooks and of the REST API.
LEG_STATUSES: dict[str, LegStatus] = {
    "queued": LegStatus.INITIATED,
    "initiated": LegStatus.INITIATED,
    "ringing": LegStatus.RINGING,
    "in-progress": LegStatus.ANSWERED,
    "answered": LegStatus.ANSWERED,
    "completed": LegStatus.COMPLETED,
    "busy": LegStatus.BUSY,
    "no-answer": LegStatus.NO_ANSWER,
    "canceled": LegStatus.CANCELED,
    "failed": LegStatus.FAILED,
}

# QueueResult of the action of Enqueue.
QUEUE_RESULTS: dict[str, QueueResult] = {
    "bridged": QueueResult.BRIDGED,
    "bridging-in-process": QueueResult.BRIDGED,
    "redirected": QueueResult.REDIRECTED,
    "redirected-from-bridged": QueueResult.REDIRECTED,
    "hangup": QueueResult.HUNG_UP,
    "leave": QueueResult.LEFT,
    "queue-full": QueueResult.FULL,
    "error": QueueResult.FAILED,
    "system-error": QueueResult.FAILED,
}

# RecordingStatus of callbacks, and `status` of the REST API (which also says that it is still at work).
RECORDING_STATES: dict[str, RecordingState] = {
    "in-progress": RecordingState.STARTED,
    "paused": RecordingState.STARTED,
    "stopped": RecordingState.STARTED,
    "processing": RecordingState.STARTED,
    "completed": RecordingState.READY,
    "absent": RecordingState.ABSENT,
    "deleted": RecordingState.ABSENT,
    "failed": RecordingState.FAILED,
}

# AnsweredBy of answering-machine detection; a machine is ready when its greeting is over.
ANSWERED_BY: dict[str, AnsweredBy] = {
    "human": AnsweredBy.HUMAN,
    "machine_start": AnsweredBy.MACHINE,
    "machine_end_beep": AnsweredBy.MACHINE_READY,
    "machine_end_silence": AnsweredBy.MACHINE_READY,
    "machine_end_other": AnsweredBy.MACHINE_READY,
    "fax": AnsweredBy.MACHINE,
    "unknown": AnsweredBy.UNKNOWN,
}

_Ours = TypeVar("_Ours", LegStatus, QueueResult, RecordingState, AnsweredBy)


def leg_status(word: str) -> LegStatus:
    """Return our word for a CallStatus. Raises `UnknownWord`."""
    return _look_up(LEG_STATUSES, word, "CallStatus")


def queue_result(word: str) -> QueueResult:
    """Return our word for a QueueResult. Raises `UnknownWord`."""
    return _look_up(QUEUE_RESULTS, word, "QueueResult")


def recording_state(word: str) -> RecordingState:
    """Return our word for a RecordingStatus. Raises `UnknownWord`."""
    return _look_up(RECORDING_STATES, word, "RecordingStatus")


def answered_by(word: str) -> AnsweredBy:
    """Return our word for an AnsweredBy. Raises `UnknownWord`."""
    return _look_up(ANSWERED_BY, word, "AnsweredBy")


def _look_up(table: dict[str, _Ours], word: str, name: str) -> _Ours:
    try:
        return table[word]
    except KeyError:
        raise UnknownWord(f"{name} {word[:40]!r} is in no table of telephony/vendor_words.py") from None
