"""What reviews add up to: random and targeted apart, periods, parts of an assessment, drawings, files."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.configuration.translations import catalogue
from hotline.values.language import Language
from qa import scorecards
from qa.reports import pdf, xlsx
from qa.reports.chart import ChartPoint, group_chart, trend_chart
from qa.reports.values import ReportDocument, Table
from qa.reports.words import words
from qa.reviews import answers as reviews_answers
from qa.scorecards import Item
from qa.statistics import aggregates
from qa.statistics.aggregates import DrawableCall, IntervalTerms, PublishedReview, SectionScore
from qa.statistics.assessment import OfferResults, assess
from qa.statistics.confidence_interval import BarVerdict

# The machine of the tests may be busy with others.
UNHURRIED = settings(deadline=None)

CARDS = scorecards.load(None)
DAY = date(2026, 3, 2)
TERMS = IntervalTerms(80, 0.95)
WEIGHTS = {"knowledge": 25, "communication": 25, "attitude": 20, "results": 20, "patients": 10}


def heard(score: float, is_random: bool = True, agent: str = "a", day: date = DAY) -> PublishedReview:
    return PublishedReview(agent, "booking", day, "service", is_random, score, score == 0)


def good(card: str = "service", **other: str) -> dict[str, str]:
    best = {
        item.id: str(item.good) if "yes" in reviews_answers.choices(item) else str(item.points)
        for item in CARDS[card].items
    }
    return best | other


def test_targeted_reviews_never_touch_the_score() -> None:
    there = [DrawableCall("a", "booking", DAY) for _ in range(10)]
    plain = aggregates.group_score("a", there, [heard(90), heard(80)], TERMS)
    mixed = aggregates.group_score("a", there, [heard(90), heard(80), heard(0, is_random=False)], TERMS)
    assert mixed.estimate == plain.estimate
    assert (mixed.targeted, mixed.targeted_mean, mixed.targeted_fatal, mixed.fatal) == (1, 0.0, 1, 0)


def test_an_agents_busy_day_weighs_as_many_calls_as_it_had() -> None:
    there = [DrawableCall("a", "booking", DAY)] * 30 + [DrawableCall("a", "booking", DAY + timedelta(days=1))] * 10
    found = aggregates.group_score("a", there, [heard(100), heard(60, day=DAY + timedelta(days=1))], TERMS)
    assert found.estimate.score == pytest.approx(90)
    assert found.standing.verdict is BarVerdict.OPEN


@pytest.mark.parametrize(("unit", "expected"), [("week", "2026-W10"), ("month", "2026-03"), ("quarter", "2026-Q1")])
def test_a_day_lies_in_its_period(unit: str, expected: str) -> None:
    assert aggregates.period(DAY, unit) == expected


def test_the_first_days_of_january_may_belong_to_the_last_week_of_the_old_year() -> None:
    assert aggregates.period(date(2027, 1, 1), "week") == "2026-W53"


def test_items_tell_which_part_of_their_weight_was_earned() -> None:
    reviews = [
        PublishedReview("a", "q", DAY, "service", True, 100, False, good(knowledge="partly")),
        PublishedReview("a", "q", DAY, "service", True, 100, False, good(process="na")),
        PublishedReview("a", "q", DAY, "service", False, 100, False, good(knowledge="no", attitude="2")),
    ]
    lines = {line.item: line for line in aggregates.item_shares(reviews, CARDS)}
    assert (lines["knowledge"].random, lines["knowledge"].targeted) == (0.75, 0.0)
    assert (lines["process"].random_count, lines["attitude"].targeted) == (1, 0.4)
    assert aggregates.item_shares([], CARDS) == []


def test_an_assessment_leaves_out_what_has_no_figures_and_says_so() -> None:
    scores = {"content": 80.0, "opening": 90.0, "ending": 70.0, "manner": 100.0}
    sections = {name: SectionScore(score, 4) for name, score in scores.items()}
    found = assess("a", WEIGHTS, sections, OfferResults(10, 9, 8), [])
    values = {part.name: part.value for part in found.parts}
    assert values == {"knowledge": 80, "communication": 80, "attitude": 100, "results": 85, "patients": None}
    assert found.missing == ("patients",)
    assert found.whole == pytest.approx((25 * 80 + 25 * 80 + 20 * 100 + 20 * 85) / 90)
    rated = assess("a", WEIGHTS, sections, OfferResults(0, 0, 0), [5, 3])
    assert {part.name: part.value for part in rated.parts}["patients"] == 75
    assert assess("a", WEIGHTS, {}, OfferResults(0, 0, 0), []).whole is None


answers = st.fixed_dictionaries(
    {item.id: st.sampled_from(reviews_answers.choices(item)) for item in CARDS["service"].items}
)


@UNHURRIED
@given(answers)
def test_a_score_lies_between_nothing_and_a_hundred_and_a_fatal_fault_makes_it_nothing(given_: dict[str, str]) -> None:
    total = reviews_answers.total(CARDS["service"], given_)
    assert total.score is None or 0 <= total.score <= 100
    assert total.is_fatal == (given_["forbidden"] == "yes")
    assert not total.is_fatal or total.score == 0
    assert (
        reviews_answers.unanswered_items(CARDS["service"], given_)
        == reviews_answers.invalid_items(CARDS["service"], given_)
        == []
    )


@UNHURRIED
@given(answers, st.sampled_from(CARDS["service"].items))
def test_what_does_not_apply_counts_neither_for_nor_against(given_: dict[str, str], item: Item) -> None:
    without = {key: value for key, value in given_.items() if key != item.id}
    whole = reviews_answers.total(CARDS["service"], without | {item.id: "na"})
    assert whole.score == reviews_answers.total(CARDS["service"], without).score


def test_who_is_handed_to_a_nurse_hears_no_closing_words_and_that_is_no_fault() -> None:
    answers_ = good("follow-up", closing="no", handed_over="yes")
    assert reviews_answers.earned_shares(CARDS["follow-up"], answers_)["closing"] is None
    assert reviews_answers.total(CARDS["follow-up"], answers_).score == 100
    assert reviews_answers.earned_shares(CARDS["follow-up"], answers_ | {"handed_over": "na"})["closing"] == 0


scores = st.none() | st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100)).map(sorted)


@UNHURRIED
@given(st.lists(scores, max_size=40), st.floats(0, 100))
def test_drawings_stay_on_their_paper(found: list[list[float] | None], bar: float) -> None:
    values = [
        ChartPoint(str(at), None, None, None) if one is None else ChartPoint(str(at), one[1], one[0], one[2])
        for at, one in enumerate(found)
    ]
    for made in (trend_chart("t", "s", values, bar), group_chart("t", "s", values, bar)):
        for shape in made.shapes:
            assert all(-1 <= x <= made.width + 1 and -1 <= y <= made.height + 1 for x, y in shape.points), shape


def a_report(name: str) -> ReportDocument:
    chart = trend_chart("得分", "两周", [ChartPoint("2026-W10", 80, 70, 90), ChartPoint("2026-W11", 90, 85, 95)], 80)
    row = (name, 81.25, 70.0, 90.0, 3, 40, "=1+1", 5, 0, 1, None, 0, 0, 0)
    first = ("agent", "score", "low", "high", "heard", "calls", "verdict", "more", "fatal")
    columns = (*first, "targeted", "targeted_mean", "targeted_fatal", "appealed", "changed")
    table = Table("agents", "坐席", columns, (row,))
    return ReportDocument("质量报告", "示范医院", (chart,), (table,), ("说明",), False)


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil")', "+1", "@SUM(A1)", "-2+3", "王芳"])
def test_no_cell_of_a_workbook_becomes_a_formula_or_a_link(name: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx.xlsx(a_report(name), words(Language.MANDARIN))))
    sheet = book["坐席"]
    assert (sheet["A5"].value, sheet["A5"].data_type) == (name, "s")
    assert (sheet["G5"].value, sheet["G5"].data_type) == ("=1+1", "s")
    assert (sheet["B5"].value, sheet["E5"].value) == (81.25, 3)
    assert sheet["A5"].hyperlink is None


@pytest.mark.parametrize("language", list(Language))
def test_a_pdf_is_made_without_any_font_of_the_system(language: Language) -> None:
    made = pdf.pdf(a_report("王芳 <b>&amp;</b>"), words(language))
    assert made.startswith(b"%PDF")
    assert b"STSong-Light" in made


def test_reports_have_the_same_words_in_both_languages() -> None:
    chinese, english = ({message.id for message in catalogue("qa.reports", language)} for language in Language)
    assert chinese == english
