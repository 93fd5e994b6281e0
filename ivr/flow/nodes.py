"""A voice menu as values: nodes, choices, reserved keys and phrases.

`ivr.flow.reader` reads them, `ivr.dialogue.decide` walks them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hotline.configuration.field_types import FileModel
from hotline.configuration.texts import TelephoneKey
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.flow.phrases import DIGITS, MINUTES, NUMBERED, PHRASES, POSITIONS
from ivr.outage import keeping
from routing.estimates.wait import SPOKEN_MINUTES
from routing.queues.hours import Hours

Text = Mapping[Language, str]


@dataclass(frozen=True)
class Choice:
    """A key that leads on; in a language menu it also sets the language."""

    key: str
    label: Text
    to: str
    language: Language | None = None


@dataclass(frozen=True)
class Menu:
    """Speaks, then waits for one of at most five keys."""

    name: str
    label: Text
    say: Text
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class LanguageMenu:
    """The same in every language at once; who presses nothing goes on in `otherwise`."""

    name: str
    label: Text
    say: Text
    choices: tuple[Choice, ...]
    otherwise: Choice


@dataclass(frozen=True)
class Notice:
    """Speaks and goes on; `is_consent` marks the notice that must be heard before a call may be recorded."""

    name: str
    label: Text
    say: Text
    next: str
    is_consent: bool


@dataclass(frozen=True)
class Opening:
    """Leads on by the opening hours; speaks nothing."""

    name: str
    label: Text
    open: str
    closed: str


@dataclass(frozen=True)
class Ask:
    """Asks for a person: the queue, the skill wished beyond the queue's own, and how urgent it is.

    `is_always`: also outside opening hours. `is_consent`: what it says includes the notice of the recording.
    """

    name: str
    label: Text
    say: Text
    intent: Intent
    queue: str
    skill: str | None
    priority: int | None
    is_always: bool
    is_consent: bool


@dataclass(frozen=True)
class End:
    """Speaks, leaves time for the emergency key, and ends the call."""

    name: str
    label: Text
    say: Text
    outcome: CallOutcome | None
    # Keys that lead on in the time that is left; any other one ends the call.
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Message:
    """Asks for a message and records it; `intent` says what it is about where the caller has not said so before."""

    name: str
    label: Text
    say: Text
    intent: Intent
    max_seconds: int


Node = Menu | LanguageMenu | Notice | Opening | Ask | End | Message


class Keys(FileModel):
    """Keys that mean the same at every node."""

    emergency: TelephoneKey = "9"
    person: TelephoneKey = "0"
    repeat: TelephoneKey = "*"
    back: TelephoneKey = "#"

    @property
    def all(self) -> tuple[str, str, str, str]:
        """All four."""
        return (self.emergency, self.person, self.repeat, self.back)


class WaitingKeys(FileModel):
    """Keys for who waits: to be called back, or to leave a message instead."""

    call_back: TelephoneKey = "1"
    message: TelephoneKey = "2"


@dataclass(frozen=True)
class QueueOpening:
    """When a queue's own hours say that it is open, and the queues that its overflow names as help, in turn."""

    hours: Hours
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """A whole voice menu, checked: every name that a node leads to exists, every text has every language."""

    name: str
    hospital: Text
    start: str
    closed: str
    keys: Keys
    emergency: str
    person: str
    tries: int
    timeout_seconds: int
    hours: Hours
    phrases: Mapping[str, Text]
    nodes: Mapping[str, Node]
    waiting_keys: WaitingKeys = field(default_factory=WaitingKeys)
    # The node at which callers who wait may leave a message.
    message: str | None = None
    # The queues of the house, by name.
    queues: Mapping[str, QueueOpening] = field(default_factory=dict)

    @property
    def consent(self) -> Notice | None:
        """The notice of the recording."""
        return next((n for n in self.nodes.values() if isinstance(n, Notice) and n.is_consent), None)

    def position(self, place_in_line: int) -> Text:
        """What a caller hears who is `place_in_line` (1 is next)."""
        if place_in_line <= 1:
            return self.phrases["position_next"]
        if place_in_line not in POSITIONS:
            return self.phrases["position_many"]
        return {k: v.replace("{n}", str(place_in_line)) for k, v in self.phrases["position"].items()}

    def wait(self, minutes: int | None) -> Text:
        """What a caller hears of their wait; 0 is less than a minute, `None` longer than is named."""
        if minutes is None:
            return self.phrases["wait_long"]
        if minutes == 0:
            return self.phrases["wait_soon"]
        return {k: v.replace("{n}", MINUTES[k].get(minutes, str(minutes))) for k, v in self.phrases["wait"].items()}


def prompts(flow: Flow) -> Iterator[tuple[str, Language, str]]:
    """Everything the flow can say: the prompt's name (its file among a hospital's own recordings), language, text."""
    for node in flow.nodes.values():
        if not isinstance(node, Opening):
            yield from ((node.name, language, text) for language, text in node.say.items())
    for name in PHRASES:
        if name not in NUMBERED:
            yield from ((name, language, text) for language, text in flow.phrases[name].items())
    for number in POSITIONS:
        yield from ((f"position_{number}", language, text) for language, text in flow.position(number).items())
    for minutes in SPOKEN_MINUTES:
        yield from ((f"wait_{minutes}", language, text) for language, text in flow.wait(minutes).items())
    for language, digits in DIGITS.items():
        yield from ((f"digit_{number}", language, digit) for number, digit in enumerate(digits))
    yield from keeping.prompts()
