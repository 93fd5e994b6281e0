"""Reads how the machine answers an item: one function per kind, each with the fields of its own."""

from collections.abc import Callable

from hotline.configuration.yaml_fields import Field
from hotline.values.language import Language
from qa.scorecards.card import (
    FACTS,
    Fact,
    FirstWords,
    Hold,
    Machine,
    Phrases,
    Silence,
    Speed,
    TalkOver,
    TalkShare,
    Told,
    Where,
)
from qa.scorecards.fields import number, words

SIDES = {"agent": "agent", "caller": "caller"}
REPLIES = ("affirms", "denies", "presumes_not", "insists")


def machine(field: Field) -> Machine:
    """How the machine answers an item."""
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
    field.only("kind", "speaker", "any_of", "asked", *REPLIES)
    said, asked = words(field.get("any_of")), words(field.get("asked"))
    affirms, denies, presumes_not, insists = (field.get(name).text() for name in REPLIES)
    return Told(_side(field), said, affirms, denies, presumes_not, insists, asked)


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


def _maybe(field: Field) -> str | None:
    return None if field.is_missing else field.text()


def _maybe_number(field: Field) -> float | None:
    return None if field.is_missing else number(field, 0.0, 0, 3600)
