"""The monthly assessment as a part of a report: one row and one dot per agent (requirement F6)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from qa import scorecards
from qa.reports import queries
from qa.reports.chart import Chart, ChartPoint, group_chart
from qa.reports.values import ASSESSMENT, Cell, ReportData, Table, is_included
from qa.sampling import policy_file
from qa.statistics import aggregates, assessment
from qa.statistics.aggregates import DrawableCall


def build(
    session: Session, settings: Settings, data: ReportData, zone: ZoneInfo
) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    """Return the drawing, the table, and the names of the notes."""
    rules, cards = policy_file.load(settings.quality_file), scorecards.load(settings.scorecards_folder)
    start = datetime.combine(data.request.since, time(), zone).astimezone(UTC)
    end = datetime.combine(data.request.until + timedelta(days=1), time(), zone).astimezone(UTC)
    results = queries.offer_results(session, start, end, settings.ring_seconds)
    rated = queries.ratings_of(session, start, end)
    ids = {one.agent_id for one in data.calls} | {one.agent_id for one in data.reviews} | set(results)
    assessments = []
    for agent_id in sorted(ids, key=data.agent):
        probe = DrawableCall(agent_id, data.request.queue or "", data.request.since)
        if agent_id in data.agents and is_included(data.request, data.agents, probe):
            own = [one for one in data.reviews if one.agent_id == agent_id]
            sections = aggregates.section_scores(own, cards)
            rung = results.get(agent_id, assessment.OfferResults(0, 0, 0))
            assessments.append(assessment.assess(agent_id, rules.assessment, sections, rung, rated.get(agent_id, [])))
    columns = ("agent", *rules.assessment, "whole", "heard", "offers", "ratings")
    rows = [_assessed(data, one) for one in assessments]
    values = [ChartPoint(data.agent(one.agent_id), one.whole, one.whole, one.whole) for one in assessments]
    title = data.say("chart.assessment")
    count = sum(one.whole is not None for one in assessments)
    chart = group_chart(title, data.say("chart.assessment_summary", count=count), values, data.terms.bar)
    notes = ["parts", *([] if rated else ["ratings"])]
    return (chart,), (Table(ASSESSMENT, data.say("sheet.assessment"), columns, tuple(rows)),), notes


def _assessed(data: ReportData, one: assessment.Assessment) -> tuple[Cell, ...]:
    own = [review for review in data.reviews if review.agent_id == one.agent_id and review.is_random]
    counts = {part.name: part.count for part in one.parts}
    values: list[Cell] = [data.say("no_figures") if part.value is None else part.value for part in one.parts]
    return (data.agent(one.agent_id), *values, one.whole, len(own), counts["results"], counts["patients"])
