"""One discharge as a hospital's file or message tells it, checked field by field. Pure.

What stood in a field is never repeated in a reason: reports of rejected rows travel by mail.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hotline.values import Language, PhoneNumber

_Value = TypeVar("_Value")
YES = frozenset({"yes", "y", "true", "1", "是", "同意", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "不同意", "无", ""})
LANGUAGES = {
    "": Language.MANDARIN,
    "zh": Language.MANDARIN,
    "zh-cn": Language.MANDARIN,
    "中文": Language.MANDARIN,
    "普通话": Language.MANDARIN,
    "en": Language.ENGLISH,
    "en-us": Language.ENGLISH,
    "英文": Language.ENGLISH,
    "英语": Language.ENGLISH,
}
# Words for conditions as hospitals write them -> ours; any further plain name is taken as it stands.
CONDITIONS = {
    "": "general",
    "普通": "general",
    "手术": "surgery",
    "外科手术": "surgery",
    "心衰": "heart_failure",
    "心力衰竭": "heart_failure",
    "冠心病": "cardiac",
    "心脏病": "cardiac",
    "糖尿病": "diabetes",
}
# ICD-10 chapters by their first characters, the more particular first.
ICD = (("I50", "heart_failure"), ("I2", "cardiac"), ("E10", "diabetes"), ("E11", "diabetes"), ("E12", "diabetes"),
       ("E13", "diabetes"), ("E14", "diabetes"))  # fmt: skip
WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))} | {
    name: number for number, name in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"))
}
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
CODE = re.compile(r"[A-Z][0-9][0-9A-Z]?(\.[0-9A-Zx+]{1,4})?\Z")
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?\Z")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{4,6})?\Z")
SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-~—–至到]\s*([01]?\d|2[0-3]):([0-5]\d)\Z")
ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+\Z")
LONGEST_NAME, LONGEST_NUMBER, LONGEST_WARD = 80, 40, 80
OLDEST_YEAR = 1890
FORMULA = "is a formula; paste it as a value"


@dataclass(frozen=True)
class Reject:
    """Why a row was not taken: its line (from 1; the resource's or message's number), the field, the reason."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        """The report's line."""
        return f"line {self.line}, {self.field}: {self.reason}"


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
        if text.startswith("=") or (text.startswith("@") and name != "phone"):
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
    discharged = row.take("discharged_on", lambda text: _past(text, today, True), None)
    born = row.take("birth_date", lambda text: _past(text, today, False), None)
    if born and discharged and born > discharged:
        row.fault("birth_date", "is after the discharge; are birth_date and discharged_on swapped?")
    codes = row.take("diagnosis", _codes, tuple[str, ...]())
    made: dict[str, Any] = {
        "patient_number": row.take("patient_number", _patient_number, ""),
        "name": row.take("name", name, ""),
        "number": row.take("phone", phone, ""),
        "language": row.take("language", language, Language.MANDARIN),
        "zone": row.take("zone", lambda text: _zone(text or zone), zone),
        "ward": row.take("ward", lambda text: _short(text, LONGEST_WARD), ""),
        "condition": row.take("condition", lambda text: _condition(text, codes), "general"),
        "has_consent": row.take("consent", _yes, False),
        "do_not_call": row.take("do_not_call", _yes, False),
        "refused_days": row.take("refused_days", _weekdays, frozenset[int]()),
        "preferred": row.take("preferred", _span, None),
        "died_on": row.take("died_on", lambda text: _past(text, today, False), None),
        "readmitted_on": row.take("readmitted_on", lambda text: _past(text, today, False), None),
        "stay": row.take("visit", lambda text: _short(text, LONGEST_NUMBER), ""),
    }
    if row.rejects or discharged is None:
        return row.rejects
    made["stay"] = made["stay"] or discharged.isoformat()
    return Entry(**made, birth_date=born, codes=codes, discharged_on=discharged)


