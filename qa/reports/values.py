"""The values of reports: the request, tables, drawings, and the rows behind all parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from qa.reports.chart import Chart
from qa.reports.words import Words
from qa.statistics.aggregates import DrawableCall, IntervalTerms, PublishedReview

if TYPE_CHECKING:
    from hotline.models import Agent, Department, Queue

QUALITY, ASSESSMENT = "quality", "assessment"
KINDS, UNITS = (QUALITY, ASSESSMENT), ("week", "month", "quarter")
Cell = str | int | float | None
SHARES = ("random_share", "targeted_share")
WHOLE = {"heard", "calls", "more", "fatal", "targeted", "targeted_fatal", "appealed", "changed"}
WHOLE |= {"random_count", "targeted_count", "offers", "ratings"}


@dataclass(frozen=True)
class ReportRequest:
    """A request for a report: both days included; `None` means everybody."""

    kind: str
    since: date
    until: date
    unit: str = "week"
    agent_id: str | None = None
    department: str | None = None
    queue: str | None = None

    @classmethod
    def from_row(cls, kind: str, row: dict[str, Any]) -> ReportRequest:
        """Return the request in the JSON of a stored report."""
        days = {name: date.fromisoformat(row[name]) for name in ("since", "until")}
        rest = {name: row.get(name) for name in ("agent_id", "department", "queue")}
        return cls(kind, days["since"], days["until"], row.get("unit") or "week", **rest)

    def as_row(self) -> dict[str, Any]:
        """Return the request as JSON for a stored report."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "unit": self.unit,
            "agent_id": self.agent_id,
            "department": self.department,
            "queue": self.queue,
        }


@dataclass(frozen=True)
class Table:
    """Rows under columns; `columns` are keys of the catalogue (`score`), which also say how a cell looks."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class ReportDocument:
    """A whole report in one language."""

    title: str
    subtitle: str
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    is_empty: bool


@dataclass(frozen=True)
class ReportData:
    """The rows from which all parts of a report are made."""

    request: ReportRequest
    terms: IntervalTerms
    say: Words
    agents: dict[str, Agent]
    departments: dict[str, Department]
    queues: dict[str, Queue]
    calls: list[DrawableCall]
    reviews: list[PublishedReview]

    def agent(self, agent_id: str) -> str:
        """Return staff number and name."""
        agent = self.agents.get(agent_id)
        return f"{agent.staff_number} {agent.name}" if agent else agent_id

    def team(self, one: DrawableCall | PublishedReview) -> str:
        """Return the name of the agent's department."""
        agent = self.agents.get(one.agent_id)
        return self.say.label(self.departments.get(agent.department or "") if agent else None, "no_team")


def is_included(request: ReportRequest, agents: dict[str, Agent], one: DrawableCall | PublishedReview) -> bool:
    """Return whether a call or review belongs to the request."""
    agent = agents.get(one.agent_id)
    return (
        request.agent_id in (None, one.agent_id)
        and request.queue in (None, one.queue)
        and (request.department is None or (agent is not None and agent.department == request.department))
    )


def cell_text(column: str, cell: Cell) -> str:
    """Return a cell as people read it."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    if column in SHARES:
        return f"{100 * cell:.0f}%"
    return f"{cell:.0f}" if column in WHOLE else f"{cell:.1f}"
