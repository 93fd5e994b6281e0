"""The monthly assessment as a part of a report: one row and one dot per agent (requirement F6)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from hotline.context import AppContext
from qa import scorecards
from qa.reports import queries
from qa.reports.chart import Chart, ChartPoint, group_chart
from qa.reports.values import ASSESSMENT, Cell, ReportData, Table, is_included
from qa.sampling import policy
from qa.statistics import aggregates, assessment
from qa.statistics.aggregates import DrawableCall


def build(
    context: AppContext, session: Session, house: ReportData, zone: ZoneInfo
) -> tuple[tuple[Chart, ...], tuple[Table, ...], list[str]]:
    """Return the drawing, the table, and the names of the notes."""
    rules, cards = policy.load(context.settings.quality_file), scorecards.of(context.settings.scorecards_folder)
    start = datetime.combine(house.wanted.since, time(), zone).astimezone(UTC)
    end = datetime.combine(house.wanted.until + timedelta(days=1), time(), zone).astimezone(UTC)
    results = queries.offer_results(session, start, end, context.settings.ring_seconds)
    rated = queries.ratings_of(session, start, end)
    ids = {one.agent_id for one in house.there} | {one.agent_id for one in house.heard} | set(results)
    assessments = []
    for agent_id in sorted(ids, key=house.agent):
        probe = DrawableCall(agent_id, house.wanted.queue or "", house.wanted.since)
        if agent_id in house.agents and is_included(house.wanted, house.agents, probe):
            own = [one for one in house.heard if one.agent_id == agent_id]
            sections = aggregates.section_scores(own, cards)
            rung = results.get(agent_id, assessment.OfferResults(0, 0, 0))
            assessments.append(assessment.assess(agent_id, rules.assessment, sections, rung, rated.get(agent_id, [])))
    columns = ("agent", *rules.assessment, "whole", "heard", "offers", "ratings")
    rows = [_assessed(house, one) for one in assessments]
    values = [ChartPoint(house.agent(one.agent_id), one.whole, one.whole, one.whole) for one in assessments]
    title = house.say("chart.assessment")
    count = sum(one.whole is not None for one in assessments)
    chart = group_chart(title, house.say("chart.assessment_summary", count=count), values, house.terms.bar)
    notes = ["parts", *([] if rated else ["ratings"])]
    return (chart,), (Table(ASSESSMENT, house.say("sheet.assessment"), columns, tuple(rows)),), notes


def _assessed(house: ReportData, one: assessment.Assessment) -> tuple[Cell, ...]:
    own = [review for review in house.heard if review.agent_id == one.agent_id and review.is_random]
    counts = {part.name: part.count for part in one.parts}
    values: list[Cell] = [house.say("no_figures") if part.value is None else part.value for part in one.parts]
    return (house.agent(one.agent_id), *values, one.whole, len(own), counts["results"], counts["patients"])
