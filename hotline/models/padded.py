"""Sealed values of which not even the length tells anything: words of a short list, yes or no, small figures."""

from collections.abc import Sequence
from typing import Any

from hotline.models.sealed import EncryptedJson, EncryptedText
from hotline.values.reason import Reason

# Sealed bytes show how long the text was: every text is filled up to a multiple of so many bytes.
BLOCK = 32
FILLER = "\0"


def padded(text: str) -> str:
    """Return the text, filled up to a whole number of blocks."""
    return text + FILLER * (-len(text.encode()) % BLOCK)


class PaddedText(EncryptedText):
    """Text that is sealed as `EncryptedText` is, and filled up before."""

    cache_ok = True

    def to_bytes(self, value: str) -> bytes:
        """Filled up, as UTF-8."""
        return padded(value).encode()

    def from_bytes(self, plain: bytes) -> str:
        """From UTF-8. What was sealed without a filling opens as well."""
        return plain.decode().rstrip(FILLER)


class PaddedJson(EncryptedJson):
    """A value of JSON that is sealed as `PaddedText` is; lists and dicts are replaced, never changed in place."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        """As compact JSON, filled up."""
        return padded(super().to_bytes(value).decode()).encode()

    def from_bytes(self, plain: bytes) -> Any:
        """From JSON."""
        return super().from_bytes(plain.rstrip(FILLER.encode()))


class PaddedReasons(PaddedJson):
    """A list of reasons that is sealed as `PaddedJson` is."""

    cache_ok = True

    def to_bytes(self, value: Sequence[Reason]) -> bytes:
        """Return them as JSON, filled up."""
        return super().to_bytes([reason.to_json() for reason in value])

    def from_bytes(self, plain: bytes) -> list[Reason]:
        """Return them from JSON."""
        return [Reason.from_json(each) for each in super().from_bytes(plain)]
