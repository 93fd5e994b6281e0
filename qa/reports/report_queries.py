"""A report as tables and drawings in one language, from reviews and draws; page, XLSX and PDF only show it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.models import Agent, Department, Queue
from hotline.values.language import Language
from qa import scorecards
from qa.reports import assessment_queries, queries
from qa.reports.chart import Chart, ChartPoint, group_chart, trend_chart
from qa.reports.values import ASSESSMENT, ReportData, ReportDocument, ReportRequest, Table, is_included
from qa.reports.words import words
from qa.sampling import policy_file
from qa.statistics import aggregates
from qa.statistics.aggregates import DrawableCall, GroupScore, IntervalTerms, PublishedReview
from qa.statistics.confidence_interval import BarVerdict


def build(
    session: Session, settings: Settings, request: ReportRequest, language: Language, now: datetime
) -> ReportDocument:
    """Return the report asked for, from what the database holds at this moment."""
    cards = scorecards.load(settings.scorecards_folder)
    data = _data(session, settings, request, language, cards)
    zone = ZoneInfo(settings.timezone)
    if request.kind == ASSESSMENT:
        charts, tables, notes = assessment_queries.build(session, settings, data, zone)
    else:
        charts, tables, notes = _quality(data, cards)
    is_chinese = language is Language.MANDARIN
    return ReportDocument(
        title=data.say(f"title.{request.kind}"),
        subtitle=data.say(
            "made",
            hospital=settings.hospital_name_zh if is_chinese else settings.hospital_name_en,
            since=request.since,
            until=request.until,
            made=now.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        ),
        charts=charts,
        tables=tables,
        notes=tuple(data.say(f"notes.{name}") for name in notes),
        is_empty=not data.reviews,
    )


def _data(
    session: Session,
    settings: Settings,
    request: ReportRequest,
    language: Language,
    cards: scorecards.Scorecards,
) -> ReportData:
    rules = policy_file.load(settings.quality_file)
    bar = cards[rules.scorecards["inbound"]].bar
    agents = {agent.id: agent for agent in session.query(Agent)}
    return ReportData(
        request=request,
        terms=IntervalTerms(bar, rules.confidence),
        say=words(language),
        agents=agents,
        departments={row.name: row for row in session.query(Department)},
        queues={row.name: row for row in session.query(Queue)},
        calls=[
            one
            for one in queries.drawable_calls(session, request.since, request.until)
            if is_included(request, agents, one)
        ],
        reviews=[
            one
            for one in queries.published_reviews(session, request.since, request.until)
            if is_included(request, agents, one)
        ],
    )


def _quality(data: ReportData, cards: scorecards.Scorecards) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    def group(by: Callable[[DrawableCall | PublishedReview], str]) -> list[GroupScore]:
        return aggregates.group_scores(data.calls, data.reviews, by, data.terms)

    every = aggregates.group_score(data.say("group.everyone"), data.calls, data.reviews, data.terms)
    periods = group(lambda one: aggregates.period(one.day, data.request.unit))
    agents = group(lambda one: data.agent(one.agent_id))
    agents.sort(key=lambda line: (line.estimate.score is None, line.estimate.score or 0))
    queues = group(lambda one: data.say.label(data.queues.get(one.queue), "no_queue"))
    tables = (
        _table(data, "summary", "name", [every]),
        _table(data, "trend", "period", periods),
        _table(data, "agents", "agent", agents),
        _table(data, "teams", "team", group(data.team)),
        _table(data, "queues", "queue", queues),
        _items(data, cards),
    )
    return (_trend(data, periods), _forest(data, agents)), tables, ["random", "interval", "verdict", "domain"]


def _table(data: ReportData, name: str, first: str, lines: Sequence[GroupScore]) -> Table:
    say = data.say
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


def _items(data: ReportData, cards: scorecards.Scorecards) -> Table:
    language = data.say.language
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
        for one in aggregates.item_shares(data.reviews, cards)
    ]
    return Table("items", data.say("sheet.items"), columns, tuple(rows))


def _value(data: ReportData, line: GroupScore) -> ChartPoint:
    estimate = line.estimate
    if estimate.score is None or estimate.low is None or estimate.high is None:
        return ChartPoint(line.name, None, None, None)
    numbers = {"score": f"{estimate.score:.1f}", "low": f"{estimate.low:.1f}", "high": f"{estimate.high:.1f}"}
    note = data.say("chart.value", name=line.name, heard=estimate.heard, calls=estimate.calls, **numbers)
    return ChartPoint(line.name, estimate.score, estimate.low, estimate.high, note)


def _trend(data: ReportData, periods: Sequence[GroupScore]) -> Chart:
    values = [_value(data, line) for line in periods]
    last = next((one for one in reversed(values) if one.score is not None), None)
    summary = data.say(
        "chart.trend_summary",
        count=len(values),
        name=last.name if last else "–",
        score=f"{last.score:.1f}" if last and last.score is not None else "–",
    )
    return trend_chart(data.say("chart.trend"), summary, values, data.terms.bar)


def _forest(data: ReportData, agents: Sequence[GroupScore]) -> Chart:
    count = {verdict: sum(one.standing.verdict is verdict for one in agents) for verdict in BarVerdict}
    summary = data.say(
        "chart.agents_summary",
        bar=f"{data.terms.bar:g}",
        **{verdict.value: number for verdict, number in count.items()},
    )
    return group_chart(data.say("chart.agents"), summary, [_value(data, line) for line in agents], data.terms.bar)
