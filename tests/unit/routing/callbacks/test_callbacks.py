"""When a caller who left the line is called back: by their place, and by who is free or as good as free."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.callbacks import due as callbacks_due
from routing.callbacks.due import CallbackDial, PendingCallback
from routing.estimates.wait import AgentAvailability, WaitingEntry

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def place(name: str, asked: float, priority: int = 0, skill: str = "booking") -> WaitingEntry:
    return WaitingEntry(name, {skill: 1}, priority, at(asked))


def promise(
    name: str, asked: float, due: float = 0, dialled: float | None = None, held: str | None = None
) -> PendingCallback:
    return PendingCallback(place(name, asked), at(due), None if dialled is None else at(dialled), held)


def hand(name: str, free_in: float = 0, skill: str = "booking") -> AgentAvailability:
    return AgentAvailability(name, {skill: 3}, free_in)


@pytest.mark.parametrize(
    ("waiting", "floor", "dialled"),
    [
        ([], [hand("a")], ["p"]),
        ([], [hand("a", free_in=15)], ["p"]),  # as good as free
        ([], [hand("a", free_in=16)], []),
        ([], [hand("a", skill="nurse")], []),
        ([], [AgentAvailability("a", {"booking": 3}, 5, is_sure=False)], []),  # still talks
        ([], [], []),
        ([place("ahead", -10)], [hand("a")], []),  # they asked earlier
        ([place("ahead", -10)], [hand("a"), hand("b")], ["p"]),
        ([place("behind", 10)], [hand("a")], ["p"]),  # the place is kept
        ([place("urgent", 10, priority=100)], [hand("a")], []),
        ([place("other", -10, skill="nurse")], [hand("a")], ["p"]),  # waits for somebody else
    ],
)
def test_the_patient_is_dialled_when_their_place_has_come(
    waiting: list[WaitingEntry], floor: list[AgentAvailability], dialled: list[str]
) -> None:
    found = callbacks_due.due(waiting, [promise("p", 0)], floor, NOW)
    assert [dial.callback_id for dial in found] == dialled


def test_nobody_is_dialled_before_they_are_due_again_nor_while_their_telephone_rings() -> None:
    assert callbacks_due.due([], [promise("p", -500, due=1)], [hand("a")], NOW) == []
    assert callbacks_due.due([], [promise("p", -500, dialled=-5, held="b")], [hand("a")], NOW) == []


def test_an_agent_who_is_kept_for_one_is_not_promised_to_another() -> None:
    rings, waits = promise("p", -500, dialled=-5, held="a"), promise("q", -400)
    assert callbacks_due.due([], [rings, waits], [hand("a")], NOW) == []
    assert callbacks_due.due([], [rings, waits], [hand("a"), hand("b")], NOW) == [CallbackDial("q", "b")]


def test_each_agent_is_promised_once() -> None:
    found = callbacks_due.due([], [promise("p", 0), promise("q", 1), promise("r", 2)], [hand("a"), hand("b", 9)], NOW)
    assert [(dial.callback_id, dial.agent_id) for dial in found] == [("p", "a"), ("q", "b")]


@pytest.mark.parametrize(
    ("waiting", "dialled", "kept"),
    [
        ([], -5, {"a"}),
        ([place("behind", 10)], -5, {"a"}),
        ([place("ahead", -10)], -5, set()),
        ([place("urgent", 10, priority=100)], -5, set()),
        ([place("behind", 10)], -61, set()),  # nobody is kept for ever
    ],
)
def test_the_agent_is_kept_free_while_the_patient_is_dialled(
    waiting: list[WaitingEntry], dialled: float, kept: set[str]
) -> None:
    assert callbacks_due.kept_free([promise("p", 0, dialled=dialled, held="a")], waiting, NOW) == kept


@given(
    st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 2)), max_size=8),
    st.lists(st.integers(-100, 100), max_size=6, unique=True),
    st.lists(st.integers(0, 30), max_size=6),
)
def test_nobody_who_waits_ahead_is_passed_over(
    waiting: list[tuple[int, int]], promised: list[int], free: list[int]
) -> None:
    line = [place(f"w{n}", asked, priority) for n, (asked, priority) in enumerate(waiting)]
    promises = [promise(f"p{n}", asked) for n, asked in enumerate(promised)]
    hands = [hand(f"a{n}", seconds) for n, seconds in enumerate(free)]
    found = callbacks_due.due(line, promises, hands, NOW)
    near = sum(seconds <= callbacks_due.DIAL_SECONDS for seconds in free)
    assert len({dial.agent_id for dial in found}) == len(found)
    for dial in found:
        mine = next(p.place for p in promises if p.place.id == dial.callback_id)
        ahead = sum(each.rank < mine.rank for each in [*line, *(p.place for p in promises)])
        assert ahead < near


def test_two_tries_are_made() -> None:
    assert [callbacks_due.may_try_again(tries) for tries in (0, 1, 2, 3)] == [True, True, False, False]
