"""Texts, names and keys, as configuration files write them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from hotline.configuration.field_types import Exactly, FieldFaults, OneOrMore, Parsed
from hotline.values.language import Language

KEYPAD = frozenset("0123456789*#")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")

# {zh-CN: …, en-US: …}
Texts = Annotated[Mapping[Language, str], Exactly.of(Language)]
# {zh: …, en: …}
Label = Annotated[Mapping[Language, str], Exactly((("zh", Language.MANDARIN), ("en", Language.ENGLISH)))]
# Words that patients say, where there are any.
Words = Annotated[Mapping[Language, Annotated[tuple[str, ...], OneOrMore()]], Exactly.of(Language, missing=())]
TelephoneKey = Annotated[
    str,
    Parsed(
        lambda text: text if text in KEYPAD else None,
        "is no key of a telephone; one of 0 to 9, * and #, in quotes",
        "^[0-9*#]$",
    ),
]


def _name(text: str) -> str | None:
    is_name = text.isascii() and text.replace("_", "a").isalnum() and text[0].isalpha() and text == text.lower()
    return text if is_name and len(text) <= 40 else None


# A name that is stored, and written in other files.
Name = Annotated[
    str,
    Parsed(_name, "is no name; small letters, digits and _, a letter first, at most 40", "^[a-z][a-z0-9_]{0,39}$"),
]


@dataclass(frozen=True)
class Filled:
    """Texts with the hospital's name filled in; of other placeholders only `known` may stand in them."""

    known: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Fill the texts in once they are checked."""
        return core_schema.with_info_after_validator_function(self._filled, handler(source))

    def _filled(self, texts: Mapping[Language, str], info: ValidationInfo) -> dict[Language, str]:
        names = (info.context or {}).get("hospital", {})
        FieldFaults.raise_any(unknown_placeholders(texts, ("hospital", *self.known)))
        return {language: text.replace("{hospital}", names.get(language, "")) for language, text in texts.items()}


def unknown_placeholders(texts: Mapping[Language, str], known: tuple[str, ...]) -> Iterator[tuple[tuple[str], str]]:
    """Yield a fault for every placeholder in the texts that is not among the known ones."""
    for language, text in texts.items():
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                listed = ", ".join(f"{{{word}}}" for word in known)
                yield (language,), f"{{{name}}} is unknown here; known are {listed}"


FilledTexts = Annotated[Texts, Filled()]
FilledTextsWithChoices = Annotated[Texts, Filled(("choices",))]
