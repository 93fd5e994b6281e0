"""A script as values: questions, signs, phrases.

`campaigns.dialogue.scripts_file` reads them, `campaigns.dialogue.dialogue` walks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from hotline.configuration.field_types import FieldFaults, FileModel, Keyed, Known, OwnName
from hotline.configuration.texts import FilledTexts, FilledTextsWithChoices, TelephoneKey, Words
from hotline.values.language import Language
from ivr.flow.spoken_choices import with_choices

Text = Mapping[Language, str]


NO_WORDS: Words = dict.fromkeys(Language, ())
SignName = Annotated[str, Known("sign")]


class Option(FileModel):
    """An answer by key or in words; `sign` names the warning sign that it is."""

    key: OwnName
    value: str = Field(description="a name for the answer, which reports show")
    label: FilledTexts
    words: Words = NO_WORDS
    sign: SignName = ""


class QuestionFields(FileModel):
    """What every question has."""

    name: OwnName
    label: FilledTexts


class Choice(QuestionFields):
    """A question with a key for every answer. `free`: most answer it in a sentence of their own."""

    kind: Literal["choice"] = "choice"
    options: Annotated[tuple[Option, ...], Keyed(TelephoneKey)] = Field(
        alias="choices", description="the answers by key, at least one", min_length=1
    )
    say: FilledTextsWithChoices
    is_free: bool = Field(False, alias="free")

    @field_validator("say")
    @classmethod
    def _read_out(cls, say: Text, info: ValidationInfo) -> Text:
        return with_choices(say, ((option.key, option.label) for option in info.data.get("options", ())))


class SignsFrom(FileModel):
    """The figure from which on an answer is a warning sign."""

    value: int = Field(description="the figure")
    sign: SignName


class Scale(QuestionFields):
    """A question for a figure from `least` to `most`; from a figure on it may be a warning sign.

    Up to `low_to` somebody is to look into it (satisfaction).
    """

    kind: Literal["scale"] = "scale"
    say: FilledTexts
    least: Annotated[int, Field(ge=0, le=99)] = 1
    most: Annotated[int, Field(ge=1, le=99)] = 5
    signs_from: SignsFrom | None = None
    low_to: int | None = None

    @property
    def keys(self) -> int:
        """The number of keys that the largest answer has."""
        return len(str(self.most))

    @property
    def sign_from(self) -> int | None:
        """The figure from which on an answer is a warning sign."""
        return None if self.signs_from is None else self.signs_from.value

    @property
    def sign(self) -> str:
        """The warning sign that a high answer is."""
        return "" if self.signs_from is None else self.signs_from.sign

    @model_validator(mode="after")
    def _check(self) -> "Scale":
        if self.least >= self.most:
            raise FieldFaults([(("most",), f"must be more than least ({self.least})")])
        figures = ((("low_to",), self.low_to), (("signs_from", "value"), self.sign_from))
        FieldFaults.raise_any(
            (path, f"must be a whole number from {self.least} to {self.most}, not '{figure}'")
            for path, figure in figures
            if figure is not None and not self.least <= figure <= self.most
        )
        return self


class Open(QuestionFields):
    """A question answered in the patient's own words, recorded."""

    kind: Literal["open"] = "open"
    say: FilledTexts
    max_seconds: Annotated[int, Field(ge=10, le=300)] = 60


Question = Choice | Scale | Open


class Sign(FileModel):
    """A warning sign, and the words in which patients tell it."""

    name: OwnName
    label: FilledTexts
    words: Words = NO_WORDS


class Keys(FileModel):
    """Keys that mean the same throughout the conversation."""

    person: TelephoneKey = "0"
    emergency: TelephoneKey = "9"
    repeat: TelephoneKey = "*"
    slower: TelephoneKey = "#"

    @property
    def all(self) -> tuple[str, ...]:
        """All four."""
        return (self.person, self.emergency, self.repeat, self.slower)

    @model_validator(mode="after")
    def _check(self) -> "Keys":
        if len(set(self.all)) < len(self.all):
            raise ValueError("the four keys must differ")
        return self


@dataclass(frozen=True)
class Script:
    """A whole script, checked: every question and sign that it names exists, every text has every language."""

    name: str
    label: Text
    phrases: Mapping[str, Text]
    questions: tuple[Question, ...]
    signs: tuple[Sign, ...]
    advice: Text
    replies: Mapping[str, Words]
    keys: Keys = field(default_factory=Keys)
    is_slow: bool = False
    # Whose line takes over when a person is wanted.
    queue: str = "nurse"

    def question(self, name: str) -> int:
        """Return the place of this question; 0 for one that is not asked (any more)."""
        return next((place for place, question in enumerate(self.questions) if question.name == name), 0)


# What is said beside the questions. `PRIVATE` may be said to anybody: nothing in it tells that someone is a patient.
PRIVATE = (
    "greeting",
    "back",
    "for_name",
    "who",
    "fetching",
    "verify",
    "verify_number",
    "verify_wrong",
    "verify_failed",
    "unclear",
    "slower",
    "later",
    "later_noted",
    "wrong_number",
    "refused",
    "nobody",
    "any_key",
    "machine",
    "silent",
    "to_staff",
)
VERIFIED = (
    "consent",
    "begin",
    "resume",
    "noted",
    "skipped",
    "opinion_noted",
    "to_nurse",
    "to_person",
    "no_nurse",
    "advice",
    "goodbye",
    "after_nurse",
    "away_begin",
    "away_ask",
    "away_cancel",
    "away_goodbye",
    "away_text",
)
PHRASES = PRIVATE + VERIFIED
# What may be said instead of a key: who is on the line, and what the reserved keys do.
REPLIES = ("me", "fetch", "later", "wrong", "refuse", "person", "repeat", "slower", "opinion")
# What each phrase may have filled in; the hospital's name everywhere.
FILLED = {
    "for_name": ("name",),
    "noted": ("answer",),
    "away_begin": ("when", "doctor"),
    "away_ask": ("choices",),
    "away_text": ("when", "doctor", "choice"),
}
