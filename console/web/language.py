"""The words of the pages in every language: a catalogue per language, and which one a request wants."""

from functools import cache
from importlib import resources
from typing import Any

import yaml
from flask import Request, session
from flask_login import current_user

from hotline.values.language import Language

NAMES = {Language.MANDARIN: "中文", Language.ENGLISH: "English"}
# How browsers name the languages; every kind of Chinese and of English leads to the one that is here.
_WANTED = {"zh": Language.MANDARIN, "en": Language.ENGLISH}


class Words:
    """The catalogue of one language: `words("calls.title")`, with values for its placeholders."""

    def __init__(self, language: Language, entries: dict[str, str]) -> None:
        """Hold the flat `entries` of `language`."""
        self.language = language
        self.entries = entries

    def __call__(self, key: str, /, **values: Any) -> str:
        """The words under `key`. Raises `KeyError` when the catalogue lacks it: a fault that tests find."""
        return self.entries[key].format(**values)

    def known(self, key: str) -> str | None:
        """The words under `key` as they are written, or `None`: for words that come from rows."""
        return self.entries.get(key)

    def label(self, row: Any) -> str:
        """The label of a queue, skill or department in this language."""
        if row is None:
            return ""
        return str(row.label_zh if self.language is Language.MANDARIN else row.label_en)


@cache
def words(language: Language) -> Words:
    """The catalogue of `language`, read once."""
    folder = resources.files("console.web").joinpath("words")
    files = [file for file in folder.iterdir() if file.name.endswith(f"{language}.yaml")]
    pairs = [pair for file in files for pair in _flat(yaml.safe_load(file.read_text("utf-8")))]
    return Words(language, dict(pairs))


def chosen(request: Request) -> Language:
    """The language of this request: the user's own, else the one chosen before signing in, else the browser's."""
    if current_user.is_authenticated:
        return Language(current_user.language)
    if session.get("language") in list(Language):
        return Language(session["language"])
    best = request.accept_languages.best
    return _WANTED.get((best or "zh").lower()[:2], Language.ENGLISH)


def _flat(tree: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{before}{name}"
        pairs.extend(_flat(value, f"{key}.") if isinstance(value, dict) else [(key, str(value))])
    return pairs
