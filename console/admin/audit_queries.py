"""What the page of the audit log reads: its rows with filters, and how much each person looked at on each day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from console.web.paging import Listing, within
from hotline.models import AuditEntry, User
from hotline.values.access import AuditOutcome

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
class Wanted:
    """Which rows: of whom, what, of which object, from and until which local day (both included)."""

    since: date
    until: date
    person: str = ""
    action: str = ""
    subject: str = ""
    object_id: str = ""
    outcome: AuditOutcome | None = None

    def claims(self, zone: ZoneInfo) -> list[ColumnElement[bool]]:
        """The filters as SQL."""
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
        """The latest days of the period, the oldest first."""
        count = min(DAYS, (self.until - self.since).days + 1)
        return [self.until - timedelta(days=before) for before in reversed(range(count))]


@dataclass(frozen=True)
class Cell:
    """How many rows one person left on one day, and whether that is far more than they usually do."""

    count: int
    is_unusual: bool


def listing(session: Session, wanted: Wanted, zone: ZoneInfo, page: int) -> Listing[AuditEntry]:
    """The rows wanted, newest first; `page` from 1, the last one where there are fewer."""
    claims = wanted.claims(zone)
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*claims)) or 0
    page = within(page, total, PAGE)
    query = select(AuditEntry).where(*claims).order_by(AuditEntry.number.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return Listing(list(session.scalars(query)), total, page, PAGE)


def rows(session: Session, wanted: Wanted, zone: ZoneInfo) -> Iterator[AuditEntry]:
    """The rows wanted for an export, newest first, at most `MOST`."""
    query = select(AuditEntry).where(*wanted.claims(zone)).order_by(AuditEntry.number.desc()).limit(MOST)
    yield from session.scalars(query.execution_options(yield_per=1000))


def by_day(session: Session, wanted: Wanted, zone: ZoneInfo) -> dict[str | None, list[Cell]]:
    """For each person (`None`: commands and the hotline itself) a cell per day of `wanted.days`, the busiest first."""
    counts: dict[str | None, list[int]] = {}
    for place, day in enumerate(wanted.days):
        claims = replace(wanted, since=day, until=day).claims(zone)
        query = select(AuditEntry.user_id, func.count()).where(*claims).group_by(AuditEntry.user_id)
        for user_id, count in session.execute(query):
            counts.setdefault(user_id, [0] * len(wanted.days))[place] = count
    busiest = sorted(counts.items(), key=lambda pair: (-sum(pair[1]), pair[0] or ""))
    return {user_id: cells(found) for user_id, found in busiest}


def cells(counts: list[int]) -> list[Cell]:
    """A person's days; one is unusual beside the days on which they did anything at all. Pure."""
    found = []
    for place, count in enumerate(counts):
        others = [other for at, other in enumerate(counts) if at != place and other]
        usual = median(others) if others else count
        found.append(Cell(count, count >= UNUSUAL_FROM and count > UNUSUAL_TIMES * usual))
    return found


def people(session: Session) -> list[User]:
    """Everyone who signs in or did, by name."""
    return list(session.scalars(select(User).order_by(User.name, User.login)))
