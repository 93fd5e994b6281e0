"""Today's figures divided by queue, half hour or agent, for the floor page and the terminal alike.

The counting is that of `reports.service_level.figures`; a bar shows a part beside the largest one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from console.web import formatting
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from reports.service_level import figures, queries
from reports.service_level.figures import ServiceFigures
from routing.agents import queries as agent_queries

QUEUE, HALF_HOUR, AGENT = PARTS = ("queue", "half-hour", "agent")


@dataclass(frozen=True)
class BarSegment:
    """A piece of a bar: in time, later, or lost; where it begins and how wide it is, in per cent of the longest bar."""

    kind: str
    left: float
    width: float


@dataclass(frozen=True)
class Breakdown:
    """The figures of one queue (its name), half hour (`2026-03-02 08:30`) or agent (staff number and name)."""

    name: str
    figures: ServiceFigures
    bar: tuple[BarSegment, ...]


def take(database: Database, settings: Settings, by: str, now: datetime) -> list[Breakdown]:
    """Today's parts in the order of their names."""
    zone, ring = ZoneInfo(settings.timezone), settings.ring_seconds
    with database.read() as session:
        rows = queries.between(session, formatting.midnight(now, zone))
        names = {agent.id: f"{agent.staff_number} {agent.name}" for agent in agent_queries.everyone(session)}
    if by == AGENT:
        found = {names[agent_id]: part for agent_id, part in figures.by_agent(rows, ring).items()}
    elif by == QUEUE:
        found = figures.by_queue(rows, ring)
    else:
        found = figures.by_half_hour(rows, ring, zone)
    longest = max((_whole(part, by) for part in found.values()), default=0)
    return [Breakdown(name, found[name], tuple(_bar(found[name], by, longest))) for name in sorted(found)]


def _whole(part: ServiceFigures, by: str) -> int:
    return part.offers if by == AGENT else part.asked


def _bar(part: ServiceFigures, by: str, longest: int) -> Iterator[BarSegment]:
    """Callers, or of an agent phones that rang: answered in three rings, answered later, lost. The rest is open."""
    if by == AGENT:
        counts = (part.within_offer, part.offers_answered - part.within_offer, part.missed + part.rejected)
    else:
        lost = part.abandoned_early + part.abandoned_late
        counts = (part.within_caller, part.answered - part.within_caller, lost)
    left = 0.0
    for kind, count in zip(("in-time", "later", "lost"), counts, strict=True):
        if count:
            width = 100 * count / longest
            yield BarSegment(kind, left, width)
            left += width
