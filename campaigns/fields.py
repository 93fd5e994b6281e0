"""The fields of a discharge as hospitals write them, each read or refused with its reason (`ValueError`). Pure.

What stood in a field is never repeated in a reason: reports of rejected rows travel by mail.
"""

import re
import unicodedata
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from crm import person_fields
from crm.person_fields import birth_date, day, died_on, language, name, patient_number, yes
from crm.words import OFTEN
from hotline import phone_numbers

__all__ = [
    "birth_date", "condition", "day", "diagnoses", "died_on", "language", "name", "past", "patient_number", "phone",
    "plain", "span", "stay", "ward", "weekdays", "yes", "zone",
]  # fmt: skip
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
SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-~—–至到]\s*([01]?\d|2[0-3]):([0-5]\d)\Z")
LONGEST_STAY, LONGEST_WARD = 40, 80


def past(today: date, text: str) -> date | None:
    """A day that is not after today; `None` for nothing. Raises `ValueError`."""
    return person_fields.past(text, today)


def phone(text: str, *, area_code: str = "") -> str:
    """A telephone number in E.164 that reaches the patient. Raises `ValueError`."""
    return phone_numbers.parse(text, area_code=area_code)


@OFTEN
def zone(text: str) -> str:
    """A time zone by its name, or nothing. Raises `ValueError`."""
    try:
        if text:
            ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        raise ValueError("is no time zone; write one like Asia/Shanghai") from None
    return text


@OFTEN
def condition(codes: tuple[str, ...], text: str) -> str:
    """What plans go by: as it is named, else by the first ICD-10 code that tells. Raises `ValueError`."""
    if not text and codes:
        return next((name for code in codes for prefix, name in ICD if code.startswith(prefix)), "general")
    found = CONDITIONS.get(text, text.lower().replace(" ", "_").replace("-", "_"))
    if not SLUG.match(found):
        known = ", ".join(dict.fromkeys(CONDITIONS.values()))
        raise ValueError(f"is no condition that plans go by; such as {known}")
    return found


@OFTEN
def diagnoses(text: str) -> tuple[str, ...]:
    """ICD-10 codes, separated. Raises `ValueError`."""
    found = tuple(code.upper() for code in re.split(r"[;,，；|\s]+", text) if code)
    if any(not CODE.match(code) for code in found):
        raise ValueError("holds something that is no ICD-10 code; separate codes by ;")
    return found


@OFTEN
def weekdays(text: str) -> frozenset[int]:
    """Days of the week, 0 is Monday. Raises `ValueError`."""
    words = [word.lower() for word in re.split(r"[;,，；、|\s]+", text) if word]
    if any(word not in WEEKDAYS for word in words):
        raise ValueError("holds a word that is no day; write mon, tue, … or 周一, 周二, …")
    return frozenset(WEEKDAYS[word] for word in words)


@OFTEN
def span(text: str) -> tuple[str, str] | None:
    """From when until when, or nothing. Raises `ValueError`."""
    if not text:
        return None
    found = SPAN.match(text)
    if found is None:
        raise ValueError("is no span of time; write it like 14:00-17:00")
    opens, closes = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if opens >= closes:
        raise ValueError("ends before it begins")
    return f"{opens:%H:%M}", f"{closes:%H:%M}"


@OFTEN
def ward(text: str) -> str:
    """A ward as it is written. Raises `ValueError`."""
    return _short(text, LONGEST_WARD)


@OFTEN
def stay(text: str) -> str:
    """What tells two stays of a patient apart. Raises `ValueError`."""
    return _short(text, LONGEST_STAY)


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"is longer than {most} characters")
    if not text.isprintable() and any(unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text):
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