def day(text: str) -> date:
    """A day as hospitals write it: 2026-03-04, 2026/3/4, 2026年3月4日, 20260304. Raises `ValueError`."""
    found = DATE.match(text) or COMPACT.match(text)
    if found is None:
        if re.match(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", text):
            raise ValueError("day and month cannot be told apart; write YYYY-MM-DD")
        raise ValueError("is no date; write YYYY-MM-DD")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise ValueError("there is no such day; write YYYY-MM-DD") from None


def _past(text: str, today: date, is_needed: bool) -> date | None:
    if not text:
        if is_needed:
            raise ValueError("is empty; the day of discharge is needed")
        return None
    found = day(text)
    if not date(OLDEST_YEAR, 1, 1) <= found <= today:
        raise ValueError(f"lies before {OLDEST_YEAR} or after today")
    return found


def _patient_number(text: str) -> str:
    if not text:
        raise ValueError("is empty; the patient's number in the hospital is needed")
    if ROUNDED.match(text):
        raise ValueError("is a number that a spreadsheet has rounded; format the column as text")
    return _short(text, LONGEST_NUMBER)


def name(text: str) -> str:
    """A person's name. Raises `ValueError`."""
    if not text:
        raise ValueError("is empty")
    if sum(sign.isdigit() for sign in text) > len(text) / 2:
        raise ValueError("is a number, no name; are the columns swapped?")
    for sign in text:
        if unicodedata.category(sign) in {"So", "Sk", "Cs", "Co", "Cn", "Cc"}:
            raise ValueError("holds an emoji or a sign that is no part of a name")
    return _short(text, LONGEST_NAME)


def phone(text: str) -> str:
    """A telephone number in E.164. Raises `ValueError`."""
    if not text:
        raise ValueError("is empty; without a number nobody can be called")
    if ROUNDED.match(text):
        raise ValueError("is a number that a spreadsheet has rounded; format the column as text")
    if not any(sign.isdigit() for sign in text):
        raise ValueError("is a word, no telephone number; are the columns swapped?")
    number = PhoneNumber.parse(text)
    if number is None:
        raise ValueError("is no telephone number")
    return number.e164


def language(text: str) -> Language:
    """A language of ours; empty is Mandarin. Raises `ValueError`."""
    found = LANGUAGES.get(text.lower())
    if found is None:
        raise ValueError(f"is none of {', '.join(Language)}")
    return found


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        raise ValueError("is no time zone; write one like Asia/Shanghai") from None
    return text


def _condition(text: str, codes: tuple[str, ...]) -> str:
    if not text and codes:
        return next((name for code in codes for prefix, name in ICD if code.startswith(prefix)), "general")
    found = CONDITIONS.get(text, text.lower().replace(" ", "_").replace("-", "_"))
    if not SLUG.match(found):
        known = ", ".join(dict.fromkeys(CONDITIONS.values()))
        raise ValueError(f"is no condition that plans go by; such as {known}")
    return found


def _codes(text: str) -> tuple[str, ...]:
    found = tuple(code.upper() for code in re.split(r"[;,，；|\s]+", text) if code)
    if any(not CODE.match(code) for code in found):
        raise ValueError("holds something that is no ICD-10 code; separate codes by ;")
    return found


def _yes(text: str) -> bool:
    word = text.lower()
    if word not in YES | NO:
        raise ValueError("is neither yes nor no")
    return word in YES


def _weekdays(text: str) -> frozenset[int]:
    words = [word.lower() for word in re.split(r"[;,，；、|\s]+", text) if word]
    if any(word not in WEEKDAYS for word in words):
        raise ValueError("holds a word that is no day; write mon, tue, … or 周一, 周二, …")
    return frozenset(WEEKDAYS[word] for word in words)


def _span(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    found = SPAN.match(text)
    if found is None:
        raise ValueError("is no span of time; write it like 14:00-17:00")
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if opens >= closes:
        raise ValueError("ends before it begins")
    return f"{opens:%H:%M}", f"{closes:%H:%M}"


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"is longer than {most} characters")
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text):
        raise ValueError("holds signs that cannot be printed")
    return text


def plain(value: object) -> str:
    """A spreadsheet's cell as text: whole numbers without a fraction, days as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value).strip()
