"""The file of a scorecard."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import Context, FieldFaults, FileModel, Known, OneOrMore, Parsed
from hotline.configuration.texts import Texts
from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import By, FactName, FatalMeans, Item, Machine, Scale, Scorecard, Scorecards, Section

FOLDER = Path(__file__).parent
LISTS = "phrases."  # files of phrase lists begin so and are read by `qa.scorecards.phrase_lists`


def _id(text: str) -> str | None:
    return text if text.replace("_", "a").replace("-", "a").isalnum() and len(text) <= 40 else None


Id = Annotated[str, Parsed(_id, "is no name; letters, digits, _ and -, at most 40")]
YesOrNo = Annotated[
    ItemAnswer, Parsed({"yes": ItemAnswer.YES, "no": ItemAnswer.NO}.get, "is not one of yes, no", "^(yes|no)$")
]


class ItemFields(FileModel):
    """One question about a call. `machine` says how the machine answers it; without it a person does."""

    labels: Texts
    weight: Annotated[float, Field(ge=0, le=1000)] = 1.0
    scale: Scale = Scale.YES_NO
    points: Annotated[int, Field(ge=1, le=100)] = Field(
        5, description="the best of the points, where that is the scale"
    )
    good: YesOrNo = Field(ItemAnswer.YES, description="the answer that is no fault")
    fatal: bool = False
    by: By | None = None
    na: bool = Field(False, description="whether it may be not applicable")
    excused_by: Annotated[tuple[Annotated[str, Known("item")], ...], OneOrMore()] = Field(
        (), description="items whose yes excuses a fault here"
    )
    applies_if: FactName | None = None
    waived_if: FactName | None = None
    machine: Annotated[Machine, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def _check(self) -> "ItemFields":
        FieldFaults.raise_any(self._faults())
        return self

    def _faults(self) -> Iterator[tuple[Sequence[str | int], str]]:
        if self.by is not None and (self.by is By.PERSON) != (self.machine is None):
            yield ("by",), "whoever is machine or both needs `machine`, whoever is person has none"
        if self.machine is not None and self.scale is not Scale.YES_NO:
            yield ("scale",), "the machine answers yes or no only; leave `scale` away"

    def item(self, item_id: str) -> Item:
        """Return the item of this id."""
        values = dict(self)
        by, may_be_na = values.pop("by"), values.pop("na")
        usual = By.PERSON if self.machine is None else By.MACHINE
        return Item(id=item_id, by=by or usual, may_be_na=may_be_na, **values)


class SectionFields(FileModel):
    """Items under one heading."""

    labels: Texts
    items: dict[Id, ItemFields]


class ScorecardFile(FileModel):
    """What a call is marked by: sections of items, each with its weight, and who answers it."""

    standard: ClassVar = "qa/scorecards/service.yaml"

    name: Id
    labels: Texts
    fatal_means: FatalMeans = FatalMeans.ZERO
    bar: Annotated[float, Field(ge=0, le=100)] = Field(80.0, description="the score from which on a call is good")
    sections: dict[str, SectionFields] = Field(description="sections with at least one item")

    @field_validator("sections")
    @classmethod
    def _check(cls, sections: Mapping[str, SectionFields]) -> Mapping[str, SectionFields]:
        FieldFaults.raise_any(_section_faults(sections))
        return sections


def _section_faults(sections: Mapping[str, SectionFields]) -> Iterator[tuple[Sequence[str | int], str]]:
    seen: set[str] = set()
    for name, section in sections.items():
        for item_id in section.items:
            if item_id in seen:
                yield (name, "items", item_id), "another item has this id; ids are unique in a scorecard"
            seen.add(item_id)
    if not seen:
        yield (), "no items; a scorecard needs at least one"


@cache
def of(folder: Path | None) -> Scorecards:
    """Return the product's scorecards, with those of the hospital's `folder` over and beside them.

    Raises `FileFault`.
    """
    files = {path.name: path for place in (FOLDER, folder) if place for path in _files(place)}
    cards = [parse(yaml_file.text_of(path), str(path)) for name, path in files.items() if not name.startswith(LISTS)]
    return Scorecards({card.name: card for card in cards})


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileFault([f"{folder}: is no folder; correct SCORECARDS_FOLDER"])
    return sorted(folder.glob("*.yaml"))


def parse(text: str, file: str) -> Scorecard:
    """Read the scorecard; `file` is its name in messages. Raises `FileFault`."""
    fields = yaml_file.parse(ScorecardFile, text, file, _context)
    sections = tuple(
        Section(name, section.labels, tuple(fields.item(item_id) for item_id, fields in section.items.items()))
        for name, section in fields.sections.items()
    )
    return Scorecard(fields.name, fields.labels, sections, fields.fatal_means, fields.bar)


def _context(data: Any) -> Context:
    sections = yaml_file.names(data, "sections")
    return {"items": [item for section in sections for item in yaml_file.names(data, "sections", section, "items")]}
