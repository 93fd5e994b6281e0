"""A report as tables and drawings in one language, from reviews and draws; page, XLSX and PDF only show it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from hotline.ground import Ground
from hotline.models import Agent, Department, Queue
from hotline.values import Language
from qa import assessment, policy, report_queries, scorecards, tally
from qa.chart import Chart, Value, by_group, over_time
from qa.estimate import Verdict
from qa.tally import Heard, Line, Terms, There
from qa.words import Words, words

QUALITY, ASSESSMENT = "quality", "assessment"
KINDS, UNITS = (QUALITY, ASSESSMENT), ("week", "month", "quarter")
Cell = str | int | float | None


@dataclass(frozen=True)
class Wanted:
    """What is asked for: both days included; `None` means everybody."""

    kind: str
    since: date
    until: date
    unit: str = "week"
    agent_id: str | None = None
    department: str | None = None
    queue: str | None = None

    @classmethod
    def from_row(cls, kind: str, row: dict[str, Any]) -> "Wanted":
        """From the JSON of a stored report."""
        days = {name: date.fromisoformat(row[name]) for name in ("since", "until")}
        rest = {name: row.get(name) for name in ("agent_id", "department", "queue")}
        return cls(kind, days["since"], days["until"], row.get("unit") or "week", **rest)

    def as_row(self) -> dict[str, Any]:
        """As JSON for a stored report."""
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
class Report:
    """A whole report in one language."""

    title: str
    subtitle: str
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    is_empty: bool


@dataclass(frozen=True)
class _House:
    """What all parts of a report are made from."""

    wanted: Wanted
    terms: Terms
    say: Words
    agents: dict[str, Agent]
    departments: dict[str, Department]
    queues: dict[str, Queue]
    there: list[There]
    heard: list[Heard]

    def agent(self, agent_id: str) -> str:
        found = self.agents.get(agent_id)
        return f"{found.staff_number} {found.name}" if found else agent_id

    def team(self, one: There | Heard) -> str:
        found = self.agents.get(one.agent_id)
        return self.say.label(self.departments.get(found.department or "") if found else None, "no_team")


def build(ground: Ground, session: Session, wanted: Wanted, language: Language, now: datetime) -> Report:
    """The report asked for, from what the database holds at this moment."""
    rules, say = policy.of(ground.settings.quality_file), words(language)
    cards = scorecards.of(ground.settings.scorecards_folder)
    bar = cards[rules.scorecards["inbound"]].bar
    agents = {agent.id: agent for agent in session.query(Agent)}
    house = _House(
        wanted=wanted,
        terms=Terms(bar, rules.confidence),
        say=say,
        agents=agents,
        departments={row.name: row for row in session.query(Department)},
        queues={row.name: row for row in session.query(Queue)},
        there=[one for one in report_queries.there(session, wanted.since, wanted.until) if _fits(wanted, agents, one)],
        heard=[one for one in report_queries.heard(session, wanted.since, wanted.until) if _fits(wanted, agents, one)],
    )
    zone = ZoneInfo(ground.settings.timezone)
    if wanted.kind == ASSESSMENT:
        charts, tables, notes = _assessment(ground, session, house, zone)
    else:
        charts, tables, notes = _quality(house, cards)
    is_chinese = language is Language.MANDARIN
    return Report(
        title=say(f"title.{wanted.kind}"),
        subtitle=say(
            "made",
            hospital=ground.settings.hospital_name_zh if is_chinese else ground.settings.hospital_name_en,
            since=wanted.since,
            until=wanted.until,
            made=now.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        ),
        charts=charts,
        tables=tables,
        notes=tuple(say(f"notes.{name}") for name in notes),
        is_empty=not house.heard,
    )


def _fits(wanted: Wanted, agents: dict[str, Agent], one: There | Heard) -> bool:
    agent = agents.get(one.agent_id)
    return (
        wanted.agent_id in (None, one.agent_id)
        and wanted.queue in (None, one.queue)
        and (wanted.department is None or (agent is not None and agent.department == wanted.department))
    )


def _quality(house: _House, cards: scorecards.Scorecards) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    def group(by: Callable[[There | Heard], str]) -> list[Line]:
        return tally.lines(house.there, house.heard, by, house.terms)

    every = tally.line(house.say("everyone"), house.there, house.heard, house.terms)
    periods = group(lambda one: tally.period(one.day, house.wanted.unit))
    agents = group(lambda one: house.agent(one.agent_id))
    agents.sort(key=lambda line: (line.estimate.score is None, line.estimate.score or 0))
    queues = group(lambda one: house.say.label(house.queues.get(one.queue), "no_queue"))
    tables = (
        _table(house, "summary", "name", [every]),
        _table(house, "trend", "period", periods),
        _table(house, "agents", "agent", agents),
        _table(house, "teams", "team", group(house.team)),
        _table(house, "queues", "queue", queues),
        _items(house, cards),
    )
    return (_trend(house, periods), _forest(house, agents)), tables, ["random", "interval", "verdict", "domain"]


def _table(house: _House, name: str, first: str, lines: Sequence[Line]) -> Table:
    say = house.say
    columns: tuple[str, ...] = (first, "score", "low", "high", "heard", "calls", "verdict", "more", "fatal")
    columns += ("targeted", "targeted_mean", "targeted_fatal", "appealed", "changed")
    rows = [
        (
            one.name,
            one.estimate.score,
            one.estimate.low,
            one.estimate.high,
            one.estimate.heard,
            one.estimate.calls,
            say(f"verdict.{one.standing.verdict}"),
            one.standing.more,
            one.fatal,
            one.targeted,
            one.targeted_mean,
            one.targeted_fatal,
            one.appealed,
            one.changed,
        )
        for one in lines
    ]
    return Table(name, say(f"sheet.{name}"), columns, tuple(rows))


def _items(house: _House, cards: scorecards.Scorecards) -> Table:
    language = house.say.language
    columns = ("scorecard", "item", "random_share", "random_count", "targeted_share", "targeted_count")
    rows = [
        (
            cards[one.scorecard].labels[language],
            cards[one.scorecard].item(one.item).labels[language],
            one.random,
            one.random_count,
            one.targeted,
            one.targeted_count,
        )
        for one in tally.items(house.heard, cards)
    ]
    return Table("items", house.say("sheet.items"), columns, tuple(rows))


def _value(house: _House, line: Line) -> Value:
    found = line.estimate
    if found.score is None or found.low is None or found.high is None:
        return Value(line.name, None, None, None)
    numbers = {"score": f"{found.score:.1f}", "low": f"{found.low:.1f}", "high": f"{found.high:.1f}"}
    note = house.say("chart.value", name=line.name, heard=found.heard, calls=found.calls, **numbers)
    return Value(line.name, found.score, found.low, found.high, note)


def _trend(house: _House, periods: Sequence[Line]) -> Chart:
    values = [_value(house, line) for line in periods]
    last = next((one for one in reversed(values) if one.score is not None), None)
    summary = house.say(
        "chart.trend_summary",
        count=len(values),
        name=last.name if last else "–",
        score=f"{last.score:.1f}" if last and last.score is not None else "–",
    )
    return over_time(house.say("chart.trend"), summary, values, house.terms.bar)


def _forest(house: _House, agents: Sequence[Line]) -> Chart:
    count = {verdict: sum(one.standing.verdict is verdict for one in agents) for verdict in Verdict}
    summary = house.say(
        "chart.agents_summary",
        bar=f"{house.terms.bar:g}",
        **{verdict.value: number for verdict, number in count.items()},
    )
    return by_group(house.say("chart.agents"), summary, [_value(house, line) for line in agents], house.terms.bar)


def _assessment(
    ground: Ground, session: Session, house: _House, zone: ZoneInfo
) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    rules, cards = policy.of(ground.settings.quality_file), scorecards.of(ground.settings.scorecards_folder)
    start = datetime.combine(house.wanted.since, time(), zone).astimezone(UTC)
    end = datetime.combine(house.wanted.until + timedelta(days=1), time(), zone).astimezone(UTC)
    results = report_queries.results(session, start, end, ground.settings.ring_seconds)
    rated = report_queries.ratings_of(session, start, end)
    ids = {one.agent_id for one in house.there} | {one.agent_id for one in house.heard} | set(results)
    found = []
    for agent_id in sorted(ids, key=house.agent):
        probe = There(agent_id, house.wanted.queue or "", house.wanted.since)
        if agent_id in house.agents and _fits(house.wanted, house.agents, probe):
            own = [one for one in house.heard if one.agent_id == agent_id]
            sections = tally.sections(own, cards)
            rung = results.get(agent_id, assessment.Results(0, 0, 0))
            found.append(assessment.assess(agent_id, rules.assessment, sections, rung, rated.get(agent_id, [])))
    columns = ("agent", *rules.assessment, "whole", "heard", "offers", "ratings")
    rows = [_assessed(house, one) for one in found]
    values = [Value(house.agent(one.agent_id), one.whole, one.whole, one.whole) for one in found]
    title = house.say("chart.assessment")
    count = sum(one.whole is not None for one in found)
    chart = by_group(title, house.say("chart.assessment_summary", count=count), values, house.terms.bar)
    notes = ["parts", *([] if rated else ["ratings"])]
    return (chart,), (Table(ASSESSMENT, house.say("sheet.assessment"), columns, tuple(rows)),), notes


def _assessed(house: _House, one: assessment.Assessment) -> tuple[Cell, ...]:
    own = [review for review in house.heard if review.agent_id == one.agent_id and review.is_random]
    counts = {part.name: part.count for part in one.parts}
    values: list[Cell] = [house.say("no_figures") if part.value is None else part.value for part in one.parts]
    return (house.agent(one.agent_id), *values, one.whole, len(own), counts["results"], counts["patients"])
