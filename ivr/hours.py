"""Opening hours: whether the hospital's line is open at a moment, in its local time. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Span:
    """A part of a day, from `start` up to but without `end`; `end` of midnight means the end of the day."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Whether the moment lies in the span."""
        return self.start <= moment and (moment < self.end or self.end == time(0))


@dataclass(frozen=True)
class Hours:
    """Spans by weekday (0 is Monday), with days that differ: a date with no span is a closed day.

    `is_always` means open at any hour, whatever the table says.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    days: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    is_always: bool = False

    def are_open(self, now: datetime) -> bool:
        """Whether the line is open at `now` (aware)."""
        if self.is_always:
            return True
        local = now.astimezone(self.zone)
        spans = dict(self.days).get(local.date(), self.week[local.weekday()])
        return any(span.holds(local.time()) for span in spans)


def parse_span(text: str) -> Span | None:
    """The span that `08:00-17:30` names, or `None`."""
    start, _, end = text.partition("-")
    try:
        span = Span(
            time.fromisoformat(start.strip()), time.fromisoformat("00:00" if end.strip() == "24:00" else end.strip())
        )
    except ValueError:
        return None
    return span if span.start < span.end or span.end == time(0) else None


def parse_weekdays(text: str) -> range | None:
    """The weekdays that `monday` or `monday-friday` names, or `None`."""
    first, _, last = text.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        return None
    found = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    return found or None
