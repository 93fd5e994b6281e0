"""What callers are told: a median over many ways, learned from what was seen, and how true it was."""

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.estimates import recent_times, wait_estimate
from routing.estimates.recent_times import DOUBT, LINE_SECONDS, PATIENT, CensoredValue, PastWait, RecentTimes, ToldWait
from routing.estimates.wait import AgentAvailability, OverflowHelp, WaitingEntry
from tests.support.properties import examples

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
BOOKING, NURSE = {"booking": 3}, {"nurse": 3}
SURE = RecentTimes(answer_seconds=5.0)


def place(name: str, asked: float = 0, required_skills: dict[str, int] = BOOKING) -> WaitingEntry:
    return WaitingEntry(name, required_skills, 0, NOW + timedelta(seconds=asked))


def hand(name: str, free_in: float = 0, talks: float | None = None, **skills: int) -> AgentAvailability:
    return AgentAvailability(name, skills or {"booking": 5}, free_in, talks=talks)


def told(line: list[WaitingEntry], hands: list[AgentAvailability], lately: RecentTimes = SURE) -> float | None:
    found = wait_estimate.seconds("x", line, hands, lately)
    return None if found is None else found.told


def test_who_finds_somebody_free_is_told_how_long_a_phone_takes_to_be_answered() -> None:
    assert told([place("x")], [hand("a"), hand("b", talks=10)]) == 5.0


def test_nothing_is_told_where_nobody_at_work_could_answer_nor_of_who_is_in_no_line() -> None:
    assert told([place("x")], [hand("a", nurse=5)]) is None
    assert told([place("x")], []) is None
    assert told([place("y")], [hand("a")]) is None


def test_of_many_who_talk_the_first_is_free_much_sooner_than_each_of_them_is_on_average() -> None:
    alone = told([place("x")], [hand("a", talks=60)])
    many = told([place("x")], [hand(str(number), talks=60) for number in range(10)])
    assert alone is not None
    assert many is not None
    assert many < alone / 3


def test_the_told_wait_of_one_who_talks_is_the_median_of_what_is_left_of_such_conversations() -> None:
    draw = random.Random(1)  # noqa: S311
    lengths = [draw.lognormvariate(SURE.mu, SURE.sigma) for _ in range(20_000)]
    left = sorted(length - 100 for length in lengths if length > 100)
    found = told([place("x")], [hand("a", talks=100)])
    assert found is not None
    assert found - 5.0 == pytest.approx(left[len(left) // 2], rel=0.25)


def test_those_ahead_who_are_likely_to_give_up_shorten_the_wait() -> None:
    line = [place(str(number), -60 + number) for number in range(6)] + [place("x")]
    hands = [hand("a", talks=60), hand("b", talks=5)]
    patient, impatient = told(line, hands), told(line, hands, replace(SURE, patience_seconds=60.0))
    assert patient is not None
    assert impatient is not None
    assert impatient < patient * 0.8


def test_a_queue_that_helps_shortens_the_wait_from_when_it_helps() -> None:
    busy, nurse = hand("a", talks=1), hand("n", nurse=5)
    helped = replace(place("x"), helps=(OverflowHelp(15.0, NURSE),))
    assert told([helped], [busy, nurse]) == 20.0
    assert told([replace(helped, helps=(OverflowHelp(-3.0, NURSE),))], [busy, nurse]) == 5.0
    alone = told([place("x")], [busy, nurse])
    assert alone is not None
    assert alone > 60


def test_wrap_up_after_a_conversation_makes_the_wait_longer() -> None:
    line, hands = [place("x")], [hand("a", talks=60)]
    without, with_it = told(line, hands), told(line, hands, replace(SURE, wrap_up_seconds=60.0))
    assert without is not None
    assert with_it == pytest.approx(without + 30, abs=20)


def test_only_waits_in_line_are_set_right_by_what_was_learned() -> None:
    twice = replace(SURE, correction=2.0)
    assert told([place("x")], [hand("a")], twice) == 5.0
    found = wait_estimate.seconds("x", [place("x")], [hand("a", 60)], twice)
    assert found == wait_estimate.Estimate(65.0, 130.0)


def test_a_long_line_is_walked_through_by_means() -> None:
    line = [place(str(number), -1000 + number) for number in range(300)] + [place("x")]
    found = told(line, [hand(str(number)) for number in range(10)])
    assert found == pytest.approx(30 * SURE.handle_seconds, rel=0.05)


@examples(30)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.booleans()), min_size=1, max_size=5),
    st.integers(2, 7),
    st.sampled_from([PATIENT, 60.0]),
)
def test_nobody_is_told_less_than_those_ahead_of_them(
    busy: list[tuple[int, bool]], crowd: int, patience: float
) -> None:
    hands = [
        hand(str(number), 0.0 if talks else seconds, float(seconds) if talks else None)
        for number, (seconds, talks) in enumerate(busy)
    ]
    line = [place(str(number), number) for number in range(crowd)]
    lately = replace(SURE, patience_seconds=patience)
    found = [wait_estimate.seconds(each.id, line, hands, lately) for each in line]
    raw = [estimate.raw for estimate in found if estimate is not None]
    assert len(raw) == crowd
    assert raw == sorted(raw)


