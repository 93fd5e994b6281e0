"""When a patient may be called: hours in their own zone, refused days, preferred time, parts of the day. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))
# A call needs some room before the hours close; what is open all day never does.
ROOM = timedelta(minutes=10)
# The end of a day, written 24:00.
MIDNIGHT = time.max
# How far ahead anything is planned.
HORIZON_DAYS = 92


class DayPart(StrEnum):
    """A part of the day: whoever was not reached in one is tried in another."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class CallingHours:
    """From one time of the day to a later one, local."""

    opens: time
    closes: time

    def within(self, other: "CallingHours") -> "CallingHours | None":
        """Return what both allow, `None` where that is nothing."""
        opens, closes = max(self.opens, other.opens), min(self.closes, other.closes)
        return CallingHours(opens, closes) if opens < closes else None


PARTS = {
    DayPart.MORNING: CallingHours(time(0), time(11, 30)),
    DayPart.NOON: CallingHours(time(11, 30), time(14)),
    DayPart.AFTERNOON: CallingHours(time(14), time(17)),
    DayPart.EVENING: CallingHours(time(17), MIDNIGHT),
}
ALL_DAY = CallingHours(time(0), MIDNIGHT)


@dataclass(frozen=True)
class CallingWindow:
    """When one patient may be called: `hours` and `days` bind always, `preferred` where it can be had."""

    zone: ZoneInfo
    hours: CallingHours
    days: frozenset[int] = EVERY_DAY
    preferred: CallingHours | None = None

    def is_open(self, moment: datetime) -> bool:
        """Return whether the patient may be called at this moment."""
        local = moment.astimezone(self.zone)
        return local.weekday() in self.days and self.hours.opens <= local.time() < self.hours.closes

    def next(self, after: datetime, until: datetime, avoid: frozenset[DayPart] = frozenset()) -> datetime | None:
        """Return the moment from `after` to before `until` that suits best; `None` when the hours allow none.

        The preferred time comes first, then parts of the day other than those to `avoid`, then any allowed hour.
        """
        spans = [*([(self.preferred, avoid), (self.preferred, frozenset[DayPart]())] if self.preferred else [])]
        for preferred, shunned in [*spans, (None, avoid), (None, frozenset[DayPart]())]:
            moment = next(self._moments(after, until, preferred, shunned), None)
            if moment is not None:
                return moment
        return None

    def _moments(
        self, after: datetime, until: datetime, preferred: CallingHours | None, avoid: frozenset[DayPart]
    ) -> Iterator[datetime]:
        allowed = self.hours if preferred is None else self.hours.within(preferred)
        if allowed is None:
            return
        first = after.astimezone(self.zone).date()
        for day in (first + number * DAY for number in range(HORIZON_DAYS)):
            if self._at(day, time(0)) >= until:
                return
            last = self._at(day, allowed.closes) - (timedelta(0) if self.hours == ALL_DAY else ROOM)
            for hours in self._open(day, allowed, avoid):
                start = max(after, self._at(day, hours.opens))
                if start <= last and start < min(self._at(day, hours.closes), until):
                    yield start

    def _open(self, day: date, allowed: CallingHours, avoid: frozenset[DayPart]) -> Iterator[CallingHours]:
        if day.weekday() not in self.days:
            return
        for part, span in PARTS.items():
            hours = span.within(allowed)
            if hours is not None and part not in avoid:
                yield hours

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone)


def part_of(moment: datetime, zone: ZoneInfo) -> DayPart:
    """Return the part of the day in which this moment falls."""
    local = moment.astimezone(zone).time()
    return next(part for part, hours in PARTS.items() if local < hours.closes or part is DayPart.EVENING)
