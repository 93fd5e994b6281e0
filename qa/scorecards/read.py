"""Reads scorecards from YAML. Whatever is wrong is said with file, line and field, all of it at once."""

from functools import cache
from pathlib import Path

from hotline.configuration.yaml_fields import Field, Source
from hotline.errors import ConfigError
from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import FACTS, By, FatalMeans, Item, Scale, Scorecard, Scorecards, Section
from qa.scorecards.fields import number, texts
from qa.scorecards.rules import machine

FOLDER = Path(__file__).parent
LISTS = "phrases."  # files of phrase lists begin so and are read by `qa.scoring.phrase_match`
GOOD = {"yes": ItemAnswer.YES, "no": ItemAnswer.NO}


class ScorecardFault(ConfigError):
    """A scorecard cannot be used; each line of the message names file, line and field."""

    code = "scorecard_fault"


@cache
def of(folder: Path | None) -> Scorecards:
    """The scorecards that come with the product, with those of the hospital's `folder` over and beside them.

    Raises `ScorecardFault`.
    """
    files = {path.name: path for place in (FOLDER, folder) if place for path in _files(place)}
    cards = [parse(path.read_text("utf-8"), str(path)) for name, path in files.items() if not name.startswith(LISTS)]
    return Scorecards({card.name: card for card in cards})


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ScorecardFault(f"{folder}: is no folder; correct SCORECARDS_FOLDER")
    return sorted(folder.glob("*.yaml"))


def parse(text: str, file: str) -> Scorecard:
    """The scorecard in this text; `file` is its name in messages. Raises `ScorecardFault`."""
    source = Source(file)
    root = source.open(text)
    if root.is_missing and not source.faults:
        root.fault("is empty; copy qa/scorecards/service.yaml and change it")
        raise ScorecardFault("\n".join(source.faults))
    card = _card(root)
    if source.faults:
        raise ScorecardFault("\n".join(source.in_order()))
    return card


def _card(root: Field) -> Scorecard:
    root.only("name", "labels", "fatal_means", "bar", "sections")
    card = Scorecard(
        name=_name(root.get("name")),
        labels=texts(root.get("labels")),
        sections=tuple(_section(name, field) for name, field in root.get("sections").items()),
        fatal_means=root.get("fatal_means").one_of({word.value: word for word in FatalMeans}, FatalMeans.ZERO),
        bar=number(root.get("bar"), 80.0, 0, 100),
    )
    _check_items(root, card)
    return card


def _check_items(root: Field, card: Scorecard) -> None:
    """Across items: ids once, and every item that another names is there."""
    ids = [item.id for item in card.items]
    if not root.is_missing and not ids:
        root.get("sections").fault("no items; a scorecard needs at least one")
    seen: set[str] = set()
    for _, section in root.get("sections").items():
        for item_id, field in section.get("items").items():
            if item_id in seen:
                field.fault("another item has this id; ids are unique in a scorecard")
            seen.add(item_id)
            for named in (*field.get("excused_by").list(), field.get("machine").get("only_if")):
                if not named.is_missing and named.text() not in ids:
                    named.fault(f"{named.text()!r} is no item of this scorecard; there are {', '.join(ids)}")


def _section(name: str, field: Field) -> Section:
    field.only("labels", "items")
    items = tuple(_item(item_id, entry) for item_id, entry in field.get("items").items())
    return Section(name, texts(field.get("labels")), items)


def _item(item_id: str, field: Field) -> Item:
    field.only(
        *("labels", "weight", "scale", "points", "good", "fatal", "by", "na", "excused_by"),
        *("applies_if", "waived_if", "machine"),
    )
    if not item_id.replace("_", "a").replace("-", "a").isalnum() or len(item_id) > 40:
        field.fault("an item's id is letters, digits, _ and -, at most 40")
    answers = None if field.get("machine").is_missing else machine(field.get("machine"))
    by = field.get("by").one_of({word.value: word for word in By}, By.PERSON if answers is None else By.MACHINE)
    if (by is By.PERSON) != (answers is None):
        field.get("by").fault("whoever is machine or both needs `machine`, whoever is person has none")
    scale = field.get("scale").one_of({word.value: word for word in Scale}, Scale.YES_NO)
    if answers is not None and scale is not Scale.YES_NO:
        field.get("scale").fault("the machine answers yes or no only; leave `scale` away")
    facts: dict[str, str | None] = {name: name for name in FACTS}
    return Item(
        id=item_id,
        labels=texts(field.get("labels")),
        weight=number(field.get("weight"), 1.0, 0, 1000),
        scale=scale,
        good=field.get("good").one_of(GOOD, ItemAnswer.YES),
        fatal=field.get("fatal").yes(),
        by=by,
        may_be_na=field.get("na").yes(),
        points=field.get("points").whole(5, 1, 100),
        excused_by=tuple(entry.text() for entry in field.get("excused_by").list()),
        applies_if=None if field.get("applies_if").is_missing else field.get("applies_if").one_of(facts, None),
        waived_if=None if field.get("waived_if").is_missing else field.get("waived_if").one_of(facts, None),
        machine=answers,
    )


def _name(field: Field) -> str:
    name = field.text()
    if name and (not name.replace("-", "a").replace("_", "a").isalnum() or len(name) > 40):
        field.fault(f"{name!r} is no name; letters, digits, _ and -, at most 40")
    return name
