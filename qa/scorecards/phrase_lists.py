"""The phrase lists that scorecards name, per language, read from YAML and checked with file, line and field."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hotline.configuration.yaml_fields import Field, Source
from hotline.values.language import Language
from qa.scorecards.fields import words
from qa.scorecards.read import FOLDER, LISTS, ScorecardFault
from qa.scoring.wording import Wording, wording

FIELDS = ("say", "weak", "unless", "negated_before", "negated_after")


@dataclass(frozen=True)
class PhraseList:
    """Wordings that mean the same; see `phrases.zh-CN.yaml` for what each field does."""

    name: str
    say: tuple[Wording, ...]
    weak: tuple[Wording, ...] = ()
    unless: tuple[Wording, ...] = ()
    negated_before: tuple[Wording, ...] = ()
    negated_after: tuple[Wording, ...] = ()


Lists = Mapping[str, PhraseList]


@cache
def of(folder: Path | None, language: Language) -> Lists:
    """The lists of one language: the product's, with those of the hospital's `folder` in their place, list by list.

    Raises `ScorecardFault`.
    """
    found: dict[str, PhraseList] = {}
    for place in (FOLDER, folder):
        file = place / f"{LISTS}{language}.yaml" if place else None
        if file is not None and file.is_file():
            found |= parse(file.read_text("utf-8"), language, str(file))
    return found


def parse(text: str, language: Language, file: str) -> dict[str, PhraseList]:
    """The lists in this text; `file` is its name in messages. Raises `ScorecardFault`."""
    source = Source(file)
    root = source.open(text)
    found = {name: _list(name, field, language) for name, field in root.items()}
    if source.faults:
        raise ScorecardFault("\n".join(source.in_order()))
    return found


def _list(name: str, field: Field, language: Language) -> PhraseList:
    field.only(*FIELDS)
    if not words(field.get("say")):
        field.get("say").fault("no wordings; write at least one")
    parts = {part: tuple(_wording(entry, language) for entry in field.get(part).list()) for part in FIELDS}
    return PhraseList(name, **parts)


def _wording(field: Field, language: Language) -> Wording:
    made = wording(field.text(), language)
    if not made.parts or (made.length == 0 and not field.source.faults):
        field.fault("a wording needs words beside its slots")
    return made
