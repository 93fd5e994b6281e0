"""The words of reports in both languages."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from hotline.values.language import Language


class Words:
    """The catalogue of one language: `words("column.score")`, with values for its placeholders."""

    def __init__(self, language: Language, tree: dict[str, Any]) -> None:
        """Hold the words of `language`."""
        self.language = language
        self._tree = tree

    def __call__(self, key: str, /, **values: Any) -> str:
        """The words under `key`. Raises `KeyError`."""
        found: Any = self._tree
        for part in key.split("."):
            found = found[part]
        return str(found).format(**values)

    def label(self, row: Any, none: str) -> str:
        """The label of a queue or department in this language."""
        if row is None:
            return self(none)
        return str(row.label_zh if self.language is Language.MANDARIN else row.label_en)


@cache
def words(language: Language) -> Words:
    """The catalogue of `language`, read once."""
    text = resources.files("qa.reports").joinpath(f"catalogue/{language}.yaml").read_text("utf-8")
    return Words(language, yaml.safe_load(text))
