"""A voice menu as values: nodes, choices, reserved keys and phrases.

`ivr.flow.flow_file` reads them, `ivr.dialogue.menu` walks them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hotline.configuration.field_types import FieldFaults, FileModel, Keyed, Known, OwnName
from hotline.configuration.texts import FilledTexts, FilledTextsWithChoices, TelephoneKey
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.flow.phrases import DIGITS, MINUTES, NUMBERED, PHRASES, POSITIONS
from ivr.flow.spoken_choices import with_choices
from ivr.outage import keeping
from routing.estimates.wait import SPOKEN_MINUTES
from routing.queues.hours import Hours

Text = Mapping[Language, str]


NodeName = Annotated[str, Known("node")]


class Choice(FileModel):
    """A key that leads on; in a language menu it also sets the language."""

    key: OwnName
    label: FilledTexts = Field(description="what the choice is called, in every language")
    to: NodeName = Field(description="the node that the key leads to")
    language: Language | None = None


Choices = Annotated[tuple[Choice, ...], Keyed(TelephoneKey)]


class NodeFields(FileModel):
    """What every node has."""

    name: OwnName
    label: FilledTexts = Field(description="what the node is called, in every language")


class WithChoices(NodeFields):
    """A node with choices, which its text may read out."""

    choices: Choices = Field(description='at least one choice by key, like "1": {…}', min_length=1)
    say: FilledTextsWithChoices

    @field_validator("say")
    @classmethod
    def _read_out(cls, say: Text, info: ValidationInfo) -> Text:
        return with_choices(say, ((choice.key, choice.label) for choice in info.data.get("choices", ())))


class Menu(WithChoices):
    """Speaks, then waits for one of at most five keys."""

    kind: Literal["menu"]


class LanguageMenu(WithChoices):
    """The same in every language at once; who presses nothing goes on in `otherwise`."""

    kind: Literal["language"]
    otherwise_key: str = Field(alias="otherwise", description="the key that holds when none is pressed")

    @model_validator(mode="after")
    def _check(self) -> "LanguageMenu":
        faults: list[tuple[tuple[str, ...], str]] = [
            (("choices", choice.key), "no language; a language menu sets one with every key")
            for choice in self.choices
            if choice.language is None
        ]
        if self.otherwise_key not in {choice.key for choice in self.choices}:
            fault = f"{self.otherwise_key!r} is none of the choices; name the key that holds when none is pressed"
            faults.append((("otherwise",), fault))
        FieldFaults.raise_any(faults)
        return self

    @property
    def otherwise(self) -> Choice:
        """The choice of who presses nothing."""
        return next(choice for choice in self.choices if choice.key == self.otherwise_key)


class Notice(NodeFields):
    """Speaks and goes on; `consent` marks the notice that must be heard before a call may be recorded."""

    kind: Literal["notice"]
    say: FilledTexts
    next: NodeName = Field(description="the node that follows")
    is_consent: bool = Field(False, alias="consent", description="whether this is the notice that calls are recorded")


class Opening(NodeFields):
    """Leads on by the opening hours; speaks nothing."""

    kind: Literal["hours"]
    open: NodeName = Field(description="the node that follows in opening hours")
    closed: NodeName = Field(description="the node that follows outside of them")


class Ask(NodeFields):
    """Asks for a person: the queue, the skill needed beyond the queue's own, and how urgent it is."""

    kind: Literal["person"]
    say: FilledTexts
    intent: Intent = Intent.UNKNOWN
    queue: str = Field(description="the queue in which the caller waits")
    skill: str | None = None
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    is_always: bool = Field(False, alias="always", description="whether it is also open outside opening hours")
    is_consent: bool = Field(
        False, alias="consent", description="whether what it says includes the notice that calls are recorded"
    )


class End(WithChoices):
    """Speaks, leaves time for the emergency key and its choices, and ends the call."""

    kind: Literal["end"]
    choices: Choices = ()
    outcome: CallOutcome | None = None


class Message(NodeFields):
    """Asks for a message and records it; `intent` says what it is about where the caller has not said so before."""

    kind: Literal["message"]
    say: FilledTexts
    intent: Intent = Intent.UNKNOWN
    max_seconds: Annotated[int, Field(ge=10, le=600)] = 120


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
        """Return what a caller hears who is `place_in_line` (1 is next)."""
        if place_in_line <= 1:
            return self.phrases["position_next"]
        if place_in_line not in POSITIONS:
            return self.phrases["position_many"]
        return {k: v.replace("{n}", str(place_in_line)) for k, v in self.phrases["position"].items()}

    def wait(self, minutes: int | None) -> Text:
        """Return what a caller hears of their wait; 0 is less than a minute, `None` longer than is named."""
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
