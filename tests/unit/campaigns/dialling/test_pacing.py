"""The pace: what a call that needs a person finds, when nobody is dialled, what is learned and said."""

import math
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from campaigns.dialling import pacing
from campaigns.dialling.pacing import AttemptCounts, NurseFloor, PacingBounds
from tests.support.properties import examples

BOUNDS = PacingBounds(0.01, 0.03, 5)
USUAL = AttemptCounts(tries=1000, answered=400, needed=16, talk_seconds=400 * 170.0, help_seconds=16 * 240.0)
floors = st.builds(
    NurseFloor,
    free=st.integers(0, 15),
    busy=st.integers(0, 15),
    dialling=st.integers(0, 30),
    talking=st.integers(0, 60),
    waiting=st.integers(0, 5),
    unserved=st.integers(0, 3),
    inbound_a_second=st.floats(0, 0.05),
    due=st.integers(0, 300),
)


def test_a_caller_of_the_hotline_whom_nobody_serves_stops_all_dialling() -> None:
    found = pacing.decide(NurseFloor(free=9, due=100, unserved=1), USUAL, BOUNDS)
    assert (found.lines, found.dial, found.why) == (0, 0, pacing.HOTLINE_BUSY)


def test_without_a_free_nurse_nobody_is_dialled() -> None:
    assert pacing.decide(NurseFloor(free=0, due=100), USUAL, BOUNDS).why == pacing.NO_NURSE
    assert pacing.decide(NurseFloor(free=2, waiting=2, due=100), USUAL, BOUNDS).why == pacing.NO_NURSE


def test_never_more_than_the_provider_takes_or_than_are_due() -> None:
    assert pacing.decide(NurseFloor(free=9, due=100), USUAL, BOUNDS).dial == 5
    assert pacing.decide(NurseFloor(free=9, due=2), USUAL, BOUNDS).dial == 2
    assert pacing.decide(NurseFloor(free=9), USUAL, BOUNDS).why == pacing.NOBODY_DUE


@given(floor=floors)
@examples(300)
def test_one_nurse_more_never_means_fewer_lines_and_one_caller_more_never_more(floor: NurseFloor) -> None:
    here = pacing.decide(floor, USUAL, BOUNDS)
    assert pacing.decide(replace(floor, unserved=floor.unserved + 1), USUAL, BOUNDS).lines <= here.lines
    assert (
        pacing.decide(replace(floor, inbound_a_second=floor.inbound_a_second + 0.01), USUAL, BOUNDS).lines <= here.lines
    )
    if floor.free > 1 or not floor.inbound_a_second:
        assert pacing.decide(replace(floor, free=floor.free + 1), USUAL, BOUNDS).lines >= here.lines
    assert 0 <= here.dial <= min(BOUNDS.calls_now, floor.due)


def test_more_hand_overs_and_lost_calls_mean_fewer_lines() -> None:
    floor = NurseFloor(free=4, due=500)
    usual = pacing.decide(floor, USUAL, BOUNDS).lines
    many = AttemptCounts(tries=1000, answered=400, needed=60, talk_seconds=400 * 170.0, help_seconds=60 * 240.0)
    assert pacing.decide(floor, many, BOUNDS).lines < usual
    lost = AttemptCounts(tries=1000, answered=400, needed=16, lost=2, talk_seconds=400 * 170.0, help_seconds=14 * 240.0)
    assert pacing.decide(floor, lost, BOUNDS).lines < usual


def test_the_chance_is_what_a_draw_of_many_moments_shows() -> None:
    """Calls in flight need a person by chance, nurses come back by chance: the formula is what happens."""
    floor, rates = NurseFloor(free=2, busy=3, talking=12), pacing.learn(USUAL)
    draw, trials, lost = Random(4), 40_000, 0  # noqa: S311 (a simulation)
    back_share = 1 - math.exp(-rates.talk_seconds / 2 / rates.help_seconds)
    for _ in range(trials):
        needed = sum(draw.random() < rates.handover for _ in range(11))
        back = sum(draw.random() < back_share for _ in range(3))
        left = 2 + back - needed
        lost += left <= 0 or all(draw.random() < pacing.MISSES for _ in range(left))
    assert abs(pacing.nobody(12, floor, rates) - lost / trials) < 0.002


def test_before_anything_was_counted_the_priors_hold_and_counts_take_over() -> None:
    first = pacing.learn(AttemptCounts())
    assert first.answer == pacing.ANSWER_PRIOR[1]
    assert first.handover > pacing.HANDOVER_PRIOR[1]
    learned = pacing.learn(AttemptCounts(tries=10_000, answered=2_000, needed=200, talk_seconds=2_000 * 60.0))
    assert abs(learned.answer - 0.2) < 0.001
    assert 0.1 < learned.handover < 0.11
    assert abs(learned.talk_seconds - 60) < 1
