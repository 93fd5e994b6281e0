"""Scores with intervals: covered as often as promised, exact where all was heard, stopped early without harm."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.statistics.confidence_interval import AgentDay, BarVerdict, estimate, reach, standing
from qa.statistics.student_t import t_quantile

# The machine of the tests may be busy with others.
UNHURRIED = settings(deadline=None)

Population = list[list[float]]


def people(rng: random.Random, days: int, calls: int, mean: float, spread: tuple[float, float]) -> Population:
    """The scores of every call of an agent: days differ, calls of a day too, in steps of five as scorecards give."""
    found = []
    for _ in range(days):
        level = mean + rng.gauss(0, spread[0])
        count = max(2, round(rng.gauss(calls, calls / 4)))
        found.append([min(100.0, max(0.0, 5 * round(rng.gauss(level, spread[1]) / 5))) for _ in range(count)])
    return found


def drawn(rng: random.Random, population: Population, each: int, heard: int) -> list[AgentDay]:
    """What was heard: `each` calls of `heard` of the days."""
    chosen = set(rng.sample(range(len(population)), heard))
    return [
        AgentDay(len(scores), tuple(rng.sample(scores, min(each, len(scores)))) if at in chosen else ())
        for at, scores in enumerate(population)
    ]


@pytest.mark.parametrize(
    ("days", "calls", "each", "heard", "mean", "spread"),
    [
        (20, 40, 1, 20, 88.0, (4.0, 8.0)),
        (20, 40, 2, 20, 88.0, (4.0, 8.0)),
        (22, 30, 2, 8, 85.0, (6.0, 10.0)),
        (22, 30, 1, 10, 94.0, (2.0, 6.0)),
        (5, 12, 3, 5, 75.0, (5.0, 15.0)),
    ],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    days: int, calls: int, each: int, heard: int, mean: float, spread: tuple[float, float]
) -> None:
    rng, held, rounds = random.Random(days * calls + each), 0, 600  # noqa: S311 (a simulation)
    for _ in range(rounds):
        population = people(rng, days, calls, mean, spread)
        truth = sum(map(sum, population)) / sum(map(len, population))
        found = estimate(drawn(rng, population, each, heard))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    # 95 per cent promised; two deviations of 600 rounds are 1.8 points.
    assert held / rounds > 0.93


def test_the_variance_is_cochrans_of_two_stages() -> None:
    # By hand: M̄ = 20, d = 3 of D = 5 days, ȳ = 2300/30, s_w² = (700 + 288)/5, within 15.808, between 11.8685.
    days = [
        AgentDay(10, (80.0, 90.0)),
        AgentDay(20, (70.0,)),
        AgentDay(30),
        AgentDay(15, (95.0, 85.0, 60.0)),
        AgentDay(25),
    ]
    found = estimate(days)
    assert (found.heard, found.calls) == (6, 100)
    assert found.score == pytest.approx(76.6667, abs=1e-4)
    assert found.variance == pytest.approx(15.808 + 11.8685, abs=1e-3)


@pytest.mark.parametrize("heard", [1, 4, 12, 50, 500])
def test_looking_again_and_again_needs_a_wider_reach_than_looking_once(heard: int) -> None:
    assert reach(4.0, heard, 0.95) > 1.5 * 1.96 * 2


def test_three_calls_decide_nothing_and_the_fourth_may() -> None:
    three, four = (standing([AgentDay(40, (100.0,) * count)], 10) for count in (3, 4))
    assert (three.verdict, three.more) == (BarVerdict.OPEN, 1)
    assert (four.verdict, four.more) == (BarVerdict.ABOVE, 0)


@pytest.mark.parametrize("bar", [80, 82, 84])
def test_the_calls_still_needed_are_the_fewest_that_would_do(bar: int) -> None:
    days = [AgentDay(40, (86.0, 80.0)), AgentDay(35, (84.0, 90.0)), AgentDay(38, (88.0, 85.0))]
    now, found = standing(days, bar), estimate(days)
    assert found.score is not None
    each = found.variance * found.heard / (1 - found.heard / found.calls)

    def is_enough(heard: int) -> bool:
        variance = each / heard * (1 - heard / found.calls)
        return found.score is not None and found.score - bar > reach(variance, heard, 0.95)

    assert now.verdict is BarVerdict.OPEN
    assert now.more == next(n for n in range(found.heard + 1, found.calls + 1) if is_enough(n)) - found.heard


def test_a_verdict_looked_for_after_every_call_is_seldom_wrong() -> None:
    rng, wrong, decided, rounds = random.Random(7), 0, 0, 200  # noqa: S311 (a simulation)
    for _ in range(rounds):
        population = people(rng, 20, 30, 85, (2.0, 8.0))
        truth = sum(map(sum, population)) / sum(map(len, population))
        order = [rng.sample(scores, len(scores)) for scores in population]
        for taken in range(1, 7):
            now = standing([AgentDay(len(scores), tuple(scores[:taken])) for scores in order], truth + 0.01)
            if now.verdict is not BarVerdict.OPEN:
                decided += 1
                wrong += now.verdict is BarVerdict.ABOVE
                break
    assert wrong / rounds <= 0.05, (wrong, decided)


def test_a_clear_agent_needs_few_calls_and_a_middling_one_is_told_how_many_more() -> None:
    clear = standing([AgentDay(40, (98.0, 100.0)), AgentDay(35, (96.0, 97.0)), AgentDay(38, (99.0, 95.0))], 80)
    assert (clear.verdict, clear.more) == (BarVerdict.ABOVE, 0)
    below = standing([AgentDay(40, (52.0, 60.0)), AgentDay(35, (55.0, 50.0)), AgentDay(38, (58.0, 49.0))], 85)
    assert below.verdict is BarVerdict.BELOW
    near = standing([AgentDay(40, (86.0, 80.0)), AgentDay(35, (84.0, 90.0)), AgentDay(38, (88.0, 85.0))], 85)
    assert near.verdict is BarVerdict.OPEN
    assert 0 < near.more <= 113 - 6


def test_nothing_heard_is_no_score() -> None:
    found = estimate([AgentDay(12), AgentDay(9)])
    assert (found.score, found.low, found.heard, found.calls) == (None, None, 0, 21)
    assert standing([AgentDay(12), AgentDay(9)], 85).verdict is BarVerdict.OPEN


def test_equal_scores_are_not_taken_for_certainty() -> None:
    found = estimate([AgentDay(30, (100.0,)), AgentDay(30, (100.0,))])
    assert found.low is not None
    assert found.low < 97


@UNHURRIED
@given(st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=6), min_size=1, max_size=8))
def test_hearing_every_call_leaves_no_doubt(scores: list[list[int]]) -> None:
    found = estimate([AgentDay(len(day), tuple(map(float, day))) for day in scores])
    truth = sum(map(sum, scores)) / sum(map(len, scores))
    assert found.score == pytest.approx(truth)
    assert found.low == pytest.approx(truth)
    assert found.high == pytest.approx(truth)


heard_days = st.lists(
    st.tuples(st.integers(6, 50), st.lists(st.floats(0, 100), max_size=6)), min_size=1, max_size=12
).map(lambda found: [AgentDay(calls, tuple(scores)) for calls, scores in found])


@UNHURRIED
@given(heard_days)
def test_an_interval_lies_within_the_scale_and_around_its_score(days: list[AgentDay]) -> None:
    found = estimate(days)
    if found.score is not None and found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.score + 1e-9
        assert found.score - 1e-9 <= found.high <= 100
    now = standing(days, 85)
    assert 0 <= now.more <= found.calls - found.heard
    assert (now.more == 0) == (now.verdict is not BarVerdict.OPEN) or found.heard == found.calls


@pytest.mark.parametrize(("freedom", "expected"), [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042)])
def test_quantiles_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(expected, abs=0.002)
