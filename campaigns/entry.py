"""One discharge as a hospital's file or message tells it, checked field by field. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, TypeVar

from campaigns import fields
from crm.rejects import Reject
from hotline.values import Language

_Value = TypeVar("_Value")
FORMULA = "is a formula; paste it as a value"


@dataclass(frozen=True)
class Entry:
    """One discharge, checked. `stay` tells two stays of one patient apart: a visit number, else the day."""

    patient_number: str
    stay: str
    name: str
    birth_date: date | None
    number: str
    discharged_on: date
    language: Language = Language.MANDARIN
    zone: str = "Asia/Shanghai"
    ward: str = ""
    condition: str = "general"
    codes: tuple[str, ...] = ()
    has_consent: bool = False
    do_not_call: bool = False
    refused_days: frozenset[int] = frozenset()
    preferred: tuple[str, str] | None = None
    died_on: date | None = None
    readmitted_on: date | None = None


@dataclass(frozen=True)
class Told:
    """What a hospital's system tells of a person beside discharges: they died, or came back."""

    patient_number: str
    died_on: date | None = None
    readmitted_on: date | None = None


Item = Entry | list[Reject]


@dataclass
class Reading:
    """The fields of one row being read, and what was wrong with them."""

    cells: Mapping[str, str]
    line: int
    today: date
    zone: str
    rejects: list[Reject] = field(default_factory=list)

    def take(self, name: str, read: Callable[[str], _Value], default: _Value) -> _Value:
        """The field as `read` reads it; what it refuses (`ValueError`) is a reject, and `default` stands in."""
        text = self.cells.get(name, "").strip()
        if text[:1] == "=" or (text[:1] == "@" and name != "phone"):
            self.fault(name, FORMULA)
            return default
        try:
            return read(text)
        except ValueError as error:
            self.fault(name, str(error))
            return default

    def fault(self, name: str, reason: str) -> None:
        """Write down that this field is wrong."""
        self.rejects.append(Reject(self.line, name, reason))


def read(cells: Mapping[str, str], line: int, today: date, zone: str) -> Entry | list[Reject]:
    """The discharge in these cells (by our names for columns), or everything that is wrong with it."""
    row = Reading(cells, line, today, zone)
    past = partial(fields.past, today)
    discharged = row.take("discharged_on", past, None)
    if discharged is None and not row.rejects:
        row.fault("discharged_on", "is empty; the day of discharge is needed")
    born = row.take("birth_date", lambda text: fields.birth_date(text, today), None)
    if born and discharged and born > discharged:
        row.fault("birth_date", "is after the discharge; are birth_date and discharged_on swapped?")
    codes = row.take("diagnosis", fields.diagnoses, tuple[str, ...]())
    made: dict[str, Any] = {
        "patient_number": row.take("patient_number", fields.patient_number, ""),
        "name": row.take("name", fields.name, ""),
        "number": row.take("phone", fields.phone, ""),
        "language": row.take("language", fields.language, Language.MANDARIN),
        "zone": row.take("zone", fields.zone, "") or zone,
        "ward": row.take("ward", fields.ward, ""),
        "condition": row.take("condition", partial(fields.condition, codes), "general"),
        "has_consent": row.take("consent", fields.yes, False),
        "do_not_call": row.take("do_not_call", fields.yes, False),
        "refused_days": row.take("refused_days", fields.weekdays, frozenset[int]()),
        "preferred": row.take("preferred", fields.span, None),
        "died_on": row.take("died_on", lambda text: fields.died_on(text, today), None),
        "readmitted_on": row.take("readmitted_on", past, None),
        "stay": row.take("visit", fields.stay, ""),
    }
    if row.rejects or discharged is None:
        return row.rejects
    made["stay"] = made["stay"] or discharged.isoformat()
    return Entry(**made, birth_date=born, codes=codes, discharged_on=discharged)
