"""What others read of the audit log: its rows by filter, and how much each person did on each day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hotline.models import AuditEntry
from hotline.values.access import AuditOutcome
from hotline.values.paging import Listing, within

PAGE = 50
# The table by person and day shows at most so many days, the latest of the period.
DAYS = 14
# An export holds at most so many rows, the newest.
MOST = 50_000
# The filter by person: commands and the hotline itself.
MACHINE = "machine"
# A day of a person is unusual from so many rows on, when it is so many times their usual one.
UNUSUAL_FROM, UNUSUAL_TIMES = 20, 3


@dataclass(frozen=True)
class AuditFilter:
    """Which rows: whose, of what action and object, from and until which local day (both included)."""

    since: date
    until: date
    person: str = ""
    action: str = ""
    subject: str = ""
    object_id: str = ""
    outcome: AuditOutcome | None = None

    def claims(self, zone: ZoneInfo) -> list[ColumnElement[bool]]:
        """Return the filter as conditions on the rows."""
        claims = [
            AuditEntry.at >= datetime.combine(self.since, time(), zone),
            AuditEntry.at < datetime.combine(self.until + timedelta(days=1), time(), zone),
        ]
        if self.person:
            claims.append(AuditEntry.user_id.is_(None) if self.person == MACHINE else AuditEntry.user_id == self.person)
        given = (
            (AuditEntry.action, self.action),
            (AuditEntry.subject, self.subject),
            (AuditEntry.subject_id, self.object_id),
        )
        claims.extend(column == value for column, value in given if value)
        if self.outcome is not None:
            claims.append(AuditEntry.outcome == self.outcome)
        return claims

    @property
    def days(self) -> list[date]:
        """Return the latest days of the period, the oldest first."""
        count = min(DAYS, (self.until - self.since).days + 1)
        return [self.until - timedelta(days=before) for before in reversed(range(count))]


@dataclass(frozen=True)
class DayCount:
    """How many rows one person left on one day, and whether that is far more than usual for them."""

    count: int
    is_unusual: bool


def listing(session: Session, wanted: AuditFilter, zone: ZoneInfo, page: int) -> Listing[AuditEntry]:
    """Return the rows wanted, newest first; `page` counts from 1, and is the last one where there are fewer."""
    claims = wanted.claims(zone)
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*claims)) or 0
    page = within(page, total, PAGE)
    query = select(AuditEntry).where(*claims).order_by(AuditEntry.number.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return Listing(list(session.scalars(query)), total, page, PAGE)


def rows(session: Session, wanted: AuditFilter, zone: ZoneInfo) -> Iterator[AuditEntry]:
    """Yield the rows wanted for an export, newest first, at most `MOST`."""
    query = select(AuditEntry).where(*wanted.claims(zone)).order_by(AuditEntry.number.desc()).limit(MOST)
    yield from session.scalars(query.execution_options(yield_per=1000))


def by_day(session: Session, wanted: AuditFilter, zone: ZoneInfo) -> dict[str | None, list[DayCount]]:
    """Return counts by person and day of `wanted.days`, the busiest first; `None`: the hotline, and commands."""
    counts: dict[str | None, list[int]] = {}
    for place, day in enumerate(wanted.days):
        claims = replace(wanted, since=day, until=day).claims(zone)
        query = select(AuditEntry.user_id, func.count()).where(*claims).group_by(AuditEntry.user_id)
        for user_id, count in session.execute(query):
            counts.setdefault(user_id, [0] * len(wanted.days))[place] = count
    busiest = sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0] or ""))
    return {user_id: day_counts(counts) for user_id, counts in busiest}


def day_counts(counts: list[int]) -> list[DayCount]:
    """Return a person's days; one is unusual beside the days on which they did anything at all. Pure."""
    found = []
    for place, count in enumerate(counts):
        others = [other for at, other in enumerate(counts) if at != place and other]
        usual = median(others) if others else count
        found.append(DayCount(count, count >= UNUSUAL_FROM and count > UNUSUAL_TIMES * usual))
    return found
