"""Where a conversation with a patient stands, what they say, and what follows, as values. Pure."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome
from ivr.dialogue.engine import Decision
from telephony.vendor_words import AnsweredBy


class Stage(StrEnum):
    """Where a conversation stands."""

    OPENING = "opening"
    MACHINE = "machine"
    WHO = "who"
    FETCHING = "fetching"
    LATER = "later"
    VERIFY = "verify"
    QUESTION = "question"
    HANDED = "handed"
    END = "end"


@dataclass(frozen=True)
class RightParty:
    """The patient we want to speak with, and what they identify themselves by."""

    name: str
    birth_date: date | None
    number_end: str
    zone: ZoneInfo
    is_inbound: bool = False


@dataclass(frozen=True)
class DialogueState:
    """Where a conversation stands; `skipped` counts questions in a row that got no answer."""

    stage: Stage
    language: Language
    question: str = ""
    failures: int = 0
    skipped: int = 0
    is_slow: bool = False
    has_consented: bool = False


@dataclass(frozen=True)
class PatientTurn:
    """One turn: the keys (`""`: none), the words as recognised, and whom the exchange takes the line for so far."""

    keys: str = ""
    words: str = ""
    is_recorded: bool = False
    by: AnsweredBy | None = None


@dataclass(frozen=True)
class NoteReached:
    """A person speaks, whoever it is."""


@dataclass(frozen=True)
class NoteVerified:
    """It is they: from here on anything medical may be said."""


@dataclass(frozen=True)
class StartRecording:
    """The patient has been told of the recording: it may begin."""


@dataclass(frozen=True)
class FileAnswer:
    """An answer: the script's word for it, its figure, the words in which it was given."""

    question: str
    value: str
    figure: float | None = None
    words: str = ""
    is_warning: bool = False
    is_low: bool = False


@dataclass(frozen=True)
class FileWarning:
    """A warning sign: a nurse is needed at once."""

    sign: str


@dataclass(frozen=True)
class RequestPerson:
    """A person of `queue` is wanted; `sign` says why where it is a warning sign."""

    sign: str = ""
    queue: str = "nurse"


@dataclass(frozen=True)
class FileOpinion:
    """The patient complains, or has an opinion, beside the question: somebody is to look into it."""

    words: str


@dataclass(frozen=True)
class SendAdvice:
    """The advice was given: it goes out as a text, too."""


@dataclass(frozen=True)
class Conclude:
    """How it went, should the line end now."""

    outcome: AttemptOutcome
    reason: str = ""
    postponed_until: datetime | None = None


Effect = (
    NoteReached
    | NoteVerified
    | StartRecording
    | FileAnswer
    | FileWarning
    | RequestPerson
    | FileOpinion
    | SendAdvice
    | Conclude
)


@dataclass(frozen=True)
class DialogueDecision(Decision[DialogueState, Effect]):
    """What follows from a turn of a patient."""


def read_state(stored: dict[str, Any]) -> DialogueState:
    """Return the state that `write_state` stored."""
    words = {"stage": Stage(stored["stage"]), "language": Language(stored["language"])}
    return DialogueState(**(stored | words))


def write_state(state: DialogueState) -> dict[str, Any]:
    """Return the state as the database keeps it."""
    return asdict(state) | {"stage": state.stage.value, "language": state.language.value}
