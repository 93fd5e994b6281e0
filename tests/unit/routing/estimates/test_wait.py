"""The expected wait: the walk through the line, what is said of it, and how true it was."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.estimates import wait
from routing.estimates.wait import AgentAvailability, WaitingEntry

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
BOOKING, NURSE = {"booking": 3}, {"nurse": 3}


def place(name: str, asked: int, priority: int = 0, required_skills: dict[str, int] = BOOKING) -> WaitingEntry:
    return WaitingEntry(name, required_skills, priority, NOW + timedelta(seconds=asked))


def hand(name: str, free_in: float, **skills: int) -> AgentAvailability:
    return AgentAvailability(name, skills or {"booking": 5}, free_in)


@pytest.mark.parametrize(
    ("hands", "seconds"),
    [
        ([hand("a", 0)], 200.0),  # two ahead, each 100 s
        ([hand("a", 0), hand("b", 30)], 100.0),
        ([hand("a", 0), hand("b", 30), hand("c", 10)], 30.0),
        ([hand("a", 50, nurse=5)], None),  # nobody at work can do it
        ([hand("a", 50, booking=2), hand("b", 5)], 205.0),  # one who is not good enough
        ([], None),
    ],
)
def test_the_wait_is_that_of_the_first_agent_whom_nobody_ahead_takes(
    hands: list[AgentAvailability], seconds: float | None
) -> None:
    line = [place("x", 2), place("first", 0), place("second", 1), place("behind", 3)]
    assert wait.expected("x", line, hands, 100) == seconds


def test_who_is_more_urgent_is_served_first_and_who_wants_somebody_else_takes_nobody_away() -> None:
    line = [place("x", 0), place("urgent", 5, priority=10), place("nurse", -5, required_skills=NURSE)]
    assert wait.expected("x", line, [hand("a", 20)], 100) == 120


@given(
    st.lists(st.integers(0, 600), min_size=1, max_size=6),
    st.lists(st.integers(0, 300), min_size=1, max_size=8),
    st.integers(1, 400),
)
def test_nobody_waits_less_than_those_ahead_of_them(free: list[int], asked: list[int], handle: int) -> None:
    line = [place(str(number), when) for number, when in enumerate(sorted(asked))]
    hands = [hand(str(number), seconds) for number, seconds in enumerate(free)]
    waits = [wait.expected(each.id, line, hands, handle) for each in line]
    assert None not in waits
    assert waits == sorted(waits, key=float)  # type: ignore[arg-type] # none is None


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (45, 0), (46, 1), (89, 1), (91, 2), (400, 6), (430, 8), (1499, 20), (1501, 30), (1800, 30), (1801, None)],
)
def test_a_wait_is_rounded_to_the_nearest_that_can_be_said(seconds: float, minutes: int | None) -> None:
    assert wait.spoken_minutes(seconds) == minutes


def test_rounding_makes_waits_neither_longer_nor_shorter_on_the_whole() -> None:
    spoken = [(wait.spoken_minutes(seconds), seconds) for seconds in range(46, 360)]
    off = [60 * minutes - seconds for minutes, seconds in spoken if minutes]
    assert abs(sum(off) / len(off)) < 5


def test_handling_times_are_those_of_the_last_hour_where_there_are_enough() -> None:
    assert wait.handle_seconds([60.0] * 5, [200.0] * 9) == 60
    assert wait.handle_seconds([60.0] * 4, [200.0] * 9) == 200
    assert wait.handle_seconds([], [200.0]) == wait.USUAL_SECONDS


def test_a_conversation_that_lasts_longer_than_usual_is_not_expected_to_end_at_once() -> None:
    assert wait.free_in(30, 180) == 150
    assert wait.free_in(500, 180) == pytest.approx(63)
