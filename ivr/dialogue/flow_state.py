"""Where a caller stands in a flow, what follows from a turn, and what that means for the call, as values."""

from dataclasses import dataclass, field
from typing import Any

from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from telephony.verbs import Verb


@dataclass(frozen=True)
class Place:
    """Where a caller stands: the node, failures there, the menus behind (for `back`), and what was heard.

    `consent`: the notice of the recording was heard; `is_telling`: it is being spoken now.
    """

    node: str
    language: Language
    failures: int = 0
    trail: tuple[str, ...] = ()
    consent: bool = False
    is_telling: bool = False


@dataclass(frozen=True)
class Told:
    """An event for the call's story."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Consented:
    """The notice of the recording was heard or passed."""


@dataclass(frozen=True)
class Asked:
    """The caller asks for a person."""

    intent: Intent
    queue: str
    skill: str | None
    priority: int | None


@dataclass(frozen=True)
class Ended:
    """The call is at an end of the flow: should it end now, this is its outcome."""

    outcome: CallOutcome | None


@dataclass(frozen=True)
class Meant:
    """What the caller wants, where nobody was asked for."""

    intent: Intent


@dataclass(frozen=True)
class Recorded:
    """The caller has left a message, which the exchange knows by this id."""

    sid: str


@dataclass(frozen=True)
class Back:
    """The caller goes back to the line they left, to their old place."""


Effect = Told | Consented | Asked | Ended | Meant | Recorded | Back


@dataclass(frozen=True)
class Outcome:
    """What follows from a turn."""

    place: Place
    verbs: tuple[Verb, ...]
    effects: tuple[Effect, ...] = ()
