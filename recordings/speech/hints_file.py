"""The file of words that recognition should know."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, RootModel

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Exactly
from hotline.values.language import Language

STANDARD = Path(__file__).with_name("hints.yaml")
Word = Annotated[str, Field(min_length=1)]


class HintsFile(RootModel[Annotated[Mapping[Language, tuple[Word, ...]], Exactly.of(Language, missing=())]]):
    """Words that recognition should know, by language."""

    standard: ClassVar = "recordings/speech/hints.yaml"


@cache
def words_of(file: Path | None) -> Mapping[Language, tuple[str, ...]]:
    """Return the words of the hospital's own file, the standard ones where it has none. Raises `FileFault`."""
    return yaml_file.read(HintsFile, file or STANDARD).root


def read(text: str, name: str) -> Mapping[Language, tuple[str, ...]]:
    """Read the words; `name` is their file in messages. Raises `FileFault`."""
    return yaml_file.parse(HintsFile, text, name).root
