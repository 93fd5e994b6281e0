"""Message catalogues in gettext's format, loaded from their .po files: nothing compiled lies about that could go stale.

A package keeps them as `translations/LOCALE/LC_MESSAGES/*.po`, one file per feature; a message is found by its key
(`calls.title`), and one with `count` has a plural.
"""

import io
from functools import cache
from importlib import resources
from importlib.abc import Traversable
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from hotline.values.language import Language

LOCALES = {Language.MANDARIN: "zh_Hans_CN", Language.ENGLISH: "en"}


class Words:
    """The messages of one package in one language: `words("calls.total", count=3)`."""

    def __init__(self, language: Language, translations: Translations) -> None:
        """Speak `language` with these translations."""
        self.language = language
        self.translations = translations

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return the message of `key` with its placeholders filled in; an integer `count` chooses the plural.

        Raises `KeyError` when the catalogue lacks it: a fault that tests find.
        """
        count = values.get("count")
        text = key
        if isinstance(count, int):
            text = self.translations.ungettext(key, key, count)
            values["count"] = format_decimal(count, locale=LOCALES[self.language])
        if text == key:  # no plural
            text = self.translations.ugettext(key)
        if text == key:
            raise KeyError(key)
        return text.format(**values)

    def known(self, key: str) -> str | None:
        """Return the message of `key` with its placeholders as they are; `None` when the catalogue lacks it."""
        text: str = self.translations.ugettext(key)
        return None if text == key else text

    def label(self, row: Any, missing: str = "") -> str:
        """Return the label of a queue, skill or department in this language; without one the message of `missing`."""
        if row is None:
            return self(missing) if missing else ""
        return str(row.label_zh if self.language is Language.MANDARIN else row.label_en)


@cache
def words(package: str, language: Language) -> Words:
    """Return the messages of `package` in `language`, read once."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(package, language))  # gettext reads this form only
    compiled.seek(0)
    return Words(language, Translations(compiled))


def catalogue(package: str, language: Language) -> Catalog:
    """Read every .po file of `package` as one catalogue. Raises `ValueError` for a key that is there twice."""
    whole = Catalog(locale=LOCALES[language])
    for file in _files(package, language):
        for message in read_po(io.BytesIO(file.read_bytes()), abort_invalid=True):
            if not message.id:
                continue  # the header
            if message.id in whole:
                raise ValueError(f"{file.name}: {message.id!r} stands in two files")
            whole[message.id] = message
    return whole


def _files(package: str, language: Language) -> list[Traversable]:
    folder = resources.files(package).joinpath("translations", LOCALES[language], "LC_MESSAGES")
    return sorted((file for file in folder.iterdir() if file.name.endswith(".po")), key=lambda file: file.name)
