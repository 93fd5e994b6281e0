"""The events of a call's history, one dataclass per kind: ids, numbers and words of ours, never patient data. Pure.

`hotline.outbox.call_log` writes and reads them. An event's kind is the name of its class in snake case; the catalogue
words it under `event.KIND`, with the fields as its placeholders.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from pydantic import TypeAdapter

# The class of each kind.
KINDS: dict[str, type["HistoryEvent"]] = {}


@dataclass(frozen=True, kw_only=True)
class HistoryEvent:
    """Something that happened in a call."""

    kind: ClassVar[str]

    def __init_subclass__(cls, *, is_kind: bool = True) -> None:
        """Name the kind after the class; one that others share their fields with is none."""
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        if is_kind:
            KINDS[cls.kind] = cls

    @property
    def data(self) -> dict[str, Any]:
        """The fields as values of JSON; one that is `None` is left out."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {
            name: value.value if isinstance(value, StrEnum) else value for name, value in values if value is not None
        }


def read(kind: str, data: Mapping[str, Any]) -> HistoryEvent | None:
    """Return the event that `data` was made from; `None` for a kind that this release does not know.

    Raises `pydantic.ValidationError` when the fields are not those of the kind.
    """
    return _reader(kind).validate_python(data) if kind in KINDS else None


@cache
def _reader(kind: str) -> TypeAdapter[HistoryEvent]:
    return TypeAdapter(KINDS[kind])