def test_the_same_floor_gives_the_same_estimate() -> None:
    line, hands = [place("y", -9), place("x")], [hand("a", talks=30), hand("b", talks=200)]
    assert told(line, hands) == told(line, hands)


# What is learned.


def test_conversations_are_those_of_the_last_hour_where_there_are_enough() -> None:
    learned = recent_times.learn([60.0] * 5, [600.0] * 9, [])
    assert math.exp(learned.mu) == pytest.approx(60)
    assert math.exp(recent_times.learn([60.0] * 4, [600.0] * 9, []).mu) == pytest.approx(600)
    assert recent_times.learn([], [600.0], []) == RecentTimes()


def test_patience_counts_what_those_waited_who_were_answered_too() -> None:
    assert recent_times.patience([]) == PATIENT
    assert recent_times.patience([PastWait(50, is_answered=True)]) == PATIENT
    waits = [PastWait(50, is_answered=True), PastWait(70, is_answered=False), PastWait(120, is_answered=False)]
    assert recent_times.patience(waits) == 120.0


def test_the_median_of_waits_is_not_shortened_by_those_who_gave_up_before() -> None:
    whole = [CensoredValue(float(value), True) for value in range(1, 10)]
    assert recent_times.censored_median(whole) == 5.0
    cut = [CensoredValue(value, value not in {2.0, 3.0, 4.0}) for value, _ in whole]
    assert recent_times.censored_median(cut) == 7.0
    assert recent_times.censored_median([CensoredValue(3.0, False), CensoredValue(8.0, False)]) == 8.0


def test_estimates_that_were_half_of_the_real_wait_are_set_right_the_more_the_more_there_are() -> None:
    assert recent_times.correction([]) == 1.0
    few = recent_times.correction([PastWait(120, is_answered=True, estimated=60.0)] * 2)
    many = recent_times.correction([PastWait(120, is_answered=True, estimated=60.0)] * 20 * DOUBT)
    assert 1.0 < few < many < 2.0
    assert many == pytest.approx(2.0, rel=0.05)
    short = [PastWait(40, is_answered=True, estimated=LINE_SECONDS - 1)] * 100
    assert recent_times.correction(short) == 1.0


def test_how_long_phones_take_is_learned_from_those_for_whom_somebody_was_free() -> None:
    assert (
        recent_times.answer_seconds([PastWait(9, is_answered=True, estimated=5.0)] * 4) == recent_times.ANSWER_SECONDS
    )
    assert recent_times.answer_seconds([PastWait(9, is_answered=True, estimated=5.0)] * 5) == 9
    assert recent_times.answer_seconds([PastWait(90, is_answered=True, estimated=5.0)] * 5) < LINE_SECONDS


def test_the_error_names_how_far_off_announcements_were_and_how_often_they_were_too_short() -> None:
    assert recent_times.error([]) is None
    assert recent_times.error([ToldWait(60, 20, False)]) is None
    found = recent_times.error([ToldWait(60, 50, True), ToldWait(60, 80, True), ToldWait(120, 60, True)])
    assert found is not None
    assert (found.count, found.median_seconds) == (3, 20)
    assert found.too_short == pytest.approx(1 / 3)


def test_who_gave_up_after_longer_than_they_were_told_was_told_too_little_and_before_is_left_open() -> None:
    late = recent_times.error([ToldWait(60, 50, True), ToldWait(60, 90, False)])
    early = recent_times.error([ToldWait(60, 50, True), ToldWait(60, 70, True), ToldWait(60, 10, False)])
    assert late is not None
    assert early is not None
    assert (late.count, late.too_short, early.too_short) == (1, 0.5, 0.5)


def test_told_waits_are_right_in_the_median_where_conversations_are_as_they_were_learned() -> None:
    """Three agents who talk, as long as drawn: half of all callers who come then wait longer than they are told."""
    draw = random.Random(7)  # noqa: S311
    normal = NormalDist(SURE.mu, SURE.sigma)
    longer = 0
    for _ in range(300):
        began = [draw.uniform(1, 200) for _ in range(3)]
        found = told([place("x")], [hand(str(number), talks=talked) for number, talked in enumerate(began)])
        left = [
            math.exp(normal.inv_cdf(1 - (1 - normal.cdf(math.log(talked))) * (1 - draw.random()))) - talked
            for talked in began
        ]
        assert found is not None
        longer += min(left) + SURE.answer_seconds > found
    assert 0.4 < longer / 300 < 0.6
