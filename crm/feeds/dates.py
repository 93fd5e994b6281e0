"""Days as hospitals write them: whole, partial, compact, with a time; what cannot be read surely is refused. Pure."""

import re
import unicodedata
from datetime import date, timedelta

from crm.feeds import cell_values
from crm.feeds.cell_values import OFTEN
from hotline.values import characters

OLDEST_YEAR = 1890
WITH_ZEROS = re.compile(r"(\d+)\.0+\Z")
DATE = re.compile(r"(\d{4})([-/.年])(\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?\Z")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4,6}(?:\.\d+)?(?:[-+]\d{4})?)?\Z")
PARTIAL = re.compile(r"(?:18|19|20)\d{2}(?:[-/.年](?:0?[1-9]|1[0-2])月?|0[1-9]|1[0-2]|年)?\Z")
# What systems fill in where a day of birth is missing.
FILLED_IN = re.compile(r"(?:0001|1753|1899|9999|1900\D?0?1\D?0?1(?!\d))")


def birth_date(text: str, today: date) -> date | None:
    """Return the day of birth; `None` where it is not known, or not to the day. Raises `ValueError`."""
    plain = _plain_day(text)
    if cell_values.is_nothing(text) or PARTIAL.match(plain) or FILLED_IN.match(plain):
        return None
    return past(text, today)


def past(text: str, today: date) -> date | None:
    """Return a day that is not after today; `None` for nothing. Raises `ValueError`."""
    if cell_values.is_nothing(text):
        return None
    found = day(text)
    if not date(OLDEST_YEAR, 1, 1) <= found <= today:
        raise ValueError(f"lies before {OLDEST_YEAR} or after today")
    return found


def died_on(text: str, today: date) -> date | None:
    """Return the day of death, the last possible one where only month or year are told; `None` for nothing.

    Raises `ValueError`.
    """
    plain = _plain_day(text)
    if not PARTIAL.match(plain):
        return past(text, today)
    year, month = int(plain[:4]), int(re.sub(r"\D", "", plain[4:]) or 12)
    after = date(year + month // 12, month % 12 + 1, 1)
    if date(year, month if len(plain) > 5 else 1, 1) > today:
        raise ValueError(f"lies before {OLDEST_YEAR} or after today")
    return min(after - timedelta(days=1), today)


@OFTEN
def day(text: str) -> date:
    """Return a day as hospitals write it: 2026-03-04, 2026/3/4, 2026年3月4日, 20260304, with a time or without.

    Raises `ValueError`, also for two-digit years and a spreadsheet's serial numbers: neither can be read surely.
    """
    plain = _plain_day(text)
    found = DATE.match(plain)
    parts = (found[1], found[3], found[4]) if found else None
    if parts is None and (compact := COMPACT.match(plain)):
        parts = (compact[1], compact[2], compact[3])
    if parts is None:
        raise ValueError(_why_no_day(plain))
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        raise ValueError("there is no such day; write YYYY-MM-DD") from None


def _plain_day(text: str) -> str:
    plain = characters.one_dash(unicodedata.normalize("NFKC", characters.visible(text))).strip().strip("'").strip()
    return found[1] if (found := WITH_ZEROS.match(plain)) else plain


def _why_no_day(plain: str) -> str:
    if PARTIAL.match(plain):
        return "is no whole day; write YYYY-MM-DD"
    if re.match(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}", plain):
        return "day and month cannot be told apart; write YYYY-MM-DD"
    if re.match(r"\d{1,2}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{6}\Z", plain):
        return "has a year of two digits; day and month cannot be told apart; write YYYY-MM-DD"
    if re.match(r"\d{1,5}(?:\.\d+)?\Z", plain):
        return "is a spreadsheet's own number of a day; format the column as a date"
    return "is no date; write YYYY-MM-DD"
