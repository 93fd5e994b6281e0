"""Where a conversation with a patient stands, what is heard of them, and what follows, as values. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome
from telephony.vendor_words import AnsweredBy
from telephony.verbs import Verb


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
class Person:
    """Whom we want to speak with, and what tells that it is they."""

    name: str
    birth_date: date | None
    number_end: str
    zone: ZoneInfo
    is_inbound: bool = False


@dataclass(frozen=True)
class Place:
    """Where a conversation stands; `skipped` counts questions in a row that got no answer."""

    stage: Stage
    language: Language
    question: str = ""
    failures: int = 0
    skipped: int = 0
    is_slow: bool = False
    has_consented: bool = False


@dataclass(frozen=True)
class Heard:
    """One turn: the keys (`""`: none), the words as recognised, and whom the exchange takes the line for so far."""

    keys: str = ""
    words: str = ""
    is_recorded: bool = False
    by: AnsweredBy | None = None


@dataclass(frozen=True)
class Reached:
    """A person speaks, whoever it is."""


@dataclass(frozen=True)
class Verified:
    """It is they: from here on anything medical may be said."""


@dataclass(frozen=True)
class Consented:
    """They have been told of the recording: it may begin."""


@dataclass(frozen=True)
class Answered:
    """An answer: the script's word for it, its figure, the words in which it was given."""

    question: str
    value: str
    figure: float | None = None
    words: str = ""
    is_warning: bool = False
    is_low: bool = False


@dataclass(frozen=True)
class Warned:
    """A warning sign: a nurse is needed at once."""

    sign: str


@dataclass(frozen=True)
class AsksPerson:
    """A person of `queue` is wanted; `sign` says why where it is a warning sign."""

    sign: str = ""
    queue: str = "nurse"


@dataclass(frozen=True)
class Opined:
    """They complain, or have an opinion, beside the question: somebody is to look into it."""

    words: str


@dataclass(frozen=True)
class Advised:
    """The advice was given: it goes out as a text, too."""


@dataclass(frozen=True)
class Concluded:
    """How it went, should the line end now."""

    outcome: AttemptOutcome
    reason: str = ""
    later_at: datetime | None = None


Effect = Reached | Verified | Consented | Answered | Warned | AsksPerson | Opined | Advised | Concluded


@dataclass(frozen=True)
class Outcome:
    """What follows from a turn."""

    place: Place
    verbs: tuple[Verb, ...]
    effects: tuple[Effect, ...] = field(default=())
