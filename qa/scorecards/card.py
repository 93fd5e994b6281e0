"""A scorecard as a model: sections of items, each with its weight, who answers it, and how the machine looks. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from hotline.configuration.field_types import FieldFaults, FileModel, Keyed, Known, OneOrMore, OwnName, Parsed
from hotline.configuration.texts import Texts
from hotline.errors import NotFound
from hotline.values.scorecard import ItemAnswer
from qa.scorecards.machine_rules import FactName, Machine


class ItemRater(StrEnum):
    """The raters who answer an item."""

    MACHINE = "machine"
    PERSON = "person"
    BOTH = "both"


class AnswerScale(StrEnum):
    """The answers that an item takes, beside `na` where it may be."""

    YES_NO = "yes_no"
    YES_NO_PARTLY = "yes_no_partly"
    POINTS = "points"


class FatalMeans(StrEnum):
    """The effect of a fatal fault on the score."""

    ZERO = "zero"
    FAILED = "failed"


def _id(text: str) -> str | None:
    return text if text.replace("_", "a").replace("-", "a").isalnum() and len(text) <= 40 else None


Id = Annotated[str, Parsed(_id, "is no name; letters, digits, _ and -, at most 40")]
YesOrNo = Annotated[
    ItemAnswer, Parsed({"yes": ItemAnswer.YES, "no": ItemAnswer.NO}.get, "is not one of yes, no", "^(yes|no)$")
]


class Item(FileModel):
    """One question about a call. `machine` says how the machine answers it; without it a person does."""

    id: OwnName
    labels: Texts
    weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    scale: AnswerScale = AnswerScale.YES_NO
    points: Annotated[int, Field(ge=1, le=100)] = Field(5, description="the best of the points")
    good: YesOrNo = Field(ItemAnswer.YES, description="the answer that is no fault")
    fatal: bool = False
    stated_by: ItemRater | None = Field(None, alias="by", description="who answers; the machine where it can")
    may_be_na: bool = Field(False, alias="na", description="whether it may be not applicable")
    excused_by: Annotated[tuple[Annotated[str, Known("item")], ...], OneOrMore()] = Field(
        (), description="items whose yes excuses a fault here: who is handed to a nurse hears no closing words"
    )
    applies_if: FactName | None = Field(None, description="a fact that must be true for the item to apply")
    waived_if: FactName | None = Field(
        None, description="a fact that waives it: where a script led up to a person, that person greets nobody"
    )
    machine: Annotated[Machine, Field(discriminator="kind")] | None = None

    @property
    def by(self) -> ItemRater:
        """Return who answers it."""
        return self.stated_by or (ItemRater.PERSON if self.machine is None else ItemRater.MACHINE)

    @property
    def is_machines(self) -> bool:
        """Return whether the machine answers it, alone or beside people."""
        return self.machine is not None

    @model_validator(mode="after")
    def _check(self) -> "Item":
        faults: list[tuple[tuple[str, ...], str]] = []
        if (self.by is ItemRater.PERSON) != (self.machine is None):
            faults.append((("by",), "whoever is machine or both needs `machine`, whoever is person has none"))
        if self.machine is not None and self.scale is not AnswerScale.YES_NO:
            faults.append((("scale",), "the machine answers yes or no only; leave `scale` away"))
        FieldFaults.raise_any(faults)
        return self


class Section(FileModel):
    """Items under one heading."""

    id: OwnName
    labels: Texts
    items: Annotated[tuple[Item, ...], Keyed(Id)]


class Scorecard(FileModel):
    """The card that a call is scored by: sections of items, each with its weight, and who answers it."""

    standard: ClassVar = "qa/scorecards/service.yaml"

    name: Id
    labels: Texts
    fatal_means: FatalMeans = FatalMeans.ZERO
    bar: Annotated[float, Field(ge=0, le=100)] = Field(80.0, description="the score from which on a call is good")
    sections: Annotated[tuple[Section, ...], Keyed()] = Field(description="sections with at least one item")

    @property
    def items(self) -> tuple[Item, ...]:
        """Return all items in their order."""
        return tuple(item for section in self.sections for item in section.items)

    def item(self, item_id: str) -> Item:
        """Return the item of this id. Raises `KeyError`."""
        return next(item for item in self.items if item.id == item_id)

    @field_validator("sections")
    @classmethod
    def _check(cls, sections: tuple[Section, ...]) -> tuple[Section, ...]:
        seen: set[str] = set()
        faults: list[tuple[tuple[str, ...], str]] = []
        for section in sections:
            ids = {item.id for item in section.items}
            fault = "another item has this id; ids are unique in a scorecard"
            faults += [((section.id, "items", item_id), fault) for item_id in seen & ids]
            seen |= ids
        FieldFaults.raise_any(faults if seen else [((), "no items; a scorecard needs at least one")])
        return sections


class UnknownScorecard(NotFound):
    """There is no scorecard of that name."""

    code = "unknown_scorecard"


@dataclass(frozen=True)
class Scorecards:
    """All scorecards of a hospital by their names."""

    cards: Mapping[str, Scorecard]

    def __iter__(self) -> Iterator[Scorecard]:
        """Iterate over the scorecards, by name."""
        return iter(self.cards[name] for name in sorted(self.cards))

    def __getitem__(self, name: str) -> Scorecard:
        """Return the scorecard of this name. Raises `UnknownScorecard`."""
        if name not in self.cards:
            raise UnknownScorecard(f"no scorecard {name!r}; there are {', '.join(sorted(self.cards))}")
        return self.cards[name]
