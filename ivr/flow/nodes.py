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


class LineKeys(FileModel):
    """Keys for who waits: to be called back, or to leave a message instead."""

    call_back: TelephoneKey = "1"
    message: TelephoneKey = "2"


# Spoken one by one; a one in a Mandarin telephone number is yao.
DIGITS: Mapping[Language, tuple[str, ...]] = {
    Language.MANDARIN: tuple("零幺二三四五六七八九"),
    Language.ENGLISH: ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
# What is said beside the nodes' own texts; `{n}` is a number.
PHRASES = (
    "timed_out",
    "wrong_key",
    "position",
    "position_next",
    "position_many",
    "wait_soon",
    "wait",
    "wait_long",
    "line_call_back",
    "line_message",
    "call_back_to",
    "call_back_keys",
    "call_back_number",
    "call_back_wrong",
    "call_back_local",
    "call_back_service",
    "call_back_goodbye",
    "call_back_greeting",
    "all_busy",
    "forwarded",
    "message_thanks",
    "message_empty",
    "line_lost",
    "transfer",
    "returned",
    "alone",
    "rate",
    "thanks",
    "sorry",
    "sorry_goodbye",
)
# Those with a number in them, spoken for each of several.
NUMBERED = frozenset({"position", "wait"})
# How minutes are said where the bare number would be wrong.
MINUTES: Mapping[Language, Mapping[int, str]] = {
    Language.MANDARIN: {2: "两"},
    Language.ENGLISH: {1: "one minute"} | {n: f"{n} minutes" for n in SPOKEN_MINUTES if n > 1},
}
POSITIONS = range(2, 21)  # spoken exactly; 1 is `position_next`, beyond is `position_many`


@dataclass(frozen=True)
class Line:
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
    line: LineKeys = field(default_factory=LineKeys)
    # The node at which callers in line may leave a message.
    message: str | None = None
    # The queues of the house, by name.
    lines: Mapping[str, Line] = field(default_factory=dict)

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
