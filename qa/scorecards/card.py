"""What a scorecard is: sections of items, each with its weight, who answers it, and how the machine looks. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hotline.errors import NotFound
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer

Text = Mapping[Language, str]


class By(StrEnum):
    """Who answers an item."""

    MACHINE = "machine"
    PERSON = "person"
    BOTH = "both"


class Scale(StrEnum):
    """Which answers an item takes, beside `na` where it may be."""

    YES_NO = "yes_no"
    YES_NO_PARTLY = "yes_no_partly"
    POINTS = "points"


class FatalMeans(StrEnum):
    """What a fatal fault does to the score."""

    ZERO = "zero"
    FAILED = "failed"


@dataclass(frozen=True)
class Where:
    """In which part of a call something is looked for; times in seconds. Nothing said: everywhere."""

    # From the first word of the side that is listened to.
    first_seconds: float | None = None
    # Back from the end of everything that is said.
    last_seconds: float | None = None
    # Not in that side's first turn.
    later: bool = False
    # Before the first place at which that side says something of this list.
    before: str | None = None


@dataclass(frozen=True)
class Phrases:
    """Something is said: one phrase of each of `all_of`, or one of any of `any_of`."""

    speaker: str
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    where: Where = field(default_factory=Where)
    # Not applicable unless that item is answered with yes.
    only_if: str | None = None
    # Words by the same side that make out of a certain yes an unsure one: said politely, it may mean something else.
    softened_by: str | None = None


@dataclass(frozen=True)
class Told:
    """Something is told in one's own words, or by saying yes to the other side's question after it.

    `asked` names lists of what counts in such a question only: "any fever?" Where one of `presumes_not` stands before
    it ("no fever, I hope?"), a yes agrees that there is none: only `insists` tells it then.
    """

    speaker: str
    any_of: tuple[str, ...]
    affirms: str
    denies: str
    presumes_not: str
    insists: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Silence:
    """Nobody speaks for longer than `seconds`, unless the agent said one of `notices` just before it."""

    seconds: float
    notices: str
    # How long a notice excuses.
    excuses_seconds: float


@dataclass(frozen=True)
class TalkOver:
    """The agent begins to speak while the caller does, more than `per_minute` times, each longer than `seconds`."""

    seconds: float
    per_minute: float


@dataclass(frozen=True)
class TalkShare:
    """The agent's part of all speech lies between `least` and `most`, 0 to 1."""

    least: float
    most: float


@dataclass(frozen=True)
class Speed:
    """The agent speaks between `least` and `most` syllables (Mandarin) or words (English) a minute, by language."""

    least: Mapping[Language, float]
    most: Mapping[Language, float]


@dataclass(frozen=True)
class Hold:
    """Every silence after a notice of `notices` ends within `seconds`; not applicable where nobody was put on hold."""

    seconds: float
    notices: str


@dataclass(frozen=True)
class FirstWords:
    """The agent's first word comes within `seconds` of the recording's start."""

    seconds: float


@dataclass(frozen=True)
class Fact:
    """Something that only the hospital's records know (`records_complete`, `deadline_kept`)."""

    name: str


Machine = Phrases | Told | Silence | TalkOver | TalkShare | Speed | Hold | FirstWords | Fact
FACTS = ("records_complete", "deadline_kept", "is_complaint", "scripted")


@dataclass(frozen=True)
class Item:
    """One question about a call."""

    id: str
    labels: Text
    weight: float
    scale: Scale = Scale.YES_NO
    # The answer that is no fault; the other of yes and no is.
    good: ItemAnswer = ItemAnswer.YES
    fatal: bool = False
    by: By = By.MACHINE
    may_be_na: bool = False
    # Best of the points, where the scale is points.
    points: int = 5
    # Items whose yes excuses a fault here: who is handed to a nurse hears no closing words.
    excused_by: tuple[str, ...] = ()
    # A fact that must be true for the item to apply (`is_complaint`).
    applies_if: str | None = None
    # A fact that waives it: where the line's own script led up to a person, that person greets nobody (`scripted`).
    waived_if: str | None = None
    machine: Machine | None = None

    @property
    def is_machines(self) -> bool:
        """Whether the machine answers it, alone or beside people."""
        return self.machine is not None


@dataclass(frozen=True)
class Section:
    """Items under one heading."""

    id: str
    labels: Text
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Scorecard:
    """What a call is marked by."""

    name: str
    labels: Text
    sections: tuple[Section, ...]
    fatal_means: FatalMeans = FatalMeans.ZERO
    # The score from which on a call is good.
    bar: float = 80.0

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in their order."""
        return tuple(item for section in self.sections for item in section.items)

    def item(self, item_id: str) -> Item:
        """The item of this id. Raises `KeyError`."""
        return next(item for item in self.items if item.id == item_id)


class UnknownScorecard(NotFound):
    """There is no scorecard of that name."""

    code = "unknown_scorecard"


@dataclass(frozen=True)
class Scorecards:
    """All scorecards of a hospital by their names."""

    cards: Mapping[str, Scorecard]

    def __iter__(self) -> Iterator[Scorecard]:
        """The scorecards, by name."""
        return iter(self.cards[name] for name in sorted(self.cards))

    def __getitem__(self, name: str) -> Scorecard:
        """The scorecard of this name. Raises `UnknownScorecard`."""
        if name not in self.cards:
            raise UnknownScorecard(f"no scorecard {name!r}; there are {', '.join(sorted(self.cards))}")
        return self.cards[name]
