"""The nodes of a voice menu as a file writes them: one model for each kind."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from hotline.configuration.field_types import FieldFaults, FileModel, Known
from hotline.configuration.texts import FilledTexts, FilledTextsWithChoices, TelephoneKey
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.flow.nodes import Ask, Choice, End, LanguageMenu, Menu, Message, Notice, Opening, Text
from ivr.flow.spoken_choices import with_choices

LONGEST_MESSAGE = 120
NodeName = Annotated[str, Known("node")]


class ChoiceFields(FileModel):
    """What a key does."""

    label: FilledTexts = Field(description="what the choice is called, in every language")
    to: NodeName = Field(description="the node that the key leads to")
    language: Language | None = None


Choices = Annotated[dict[TelephoneKey, ChoiceFields], Field(description='at least one choice by key, like "1": {…}')]


class NodeFields(FileModel):
    """What every node has."""

    label: FilledTexts = Field(description="what the node is called, in every language")


class MenuFields(NodeFields):
    """Speaks, then waits for a key."""

    kind: Literal["menu"]
    say: FilledTextsWithChoices
    choices: Choices

    @model_validator(mode="after")
    def _check(self) -> "MenuFields":
        _check_any(self.choices)
        return self

    def node(self, name: str) -> Menu:
        """Return the node."""
        return Menu(name, self.label, _spoken(self.say, self.choices), _choices(self.choices))


class LanguageMenuFields(NodeFields):
    """Lets the caller choose a language; who presses nothing goes on in `otherwise`."""

    kind: Literal["language"]
    say: FilledTexts
    choices: Choices
    otherwise: str = Field(description="the key that holds when none is pressed")

    @model_validator(mode="after")
    def _check(self) -> "LanguageMenuFields":
        _check_any(self.choices)
        faults: list[tuple[tuple[str, ...], str]] = [
            (("choices", key), "no language; a language menu sets one with every key")
            for key, choice in self.choices.items()
            if choice.language is None
        ]
        if self.otherwise not in self.choices:
            fault = f"{self.otherwise!r} is none of the choices; name the key that holds when none is pressed"
            faults.append((("otherwise",), fault))
        FieldFaults.raise_any(faults)
        return self

    def node(self, name: str) -> LanguageMenu:
        """Return the node."""
        choices = _choices(self.choices)
        otherwise = next(choice for choice in choices if choice.key == self.otherwise)
        return LanguageMenu(name, self.label, self.say, choices, otherwise)


class NoticeFields(NodeFields):
    """Speaks and goes on."""

    kind: Literal["notice"]
    say: FilledTexts
    next: NodeName
    consent: bool = Field(False, description="whether this is the notice that calls are recorded")

    def node(self, name: str) -> Notice:
        """Return the node."""
        return Notice(name, self.label, self.say, self.next, self.consent)


class OpeningFields(NodeFields):
    """Leads on by the opening hours; speaks nothing."""

    kind: Literal["hours"]
    open: NodeName
    closed: NodeName

    def node(self, name: str) -> Opening:
        """Return the node."""
        return Opening(name, self.label, self.open, self.closed)


class AskFields(NodeFields):
    """Asks for a person."""

    kind: Literal["person"]
    say: FilledTexts
    intent: Intent = Intent.UNKNOWN
    queue: str = Field(description="the queue in which the caller waits")
    skill: str | None = Field(None, description="the skill that is needed in place of the queue's own")
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    always: bool = Field(False, description="whether it is also open outside opening hours")
    consent: bool = Field(False, description="whether what it says includes the notice that calls are recorded")

    def node(self, name: str) -> Ask:
        """Return the node."""
        return Ask(
            name=name,
            label=self.label,
            say=self.say,
            intent=self.intent,
            queue=self.queue,
            skill=self.skill,
            priority=self.priority,
            is_always=self.always,
            is_consent=self.consent,
        )


class EndFields(NodeFields):
    """Speaks, leaves time for the emergency key and its choices, and ends the call."""

    kind: Literal["end"]
    say: FilledTextsWithChoices
    outcome: CallOutcome | None = None
    choices: Choices = Field({})

    def node(self, name: str) -> End:
        """Return the node."""
        return End(name, self.label, _spoken(self.say, self.choices), self.outcome, _choices(self.choices))


class MessageFields(NodeFields):
    """Asks for a message and records it."""

    kind: Literal["message"]
    say: FilledTexts
    intent: Intent = Intent.UNKNOWN
    max_seconds: Annotated[int, Field(ge=10, le=600)] = LONGEST_MESSAGE

    def node(self, name: str) -> Message:
        """Return the node."""
        return Message(name, self.label, self.say, self.intent, self.max_seconds)


NodeField = Annotated[
    MenuFields | LanguageMenuFields | NoticeFields | OpeningFields | AskFields | EndFields | MessageFields,
    Field(discriminator="kind"),
]


def _check_any(choices: Mapping[str, ChoiceFields]) -> None:
    if not choices:
        raise FieldFaults([(("choices",), "no choices; a menu needs at least one")])


def _choices(choices: Mapping[str, ChoiceFields]) -> tuple[Choice, ...]:
    return tuple(Choice(key, choice.label, choice.to, choice.language) for key, choice in choices.items())


def _spoken(say: Text, choices: Mapping[str, ChoiceFields]) -> Text:
    return with_choices(say, ((key, choice.label) for key, choice in choices.items()))
