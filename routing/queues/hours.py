"""Opening hours: whether a line is open at a moment, and when it opens next, in its local time. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from hotline.values import workdays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A line that does not open within this many days is said to open never.
DAYS_AHEAD = 400


@dataclass(frozen=True)
class Span:
    """A part of a day, from `start` up to but without `end`; `end` of midnight means the end of the day."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Return whether the moment lies in the span."""
        return self.start <= moment and (moment < self.end or self.end == time(0))


@dataclass(frozen=True)
class Hours:
    """Spans by weekday (0 is Monday), with days that differ: a date with no span is a closed day.

    `is_always` means open at any hour, whatever the table says. `keeps_holidays`: closed on Chinese public holidays,
    and open on make-up days as on the weekday they stand for; dates in `days` go before that.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    days: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    is_always: bool = False
    keeps_holidays: bool = False

    @cached_property
    def _by_date(self) -> dict[date, tuple[Span, ...]]:
        return dict(self.days)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return when the line is open on this day."""
        own = self._by_date.get(day)
        if own is not None:
            return own
        stands_for = workdays.made_up(day) if self.keeps_holidays else None
        if stands_for is not None:
            return self.week[stands_for]
        if self.keeps_holidays and workdays.is_public_holiday(day):
            return ()
        return self.week[day.weekday()]


def is_open(hours: Hours, now: datetime) -> bool:
    """Return whether the line is open at `now` (aware)."""
    if hours.is_always:
        return True
    local = now.astimezone(hours.zone)
    return any(span.holds(local.time()) for span in hours.spans(local.date()))


def next_opening(hours: Hours, now: datetime) -> datetime | None:
    """Return when the line is open next, in its local time.

    `now` itself where it is open; `None` where it stays closed.
    """
    local = now.astimezone(hours.zone)
    if is_open(hours, now):
        return local
    for ahead in range(DAYS_AHEAD):
        day = local.date() + timedelta(days=ahead)
        starts = (datetime.combine(day, span.start, hours.zone) for span in hours.spans(day))
        coming = min((start for start in starts if start > local), default=None)
        if coming is not None:
            return coming
    return None


def parse_span(text: str) -> Span | None:
    """Return the span that `08:00-17:30` names, or `None`."""
    start, _, end = text.partition("-")
    try:
        span = Span(
            time.fromisoformat(start.strip()), time.fromisoformat("00:00" if end.strip() == "24:00" else end.strip())
        )
    except ValueError:
        return None
    return span if span.start < span.end or span.end == time(0) else None


def parse_weekdays(text: str) -> range | None:
    """Return the weekdays that `monday` or `monday-friday` names, or `None`."""
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        return None
    found = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    return found or None
