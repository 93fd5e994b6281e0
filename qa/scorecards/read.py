"""Reads scorecards from YAML. Whatever is wrong is said with file, line and field, all of it at once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from hotline.errors import ConfigError
from hotline.source import Field, Source
from hotline.values import Answer, Language
from qa.scorecards.card import (
    FACTS,
    By,
    Fact,
    FatalMeans,
    FirstWords,
    Hold,
    Item,
    Machine,
    Phrases,
    Scale,
    Scorecard,
    Scorecards,
    Section,
    Silence,
    Speed,
    TalkOver,
    TalkShare,
    Text,
    Told,
    Where,
)

FOLDER = Path(__file__).parent
LISTS = "phrases."  # files of phrase lists begin so and are read by `qa.phrases`
SIDES = {"agent": "agent", "caller": "caller"}
GOOD = {"yes": Answer.YES, "no": Answer.NO}


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
            machine = field.get("machine")
            for named in (*field.get("excused_by").list(), machine.get("only_if")):
                if not named.is_missing and named.text() not in ids:
                    named.fault(f"{named.text()!r} is no item of this scorecard; there are {', '.join(ids)}")


def _section(name: str, field: Field) -> Section:
    field.only("labels", "items")
    items = tuple(_item(item_id, entry) for item_id, entry in field.get("items").items())
    return Section(name, texts(field.get("labels")), items)


def _item(item_id: str, field: Field) -> Item:
    field.only(
        *("labels", "weight", "scale", "points", "good", "fatal", "by", "na", "excused_by", "applies_if", "machine")
    )
    if not item_id.replace("_", "a").replace("-", "a").isalnum() or len(item_id) > 40:
        field.fault("an item's id is letters, digits, _ and -, at most 40")
    machine = None if field.get("machine").is_missing else _machine(field.get("machine"))
    by = field.get("by").one_of({word.value: word for word in By}, By.PERSON if machine is None else By.MACHINE)
    if (by is By.PERSON) != (machine is None):
        field.get("by").fault("whoever is machine or both needs `machine`, whoever is person has none")
    scale = field.get("scale").one_of({word.value: word for word in Scale}, Scale.YES_NO)
    if machine is not None and scale is not Scale.YES_NO:
        field.get("scale").fault("the machine answers yes or no only; leave `scale` away")
    facts: dict[str, str | None] = {name: name for name in FACTS}
    return Item(
        id=item_id,
        labels=texts(field.get("labels")),
        weight=number(field.get("weight"), 1.0, 0, 1000),
        scale=scale,
        good=field.get("good").one_of(GOOD, Answer.YES),
        fatal=field.get("fatal").yes(),
        by=by,
        may_be_na=field.get("na").yes(),
        points=field.get("points").whole(5, 1, 100),
        excused_by=tuple(entry.text() for entry in field.get("excused_by").list()),
        applies_if=None if field.get("applies_if").is_missing else field.get("applies_if").one_of(facts, None),
        machine=machine,
    )


def _machine(field: Field) -> Machine:
    kind = field.get("kind")
    if kind.is_missing:
        kind.fault(f"missing; one of {', '.join(KINDS)}")
    return kind.one_of(KINDS, _first_words)(field)


def _phrases(field: Field) -> Machine:
    field.only("kind", "speaker", "all_of", "any_of", "where", "only_if", "softened_by")
    if field.get("all_of").is_missing == field.get("any_of").is_missing:
        field.fault("write either all_of or any_of: names of phrase lists")
    return Phrases(
        speaker=_side(field),
        all_of=words(field.get("all_of")),
        any_of=words(field.get("any_of")),
        where=_where(field.get("where")),
        only_if=_maybe(field.get("only_if")),
        softened_by=_maybe(field.get("softened_by")),
    )


def _told(field: Field) -> Machine:
    field.only("kind", "speaker", "any_of", "affirms", "denies")
    lists = words(field.get("any_of"))
    return Told(_side(field), lists, field.get("affirms").text(), field.get("denies").text())


def _silence(field: Field) -> Machine:
    field.only("kind", "seconds", "notices", "excuses_seconds")
    seconds = number(field.get("seconds"), 8.0, 0.5, 600)
    excuses = number(field.get("excuses_seconds"), 60.0, 0, 3600)
    return Silence(seconds, field.get("notices").text(), excuses)


def _talk_over(field: Field) -> Machine:
    field.only("kind", "seconds", "per_minute")
    return TalkOver(number(field.get("seconds"), 0.7, 0.1, 60), number(field.get("per_minute"), 2.0, 0, 60))


def _talk_share(field: Field) -> Machine:
    field.only("kind", "least", "most")
    return TalkShare(number(field.get("least"), 0.0, 0, 1), number(field.get("most"), 1.0, 0, 1))


def _speed(field: Field) -> Machine:
    field.only("kind", "least", "most")
    ends = []
    for name in ("least", "most"):
        field.get(name).only(*Language)
        ends.append({language: number(field.get(name).get(language), 0.0, 0, 1000) for language in Language})
    return Speed(*ends)


def _hold(field: Field) -> Machine:
    field.only("kind", "seconds", "notices")
    return Hold(number(field.get("seconds"), 60.0, 1, 3600), field.get("notices").text())


def _first_words(field: Field) -> Machine:
    field.only("kind", "seconds")
    return FirstWords(number(field.get("seconds"), 5.0, 0, 600))


def _fact(field: Field) -> Machine:
    field.only("kind", "name")
    return Fact(field.get("name").one_of({name: name for name in FACTS}, FACTS[0]))


KINDS: dict[str, Callable[[Field], Machine]] = {
    "phrases": _phrases,
    "told": _told,
    "silence": _silence,
    "talk_over": _talk_over,
    "talk_share": _talk_share,
    "speed": _speed,
    "hold": _hold,
    "first_words": _first_words,
    "fact": _fact,
}


def _where(field: Field) -> Where:
    field.only("first_seconds", "last_seconds", "later", "before")
    return Where(
        first_seconds=_maybe_number(field.get("first_seconds")),
        last_seconds=_maybe_number(field.get("last_seconds")),
        later=field.get("later").yes(),
        before=_maybe(field.get("before")),
    )


def _side(field: Field) -> str:
    side = field.get("speaker")
    if side.is_missing:
        side.fault("missing; agent or caller")
    return side.one_of(SIDES, "agent")


def _name(field: Field) -> str:
    name = field.text()
    if name and (not name.replace("-", "a").replace("_", "a").isalnum() or len(name) > 40):
        field.fault(f"{name!r} is no name; letters, digits, _ and -, at most 40")
    return name


def _maybe(field: Field) -> str | None:
    return None if field.is_missing else field.text()


def _maybe_number(field: Field) -> float | None:
    return None if field.is_missing else number(field, 0.0, 0, 3600)


def words(field: Field) -> tuple[str, ...]:
    """A list of texts; one text counts as a list of one."""
    return tuple(entry.text() for entry in field.list())


def texts(field: Field) -> Text:
    """A text in every language."""
    field.only(*Language)
    return {language: field.get(language).text() for language in Language}


def number(field: Field, default: float, least: float, most: float) -> float:
    """A number between `least` and `most`."""
    text = field.text(str(default))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        field.fault(f"must be a number from {least:g} to {most:g}, not {text!r}")
        return default
    return value
