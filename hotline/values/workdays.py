"""Chinese working days: public holidays, and the weekends that are worked to make up for them. Pure.

The days are those of the library `holidays`. Where it does not yet know a year's make-up days (they are published in
the November before), only the holidays of the law are known; a hospital adds what differs by date.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5
DAY = timedelta(days=1)
_MADE_UP = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


@dataclass(frozen=True)
class _Year:
    off: frozenset[date]
    made_up: Mapping[date, int]


def is_public_holiday(day: date) -> bool:
    """Return whether the day belongs to a public holiday: a day off by law, or a weekend day that adjoins one."""
    return day in _year(day.year).off


def made_up(day: date) -> int | None:
    """Return the weekday (0 is Monday) whose work is done on this weekend day; `None` for every other day."""
    return _year(day.year).made_up.get(day)


def is_working_day(day: date) -> bool:
    """Return whether offices work on this day."""
    return made_up(day) is not None or (day.weekday() < SATURDAY and not is_public_holiday(day))


@lru_cache(maxsize=16)
def _year(year: int) -> _Year:
    known = holidays.country_holidays("CN", years=(year - 1, year, year + 1), language="en_US")
    worked = dict.fromkeys(known.weekend_workdays, 0)
    for day, name in known.items():
        found = _MADE_UP.search(name)
        if found:
            worked[date(int(found[3]), int(found[1]), int(found[2]))] = day.weekday()
    off = {day for day in known if day not in worked}
    for day in sorted(off):
        off |= _weekend_beside(day, -DAY, worked) | _weekend_beside(day, DAY, worked)
    return _Year(frozenset(off), worked)


def _weekend_beside(day: date, step: timedelta, worked: Mapping[date, int]) -> set[date]:
    """Return the Saturday and Sunday that begin or end with the day off: nobody works on them either."""
    found, beside = set(), day + step
    while beside.weekday() >= SATURDAY and beside not in worked:
        found.add(beside)
        beside += step
    return found
