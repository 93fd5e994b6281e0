"""The fields of a discharge as hospitals write them, each read or refused with its reason (`ValueError`). Pure.

What stood in a field is never repeated in a reason: reports of rejected rows travel by mail.
"""

import re
import unicodedata
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from hotline import phone_numbers
from hotline.values import Language

# Most columns hold few different texts: each is looked at once.
OFTEN = lru_cache(maxsize=1 << 14)
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


@OFTEN
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


@OFTEN
def past(today: date, text: str) -> date | None:
    """A day that is not after today; `None` for nothing. Raises `ValueError`."""
    if not text:
        return None
    found = day(text)
    if not date(OLDEST_YEAR, 1, 1) <= found <= today:
        raise ValueError(f"lies before {OLDEST_YEAR} or after today")
    return found


def patient_number(text: str) -> str:
    """The patient's number in the hospital. Raises `ValueError`."""
    if not text:
        raise ValueError("is empty; the patient's number in the hospital is needed")
    if ROUNDED.match(text):
        raise ValueError("is a number that a spreadsheet has rounded; format the column as text")
    return _short(text, LONGEST_NUMBER)


def name(text: str) -> str:
    """A person's name. Raises `ValueError`."""
    if not text:
        raise ValueError("is empty")
    if text.isalpha():
        return _short(text, LONGEST_NAME)
    if sum(sign.isdigit() for sign in text) > len(text) / 2:
        raise ValueError("is a number, no name; are the columns swapped?")
    for sign in text:
        if unicodedata.category(sign) in {"So", "Sk", "Cs", "Co", "Cn", "Cc"}:
            raise ValueError("holds an emoji or a sign that is no part of a name")
    return _short(text, LONGEST_NAME)


def phone(text: str, *, area_code: str = "") -> str:
    """A telephone number in E.164 that reaches the patient. Raises `ValueError`."""
    return phone_numbers.parse(text, area_code=area_code)


@OFTEN
def language(text: str) -> Language:
    """A language of ours; empty is Mandarin. Raises `ValueError`."""
    found = LANGUAGES.get(text.lower())
    if found is None:
        raise ValueError(f"is none of {', '.join(Language)}")
    return found


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
def yes(text: str) -> bool:
    """Yes or no; nothing is no. Raises `ValueError`."""
    word = text.lower()
    if word not in YES | NO:
        raise ValueError("is neither yes nor no")
    return word in YES


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
    return _short(text, LONGEST_NUMBER)


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
