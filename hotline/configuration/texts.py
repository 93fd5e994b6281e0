"""Texts in every language, as configuration files write them."""

from collections.abc import Mapping
from typing import Annotated

from hotline.configuration.field_types import Exactly, Parsed
from hotline.values.statuses import Language

# {zh-CN: …, en-US: …}
Texts = Annotated[Mapping[Language, str], Exactly.of(Language)]
# {zh: …, en: …}
Label = Annotated[Mapping[Language, str], Exactly((("zh", Language.MANDARIN), ("en", Language.ENGLISH)))]


def _name(text: str) -> str | None:
    is_name = text.isascii() and text.replace("_", "a").isalnum() and text[0].isalpha() and text == text.lower()
    return text if is_name and len(text) <= 40 else None


# A name that is stored, and written in other files.
Name = Annotated[
    str,
    Parsed(_name, "is no name; small letters, digits and _, a letter first, at most 40", "^[a-z][a-z0-9_]{0,39}$"),
]
