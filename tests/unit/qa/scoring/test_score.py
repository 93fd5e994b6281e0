"""The arithmetic of scores: weights, not applicable, unsure, excused and fatal answers, by properties."""

from hypothesis import given
from hypothesis import strategies as st

from hotline.configuration.field_types import NAME
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa.scorecards import AnswerScale, Item, Scorecard, Section
from qa.scorecards.card import FatalMeans
from qa.scoring.score import NOT_COUNTED, ItemResult, is_fault, score

LABELS = dict.fromkeys(Language, "x")
GIVEN = (ItemAnswer.YES, ItemAnswer.NO, ItemAnswer.NA, ItemAnswer.UNSURE)


def item(item_id: str, weight: float, **fields: object) -> Item:
    return Item.model_validate({NAME: item_id, "labels": LABELS, "weight": weight, **fields})


def card(*items: Item, fatal_means: FatalMeans = FatalMeans.ZERO) -> Scorecard:
    section = Section.model_construct(id="all", labels=LABELS, items=items)
    return Scorecard.model_construct(name="test", labels=LABELS, sections=(section,), fatal_means=fatal_means)


@st.composite
def marked(draw: st.DrawFn) -> tuple[Scorecard, list[ItemResult]]:
    """A scorecard without fatal items, and an answer to each."""
    count = draw(st.integers(1, 8))
    items, results = [], []
    for number in range(count):
        good = draw(st.sampled_from([ItemAnswer.YES, ItemAnswer.NO]))
        items.append(item(f"i{number}", draw(st.integers(0, 20)), good=good))
        results.append(ItemResult(f"i{number}", draw(st.sampled_from(GIVEN))))
    return card(*items), results


@given(marked())
def test_a_score_is_the_weighted_mean_of_what_was_answered(made: tuple[Scorecard, list[ItemResult]]) -> None:
    found, results = made
    counted = [
        (item.weight, result.answer is item.good)
        for item, result in zip(found.items, results, strict=True)
        if result.answer not in NOT_COUNTED
    ]
    weight = sum(part for part, _ in counted)
    made_score = score(found, results).score
    if not weight:
        assert made_score is None
    else:
        assert made_score is not None
        assert abs(made_score - 100 * sum(part for part, good in counted if good) / weight) < 0.051
        assert 0 <= made_score <= 100


@given(marked())
def test_unsure_and_not_applicable_never_change_a_score_and_are_no_fault(
    made: tuple[Scorecard, list[ItemResult]],
) -> None:
    found, results = made
    kept = [result for result in results if result.answer not in NOT_COUNTED]
    assert score(found, kept).score == score(found, results).score
    for item, result in zip(found.items, results, strict=True):
        if result.answer in NOT_COUNTED:
            assert not is_fault(item, result)
    unsure = {result.item_id for result in results if result.answer is ItemAnswer.UNSURE}
    assert set(score(found, results).open) == unsure


@given(marked(), st.integers(0, 7))
def test_turning_a_fault_into_a_good_answer_never_lowers_a_score(
    made: tuple[Scorecard, list[ItemResult]], number: int
) -> None:
    found, results = made
    index = number % len(results)
    item, before = found.items[index], score(found, results).score
    if results[index].answer not in NOT_COUNTED:
        results[index] = ItemResult(item.id, item.good)
        after = score(found, results).score
        assert before is None or (after is not None and after >= before)


def test_a_fatal_fault_makes_zero_or_a_failure_and_an_unsure_one_does_neither() -> None:
    items = (item("rude", 1, good=ItemAnswer.NO, fatal=True), item("closing", 9))
    answers = [ItemResult("rude", ItemAnswer.YES), ItemResult("closing", ItemAnswer.YES)]
    zero = score(card(*items), answers)
    assert (zero.score, zero.fatal, zero.failed) == (0.0, True, True)
    failed = score(card(*items, fatal_means=FatalMeans.FAILED), answers)
    assert (failed.score, failed.fatal, failed.failed) == (90.0, True, True)
    unsure = score(card(*items), [ItemResult("rude", ItemAnswer.UNSURE), ItemResult("closing", ItemAnswer.YES)])
    assert (unsure.score, unsure.fatal, unsure.failed, unsure.open) == (100.0, False, False, ("rude",))


def test_partly_counts_half_and_points_their_share() -> None:
    half = item("a", 1, scale=AnswerScale.YES_NO_PARTLY)
    points = item("b", 1, scale=AnswerScale.POINTS, points=4)
    found = score(card(half, points), [ItemResult("a", ItemAnswer.PARTLY), ItemResult("b", ItemAnswer.YES, points=3)])
    assert found.score == 62.5


def test_who_was_handed_to_a_nurse_hears_no_closing_words_and_that_is_no_fault() -> None:
    items = (item("over", 1), item("closing", 1, excused_by=("over",)))
    no = ItemResult("closing", ItemAnswer.NO)
    assert score(card(*items), [ItemResult("over", ItemAnswer.YES), no]).score == 100.0
    assert score(card(*items), [ItemResult("over", ItemAnswer.NO), no]).score == 0.0
    assert score(card(*items), [ItemResult("over", ItemAnswer.UNSURE), no]).score == 0.0


def test_nothing_answered_is_no_score() -> None:
    found = score(card(item("a", 1)), [])
    assert (found.score, found.fatal, found.failed, found.open) == (None, False, None, ("a",))


def test_what_does_not_apply_or_is_unsure_has_no_weight() -> None:
    items = (item("a", 9), item("b", 1))
    for answer in (ItemAnswer.NA, ItemAnswer.UNSURE):
        assert score(card(*items), [ItemResult("a", answer), ItemResult("b", ItemAnswer.YES)]).score == 100.0
        assert score(card(*items), [ItemResult("a", answer), ItemResult("b", ItemAnswer.NO)]).score == 0.0
        assert not is_fault(items[0], ItemResult("a", answer))


def test_a_call_at_the_bar_has_not_failed_and_one_below_it_has() -> None:
    items = (item("a", 80), item("b", 20), item("c", 1))
    at_the_bar = [ItemResult("a", ItemAnswer.YES), ItemResult("b", ItemAnswer.NO)]
    assert score(card(*items), at_the_bar).failed is False
    assert score(card(*items), [*at_the_bar, ItemResult("c", ItemAnswer.NO)]).failed is True


def test_an_excuse_takes_away_a_fault_and_not_what_was_done_well() -> None:
    items = (item("over", 1), item("closing", 1, excused_by=("over",)), item("c", 2))
    done = [ItemResult("over", ItemAnswer.YES), ItemResult("closing", ItemAnswer.YES), ItemResult("c", ItemAnswer.NO)]
    assert score(card(*items), done).score == 50.0


def test_points_beyond_the_scale_count_as_its_ends() -> None:
    made = item("a", 1, scale=AnswerScale.POINTS, points=4)
    assert [score(card(made), [ItemResult("a", ItemAnswer.YES, points=points)]).score for points in (9, -3)] == [
        100.0,
        0.0,
    ]
