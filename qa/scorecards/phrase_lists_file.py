"""The phrase lists that scorecards name, one file per language."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, RootModel, ValidationInfo

from hotline.configuration import yaml_file
from hotline.configuration.field_types import FileModel, OneOrMore
from hotline.values.language import Language
from qa.scorecards.scorecards_file import FOLDER, LISTS
from qa.scoring.wording import Wording, wording


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


def _checked(text: str, info: ValidationInfo) -> str:
    made = wording(text, (info.context or {}).get("language", Language.MANDARIN))
    if not made.parts or made.length == 0:
        raise ValueError("a wording needs words beside its slots")
    return text


Wordings = Annotated[tuple[Annotated[str, AfterValidator(_checked)], ...], OneOrMore()]


class PhraseListFields(FileModel):
    """Wordings that mean the same."""

    say: Wordings = Field(description="wordings, at least one; any one counts", min_length=1)
    weak: Wordings = Field((), description="wordings that by themselves leave the item unsure")
    unless: Wordings = Field((), description="look-alikes: where one fits as well or better, nothing was said")
    negated_before: Wordings = Field((), description="words that take a wording back when they stand just before it")
    negated_after: Wordings = Field((), description="words that take a wording back when they stand just after it")


class PhraseListsFile(RootModel[dict[str, PhraseListFields]]):
    """Phrase lists of one language by name, compared by sound."""

    standard: ClassVar = "qa/scorecards/phrases.zh-CN.yaml"


@cache
def load(folder: Path | None, language: Language) -> Lists:
    """Return the lists of one language: the product's, with those of the hospital's `folder` in their place, list by
    list.

    Raises `FileFault`.
    """
    lists: dict[str, PhraseList] = {}
    for place in (FOLDER, folder):
        file = place / f"{LISTS}{language}.yaml" if place else None
        if file is not None and file.is_file():
            lists |= parse(yaml_file.text_of(file), language, str(file))
    return lists


def parse(text: str, language: Language, file: str) -> dict[str, PhraseList]:
    """Return the lists in this text; `file` is its name in messages."""
    fields = yaml_file.parse(PhraseListsFile, text, file, lambda _data: {"language": language}).root
    return {
        name: PhraseList(name, **{part: tuple(wording(text, language) for text in texts) for part, texts in entry})
        for name, entry in fields.items()
    }
