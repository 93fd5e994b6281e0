"""How often and how soon agents answer, learned from phones that rang; what was cut off tells nothing of later."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.ladder.answer_curve import LEAST_ANSWERS, PRIOR_OFFERS, SECONDS, AnswerCurve, RingOutcome, learn
from routing.ladder.answer_times import UNKNOWN
from routing.ladder.answer_times import learn as habits
from tests.support.properties import examples

RINGS = 15.0


def answered(seconds: float, times: int = 1) -> list[RingOutcome]:
    return [RingOutcome(seconds, is_answered=True)] * times


def stopped(seconds: float, times: int = 1) -> list[RingOutcome]:
    return [RingOutcome(seconds, is_answered=False)] * times


def curve(misses: float, answers_at: int = 4) -> AnswerCurve:
    return AnswerCurve(tuple([1.0] * (answers_at + 1) + [misses] * (SECONDS - answers_at)))


def test_the_share_of_calls_that_an_agent_lets_ring_out_is_learned() -> None:
    known = learn({"often": [*answered(4, 12), *stopped(RINGS, 8)] * 10, "never": answered(4, 200)})
    assert known["often"].unanswered(RINGS) == pytest.approx(0.4, abs=0.05)
    assert known["never"].unanswered(RINGS) < 0.03


def test_phones_that_others_were_quicker_to_answer_count_only_for_as_long_as_they_rang() -> None:
    offers = [*answered(6, 60), *stopped(RINGS, 20)]
    cut = [*answered(6, 60), *stopped(RINGS, 20), *stopped(2, 300)]
    alone, beside = learn({"a": offers})["a"], learn({"a": cut})["a"]
    assert beside.unanswered(RINGS) == pytest.approx(alone.unanswered(RINGS), abs=0.03)
    naive = 320 / 380  # where each phone that was not answered counted as missed
    assert beside.unanswered(RINGS) < naive / 2


def test_the_share_of_misses_is_found_among_phones_most_of_which_were_cut_off() -> None:
    draw = random.Random(3)  # noqa: S311
    offers = []
    for _ in range(400):
        takes = draw.lognormvariate(1.6, 0.5) if draw.random() > 0.3 else RINGS + 1
        other = min(RINGS, draw.lognormvariate(1.9, 0.6))
        offers.append(RingOutcome(takes, is_answered=True) if takes <= other else RingOutcome(other, is_answered=False))
    assert learn({"a": offers})["a"].unanswered(RINGS) == pytest.approx(0.3, abs=0.08)


def test_who_has_few_offers_is_taken_for_one_like_the_others() -> None:
    others = [*answered(4, 4), *stopped(RINGS, 1)] * 40
    known = learn({"old": others, "new": stopped(RINGS, 1), "never_rung": []})
    assert known["never_rung"].unanswered(RINGS) == pytest.approx(0.2, abs=0.05)
    assert known["never_rung"].unanswered(RINGS) < known["new"].unanswered(RINGS) < 0.35
    assert PRIOR_OFFERS > 1


def test_what_was_lately_counts_more_than_what_was_long_ago() -> None:
    better = [*answered(4, 80), *stopped(RINGS, 80)]
    worse = [*stopped(RINGS, 80), *answered(4, 80)]
    known = learn({"better": better, "worse": worse})
    assert known["better"].unanswered(RINGS) + 0.1 < known["worse"].unanswered(RINGS)


def test_nothing_is_said_while_too_little_is_known_of_all_of_them() -> None:
    assert learn({}) == {}
    assert learn({"a": [*answered(4, LEAST_ANSWERS - 1), *stopped(RINGS, 50)]}) == {}
    assert set(learn({"a": answered(4, LEAST_ANSWERS)})) == {"a"}


def test_a_phone_that_has_rung_for_long_is_hardly_a_chance_any_more() -> None:
    often = curve(0.4)
    assert often.misses(0, RINGS) == pytest.approx(0.4)
    assert often.misses(6, RINGS) == pytest.approx(1.0)
    assert often.misses(3, 3) == pytest.approx(1.0)


def test_the_mean_wait_for_somebody_counts_calls_that_they_let_ring_out_as_the_whole_time() -> None:
    assert curve(0.0).expected(RINGS) == pytest.approx(4.5, abs=0.1)
    assert curve(1.0).expected(RINGS) == RINGS
    assert curve(0.0).expected(RINGS) < curve(0.2).expected(RINGS) < curve(0.4).expected(RINGS)


def test_habits_hold_both_and_are_unknown_of_whom_nothing_is_known() -> None:
    known = habits({"a": [*answered(4, 30), *stopped(RINGS, 10)]})
    assert known["a"].answers_in == 4.0
    assert known["a"].curve is not None
    assert (UNKNOWN.answers_in, UNKNOWN.curve) == (None, None)


rang = st.builds(RingOutcome, st.floats(0, 60), st.booleans())


@examples(60)
@given(st.dictionaries(st.sampled_from("abc"), st.lists(rang, max_size=60), min_size=1))
def test_a_curve_never_rises_and_stays_between_none_and_all(offers: dict[str, list[RingOutcome]]) -> None:
    for one in learn(offers).values():
        assert one.left[0] == 1.0
        assert all(0 <= later <= sooner for sooner, later in zip(one.left[:-1], one.left[1:], strict=True))


@examples(60)
@given(st.lists(rang, min_size=30, max_size=60), st.integers(1, 20))
def test_another_missed_call_never_makes_an_agent_look_more_present(offers: list[RingOutcome], more: int) -> None:
    before = learn({"a": [*offers, *answered(4, LEAST_ANSWERS)], "b": answered(4, 40)})["a"]
    after = learn({"a": [*offers, *answered(4, LEAST_ANSWERS), *stopped(60, more)], "b": answered(4, 40)})["a"]
    assert after.unanswered(RINGS) >= before.unanswered(RINGS) - 1e-9
