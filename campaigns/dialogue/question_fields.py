"""The questions of a script, as its file writes them: one model for each kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from campaigns.dialogue.script import (
    Choice,
    Open,
    Option,
    Question,
    Scale,
)
from hotline.configuration.field_types import FieldFaults, FileModel, Known
from hotline.configuration.texts import (
    FilledTexts,
    FilledTextsWithChoices,
    TelephoneKey,
    Words,
)
from hotline.values.language import Language
from ivr.flow.spoken_choices import with_choices

NO_WORDS: Mapping[Language, tuple[str, ...]] = dict.fromkeys(Language, ())
SignName = Annotated[str, Known("sign")]
Faults = Iterator[tuple[Sequence[str | int], str]]


class OptionFields(FileModel):
    """An answer by key or in words; `sign` names the warning sign that it is."""

    value: str = Field(description="a name for the answer, which reports show")
    label: FilledTexts
    words: Words = NO_WORDS
    sign: SignName = ""


class QuestionFields(FileModel):
    """What every question has."""

    label: FilledTexts


class ChoiceFields(QuestionFields):
    """A question with a key for every answer; `free` where most answer it in a sentence of their own."""

    kind: Literal["choice"]
    say: FilledTextsWithChoices
    choices: dict[TelephoneKey, OptionFields] = Field(description="the answers by key, at least two", min_length=1)
    free: bool = False

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        options = tuple(
            Option(key, option.value, option.label, option.words, option.sign) for key, option in self.choices.items()
        )
        say = with_choices(self.say, ((option.key, option.label) for option in options))
        return Choice(name, self.label, say, options, self.free)


class SignsFrom(FileModel):
    """The figure from which on an answer is a warning sign."""

    value: int | None = None
    sign: SignName = ""


class ScaleFields(QuestionFields):
    """A question for a figure; `signs_from` on it is a warning sign, up to `low_to` somebody is to look into it."""

    kind: Literal["scale"]
    say: FilledTexts
    least: Annotated[int, Field(ge=0, le=99)] = 1
    most: Annotated[int, Field(ge=1, le=99)] = 5
    signs_from: SignsFrom | None = None
    low_to: int | None = None

    @model_validator(mode="after")
    def _check(self) -> "ScaleFields":
        FieldFaults.raise_any(self._faults())
        return self

    def _faults(self) -> Faults:
        if self.least >= self.most:
            yield ("most",), f"must be more than least ({self.least})"
            return
        from_ = None if self.signs_from is None else self.signs_from.value
        for path, figure in ((("low_to",), self.low_to), (("signs_from", "value"), from_)):
            if figure is not None and not self.least <= figure <= self.most:
                yield path, f"must be a whole number from {self.least} to {self.most}, not '{figure}'"

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        signs = self.signs_from
        return Scale(
            name=name,
            label=self.label,
            say=self.say,
            least=self.least,
            most=self.most,
            sign_from=None if signs is None else self.most if signs.value is None else signs.value,
            sign="" if signs is None else signs.sign,
            low_to=self.low_to,
        )


class OpenFields(QuestionFields):
    """A question answered in the patient's own words, recorded."""

    kind: Literal["open"]
    say: FilledTexts
    max_seconds: Annotated[int, Field(ge=10, le=300)] = 60

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        return Open(name, self.label, self.say, self.max_seconds)


QuestionField = Annotated[ChoiceFields | ScaleFields | OpenFields, Field(discriminator="kind")]
