"""Sealed values of which not even the length tells anything: words of a short list, yes or no, small figures."""

import json
from typing import Any

from sqlalchemy import Dialect

from hotline.models.types import EncryptedText

# Sealed bytes show how long the text was: every text is filled up to a multiple of so many bytes.
BLOCK = 32
FILLER = "\0"


def padded(text: str) -> str:
    """The text, filled up to a whole number of blocks."""
    return text + FILLER * (-len(text.encode()) % BLOCK)


class PaddedText(EncryptedText):
    """Text that is sealed as `EncryptedText` is, and filled up before."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database, filled up and sealed."""
        return super().process_bind_param(None if value is None else padded(value), dialect)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database, opened. What was sealed without a filling opens as well."""
        text = super().process_result_value(value, dialect)
        return None if text is None else text.rstrip(FILLER)


class PaddedJson(EncryptedText):
    """A value of JSON that is sealed as `PaddedText` is; lists and dicts are replaced, never changed in place."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """To the database, filled up and sealed."""
        text = None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return super().process_bind_param(None if text is None else padded(text), dialect)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """From the database, opened."""
        text = super().process_result_value(value, dialect)
        return None if text is None else json.loads(text.rstrip(FILLER))
