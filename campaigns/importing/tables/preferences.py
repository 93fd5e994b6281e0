"""What a patient or a hospital wishes of the calls, as tables write it: days, hours, zone, language. Pure.

Each is read or refused with its reason (`ValueError`); what stood there is never repeated.
"""

import re
import unicodedata
from datetime import time
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm.feeds import cell_values
from hotline.values.language import Language

# Most columns hold few different texts: each is looked at once.
OFTEN = lru_cache(maxsize=1 << 14)
WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))} | {
    name: number for number, name in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"))
}
SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-~—–至到]\s*([01]?\d|2[0-3]):([0-5]\d)\Z")
LONGEST_WARD = 80


def language(text: str, default: Language) -> Language:
    """Return a language of ours; one that we do not speak, and none, is the default."""
    return cell_values.language(text) or default


def speaks(text: str) -> bool:
    """Return whether this is a language of ours."""
    return cell_values.language(text) is not None


@OFTEN
def zone(text: str) -> str:
    """Return a time zone by its name, or nothing. Raises `ValueError`."""
    try:
        if text:
            ZoneInfo(text)
    except (OSError, ValueError, KeyError):
        raise ValueError("is no time zone; write one like Asia/Shanghai") from None
    return text


@OFTEN
def weekdays(text: str) -> frozenset[int]:
    """Return days of the week, 0 is Monday. Raises `ValueError`."""
    named = [word.lower() for word in re.split(r"[;,，；、|\s]+", text) if word]
    if any(word not in WEEKDAYS for word in named):
        raise ValueError("holds a word that is no day; write mon, tue, … or 周一, 周二, …")
    return frozenset(WEEKDAYS[word] for word in named)


@OFTEN
def span(text: str) -> tuple[str, str] | None:
    """Return from when until when, or nothing. Raises `ValueError`."""
    if not text:
        return None
    match = SPAN.match(unicodedata.normalize("NFKC", text))
    if match is None:
        raise ValueError("is no span of time; write it like 14:00-17:00")
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if opens >= closes:
        raise ValueError("ends before it begins")
    return f"{opens:%H:%M}", f"{closes:%H:%M}"


@OFTEN
def ward(text: str) -> str:
    """Return a ward as it is written. Raises `ValueError`."""
    if len(text) > LONGEST_WARD:
        raise ValueError(f"is longer than {LONGEST_WARD} characters")
    return text
