"""Column types: UTC times, statuses as words, reasons as JSON; what is sealed has a file of its own."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

from hotline.values.reason import Reason


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; naive ones are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was about to be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (the library's signature)
        """From the database, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumWord(TypeDecorator[StrEnum]):
    """A status, stored as its word and read back as its enumeration."""

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        """Hold words of this enumeration."""
        super().__init__()
        self.words = words
        self._by_text = {word.value: word for word in words}

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (the library's signature)
        """To the database: only words of the enumeration."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002 (the library's signature)
        """From the database."""
        return None if value is None else self._by_text[value]


class ReasonJson(TypeDecorator[Reason]):
    """A reason, stored as its code and parameters."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Reason | None, dialect: Dialect) -> dict[str, Any] | None:  # noqa: ARG002 (the library's signature)
        """Return it as JSON."""
        return None if value is None else value.to_json()

    def process_result_value(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Reason | None:  # noqa: ARG002 (the library's signature)
        """Return it from JSON."""
        return None if value is None else Reason.from_json(value)
