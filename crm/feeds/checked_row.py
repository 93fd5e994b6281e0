"""The fields of one row or message, read one by one, with all that is wrong with them. Pure."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from crm.feeds import cell_values
from crm.feeds.rejected_field import RejectedField

_Value = TypeVar("_Value")
FORMULA = "is a formula; paste it as a value"
UNPRINTABLE = "holds signs that cannot be printed"
LONGER = "has more cells than the first line has columns"
# In these, what stands for nothing (NULL, -) is refused by their readers; elsewhere it is empty.
NEEDED = frozenset({"patient_number", "merged_from", "name", "phone", "number"})
# A spreadsheet's errors: a date that is one is refused, a ward is left out.
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#DIV/0!", "#NUM!", "#SPILL!", "#CALC!"})
WITHOUT_ERRORS = frozenset({"birth_date", "discharged_on", "appointment", "alternatives", "flags"})
PHONES = frozenset({"phone", "number"})
BREAKS = str.maketrans("", "", "\n\t\r")


@dataclass
class CheckedRow:
    """The cells of one row by our names for columns, and what was wrong with them.

    `line` is that of the file, or the number of the message or resource.
    """

    line: int
    cells: Mapping[str, str]
    rejects: list[RejectedField] = field(default_factory=list)

    def take(self, name: str, read: Callable[[str], _Value], default: _Value) -> _Value:
        """Return the field as `read` reads it; what it refuses (`ValueError`) is a reject, and `default` stands in."""
        text = self.cells.get(name, "").strip()
        is_error = text in ERRORS and name not in WITHOUT_ERRORS
        if name not in NEEDED and (is_error or cell_values.is_nothing(text)):
            text = ""
        try:
            _check(name, text)
            return read(text)
        except ValueError as error:
            self.fault(name, str(error))
            return default

    def fault(self, name: str, reason: str) -> None:
        """Write down that this field is wrong."""
        self.rejects.append(RejectedField(self.line, name, reason))


def _check(name: str, text: str) -> None:
    """Refuse what no field may hold: a formula, and signs that cannot be printed (NUL, half a surrogate)."""
    if text[:1] == "=" or (text[:1] == "@" and name not in PHONES):
        raise ValueError(FORMULA)
    if not text.isprintable() and any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text.translate(BREAKS)):
        raise ValueError(UNPRINTABLE)
