"""A script as values: questions, signs, phrases.

`campaigns.dialogue.scripts_file` reads them, `campaigns.dialogue.dialogue` walks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hotline.values.language import Language

Text = Mapping[Language, str]
Words = Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True)
class Option:
    """An answer by key or in words; `sign` names the warning sign that it is."""

    key: str
    value: str
    label: Text
    words: Words
    sign: str = ""


@dataclass(frozen=True)
class Choice:
    """A question with a key for every answer. `is_free`: most answer it in a sentence of their own."""

    name: str
    label: Text
    say: Text
    options: tuple[Option, ...]
    is_free: bool = False


@dataclass(frozen=True)
class Scale:
    """A question for a figure from `least` to `most`; from `sign_from` on it is the warning sign `sign`.

    Up to `low_to` somebody is to look into it (satisfaction).
    """

    name: str
    label: Text
    say: Text
    least: int
    most: int
    sign_from: int | None = None
    sign: str = ""
    low_to: int | None = None

    @property
    def keys(self) -> int:
        """How many keys the largest answer has."""
        return len(str(self.most))


@dataclass(frozen=True)
class Open:
    """A question answered in the patient's own words, recorded."""

    name: str
    label: Text
    say: Text
    max_seconds: int = 60


Question = Choice | Scale | Open


@dataclass(frozen=True)
class Sign:
    """A warning sign, and the words in which patients tell it."""

    name: str
    label: Text
    words: Words


@dataclass(frozen=True)
class Keys:
    """Keys that mean the same throughout the conversation."""

    person: str = "0"
    emergency: str = "9"
    repeat: str = "*"
    slower: str = "#"


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
    keys: Keys = Keys()
    is_slow: bool = False
    # Whose line takes over when a person is wanted.
    queue: str = "nurse"

    def question(self, name: str) -> int:
        """The place of this question; 0 for one that is not asked (any more)."""
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
