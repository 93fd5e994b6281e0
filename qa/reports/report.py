"""A report as tables and drawings in one language, from reviews and draws; page, XLSX and PDF only show it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from hotline.context import AppContext
from hotline.models import Agent, Department, Queue
from hotline.values.language import Language
from qa import scorecards
from qa.reports import assessment, queries
from qa.reports.chart import Chart, ChartPoint, group_chart, trend_chart
from qa.reports.values import ASSESSMENT, ReportData, ReportDocument, ReportRequest, Table, is_included
from qa.reports.words import words
from qa.sampling import policy
from qa.statistics import aggregates
from qa.statistics.aggregates import DrawableCall, GroupScore, IntervalTerms, PublishedReview
from qa.statistics.confidence_interval import BarVerdict


def build(
    context: AppContext, session: Session, request: ReportRequest, language: Language, now: datetime
) -> ReportDocument:
    """Return the report asked for, from what the database holds at this moment."""
    rules, say = policy.load(context.settings.quality_file), words(language)
    cards = scorecards.of(context.settings.scorecards_folder)
    bar = cards[rules.scorecards["inbound"]].bar
    agents = {agent.id: agent for agent in session.query(Agent)}
    house = ReportData(
        wanted=request,
        terms=IntervalTerms(bar, rules.confidence),
        say=say,
        agents=agents,
        departments={row.name: row for row in session.query(Department)},
        queues={row.name: row for row in session.query(Queue)},
        there=[
            one
            for one in queries.drawable_calls(session, request.since, request.until)
            if is_included(request, agents, one)
        ],
        heard=[
            one
            for one in queries.published_reviews(session, request.since, request.until)
            if is_included(request, agents, one)
        ],
    )
    zone = ZoneInfo(context.settings.timezone)
    if request.kind == ASSESSMENT:
        charts, tables, notes = assessment.build(context, session, house, zone)
    else:
        charts, tables, notes = _quality(house, cards)
    is_chinese = language is Language.MANDARIN
    return ReportDocument(
        title=say(f"title.{request.kind}"),
        subtitle=say(
            "made",
            hospital=context.settings.hospital_name_zh if is_chinese else context.settings.hospital_name_en,
            since=request.since,
            until=request.until,
            made=now.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        ),
        charts=charts,
        tables=tables,
        notes=tuple(say(f"notes.{name}") for name in notes),
        is_empty=not house.heard,
    )


def _quality(house: ReportData, cards: scorecards.Scorecards) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    def group(by: Callable[[DrawableCall | PublishedReview], str]) -> list[GroupScore]:
        return aggregates.group_scores(house.there, house.heard, by, house.terms)

    every = aggregates.group_score(house.say("everyone"), house.there, house.heard, house.terms)
    periods = group(lambda one: aggregates.period(one.day, house.wanted.unit))
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


def _table(house: ReportData, name: str, first: str, lines: Sequence[GroupScore]) -> Table:
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


def _items(house: ReportData, cards: scorecards.Scorecards) -> Table:
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
        for one in aggregates.item_shares(house.heard, cards)
    ]
    return Table("items", house.say("sheet.items"), columns, tuple(rows))


def _value(house: ReportData, line: GroupScore) -> ChartPoint:
    estimate = line.estimate
    if estimate.score is None or estimate.low is None or estimate.high is None:
        return ChartPoint(line.name, None, None, None)
    numbers = {"score": f"{estimate.score:.1f}", "low": f"{estimate.low:.1f}", "high": f"{estimate.high:.1f}"}
    note = house.say("chart.value", name=line.name, heard=estimate.heard, calls=estimate.calls, **numbers)
    return ChartPoint(line.name, estimate.score, estimate.low, estimate.high, note)


def _trend(house: ReportData, periods: Sequence[GroupScore]) -> Chart:
    values = [_value(house, line) for line in periods]
    last = next((one for one in reversed(values) if one.score is not None), None)
    summary = house.say(
        "chart.trend_summary",
        count=len(values),
        name=last.name if last else "–",
        score=f"{last.score:.1f}" if last and last.score is not None else "–",
    )
    return trend_chart(house.say("chart.trend"), summary, values, house.terms.bar)


def _forest(house: ReportData, agents: Sequence[GroupScore]) -> Chart:
    count = {verdict: sum(one.standing.verdict is verdict for one in agents) for verdict in BarVerdict}
    summary = house.say(
        "chart.agents_summary",
        bar=f"{house.terms.bar:g}",
        **{verdict.value: number for verdict, number in count.items()},
    )
    return group_chart(house.say("chart.agents"), summary, [_value(house, line) for line in agents], house.terms.bar)
