"""Days and moments as hospitals write them, read as the hospital's own. Pure.

2026-03-04, 2026/3/4, 2026年3月4日, 20260304, each with a time of day and an offset or without; years and months alone.
"""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm.feeds import cell_values, dates
from hotline.values import characters

# Most columns hold few different days: each is looked at once.
OFTEN = lru_cache(maxsize=1 << 14)
CLOCK = r"(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?"
OFFSET = r"(?P<offset>Z|[+-]\d{2}:?\d{2})"
SEPARATED = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})(?:月|[-/.月](?P<day>\d{1,2})日?)?"
    rf"(?:[T ]+(?:{CLOCK}\s*{OFFSET}?\Z|.*))?\Z",
    re.I,
)
COMPACT = re.compile(
    r"(?P<year>\d{4})年?(?:(?P<month>\d{2})(?:(?P<day>\d{2})(?:[T ]*(?P<hour>\d{2}):?(?P<minute>\d{2})"
    rf"(?::?(?P<second>\d{{2}})(?:[.,]\d+)?)?)?)?)?{OFFSET}?\Z",
    re.I,
)
# What systems write where they have no date.
FILLED_IN = frozenset({"0000", "0001", "1753", "1899", "1900", "9999"})


@dataclass(frozen=True)
class WrittenDate:
    """A date as far as it is written: `moment` where a time of day stands with it, aware."""

    first: date
    last: date
    moment: datetime | None = None

    @property
    def is_partial(self) -> bool:
        """Return whether only the year or the month is known."""
        return self.first != self.last


@OFTEN
def read(text: str, zone: str) -> WrittenDate:
    """Return the date that is written, on the hospital's own calendar. Raises `ValueError` saying how to write it."""
    plain = unicodedata.normalize("NFKC", characters.visible(text)).strip()
    match = SEPARATED.match(plain) or COMPACT.match(plain)
    if match is None:
        whole = dates.day(text)  # says why it is none
        return WrittenDate(whole, whole)
    try:
        return _written(match.groupdict(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise ValueError("there is no such day; write YYYY-MM-DD") from None


def day(text: str, zone: str) -> date:
    """Return a whole day. Raises `ValueError`."""
    written = read(text, zone)
    if written.is_partial:
        raise ValueError("is only a year or a month; the day is needed, YYYY-MM-DD")
    return written.last


def last_day(text: str, zone: str) -> date | None:
    """Return the last day that a date, maybe partial, can mean; `None` for nothing and for what is no date."""
    try:
        return read(text, zone).last if text else None
    except ValueError:
        return None


def first_day(text: str, zone: str) -> date | None:
    """Return the first day that a date, maybe partial, can mean; `None` for nothing and for what is no date."""
    try:
        return read(text, zone).first if text else None
    except ValueError:
        return None


def moment(texts: tuple[str, ...], zone: str) -> datetime | None:
    """Return the first of these with a time of day, else the first day at midnight, aware; `None`: none is a date."""
    dates = []
    for text in texts:
        try:
            dates.append(read(text, zone))
        except ValueError:
            continue
    timed = next((one.moment for one in dates if one.moment is not None), None)
    if timed is not None or not dates:
        return timed
    return datetime(dates[0].first.year, dates[0].first.month, dates[0].first.day, tzinfo=ZoneInfo(zone))


def past(text: str, today: date, zone: str) -> date | None:
    """Return a whole day that is not after today; `None` for nothing. Raises `ValueError`."""
    if cell_values.is_nothing(text):
        return None
    return dates.past(day(text, zone).isoformat(), today)


def is_filled_in(text: str) -> bool:
    """Return whether this is what a system writes where it has no date: 0000-00-00, 1900-01-01, 99991231."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits[:4] in FILLED_IN and (digits[:4] != "1900" or digits[4:8] in {"", "0101", "0100"})


def _written(parts: dict[str, str | None], zone: ZoneInfo) -> WrittenDate:
    year, month, written_day = int(parts["year"] or 0), parts["month"], parts["day"]
    if month is None:
        return WrittenDate(date(year, 1, 1), date(year, 12, 31))
    if written_day is None:
        return WrittenDate(date(year, int(month), 1), date(year, int(month), calendar.monthrange(year, int(month))[1]))
    day = date(year, int(month), int(written_day))
    if parts["hour"] is None or int(parts["hour"]) > 23 or int(parts["minute"] or 0) > 59:
        return WrittenDate(day, day)
    clock = (int(parts["hour"]), int(parts["minute"] or 0), min(59, int(parts["second"] or 0)))
    at = datetime(day.year, day.month, day.day, *clock, tzinfo=_offset(parts["offset"]) or zone).astimezone(zone)
    return WrittenDate(at.date(), at.date(), at)


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text.upper() == "Z":
        return timezone(timedelta())
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
