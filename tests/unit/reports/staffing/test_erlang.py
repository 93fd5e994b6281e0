"""Erlang-B, -C and -A against published tables, against each other at their borders, and against a simulation."""

import heapq
import math
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.staffing.erlang import Load, agents_needed, erlang_b, erlang_c, forecast
from tests.support.properties import examples


@pytest.mark.parametrize(
    ("agents", "erlangs", "blocked"),
    # The usual Erlang-B table (ITU-D, Teletraffic Engineering Handbook; Cooper 1981, appendix): 1 % and 0.1 % of loss.
    [
        (10, 4.461, 0.01),
        (20, 12.03, 0.01),
        (50, 37.90, 0.01),
        (100, 84.06, 0.01),
        (10, 3.092, 0.001),
        (20, 9.411, 0.001),
    ],
)
def test_erlang_b_is_that_of_the_tables(agents: int, erlangs: float, blocked: float) -> None:
    assert erlang_b(erlangs, agents) == pytest.approx(blocked, rel=2e-3)


def test_erlang_c_is_that_of_the_usual_worked_example() -> None:
    """100 calls in half an hour of 180 s, 14 agents (Call Centre Helper, "Erlang C formula: a worked example")."""
    load = Load(100, 180)
    found = forecast(load, 14, 20)
    assert erlang_c(10, 14) == pytest.approx(0.174, abs=5e-4)
    assert found.within == pytest.approx(0.888, abs=5e-4)
    assert found.wait_seconds == pytest.approx(7.8, abs=0.05)
    assert found.occupancy == pytest.approx(0.714, abs=5e-4)


def test_erlang_a_is_that_of_the_published_comparison() -> None:
    """50 agents, 48 calls a minute of one minute, patience two minutes: Garnett, Mandelbaum, Reiman 2002, table 1."""
    patient, impatient = (forecast(Load(48 * 30, 60, patience), 50, 58.1) for patience in (None, 120.0))
    assert patient.wait_seconds == pytest.approx(20.8, abs=0.05)
    assert patient.occupancy == pytest.approx(0.96, abs=5e-3)
    assert patient.within == pytest.approx(0.90, abs=1e-3)
    assert impatient.abandoned == pytest.approx(0.031, abs=5e-4)
    assert impatient.wait_seconds == pytest.approx(3.7, abs=0.05)
    assert impatient.occupancy == pytest.approx(0.93, abs=5e-3)


@given(st.floats(0.1, 60), st.integers(1, 60))
@settings(deadline=None)
def test_erlang_a_with_patience_like_the_service_is_a_poisson_crowd(erlangs: float, agents: int) -> None:
    calls = erlangs * 10
    found = forecast(Load(calls, 180, 180.0), agents, 20)
    chance, lost = math.exp(-erlangs), 0.0
    for number in range(1, 400):
        chance *= erlangs / number
        lost += max(0, number - agents) * chance
    assert found.abandoned == pytest.approx(lost / erlangs, rel=1e-6, abs=1e-9)


def test_erlang_a_with_endless_patience_is_erlang_c() -> None:
    patient, nearly = forecast(Load(100, 180), 13, 15), forecast(Load(100, 180, 1e7), 13, 15)
    assert nearly.within == pytest.approx(patient.within, abs=1e-4)
    assert nearly.wait_seconds == pytest.approx(patient.wait_seconds, rel=1e-2)


@example(5e-324, 20.0, 10.0, 0.0)
@given(st.floats(0, 400), st.floats(20, 600), st.floats(10, 600), st.floats(0, 14))
@examples(60)
def test_more_agents_never_answer_fewer_and_one_less_misses_the_target(
    calls: float, handle: float, patience: float, pickup: float
) -> None:
    load = Load(calls, handle, patience, pickup)
    needed = agents_needed(load, 15, 0.95)
    assert needed.within >= 0.95 or needed.agents == 0
    assert forecast(load, needed.agents + 1, 15).within >= needed.within - 1e-9
    if needed.agents > 1:
        assert forecast(load, needed.agents - 1, 15).within < 0.95


def test_who_picks_up_slowly_needs_more_colleagues() -> None:
    quick, slow = (agents_needed(Load(100, 180, 120, pickup), 15, 0.95).agents for pickup in (0, 10))
    assert slow > quick
    assert forecast(Load(0, 180, 120), 0, 15).agents == 0


@pytest.mark.parametrize(
    ("load", "target", "fault"),
    [(Load(10, 180, 120, 16), 0.95, "pickup"), (Load(10, 180), 1.0, "target"), (Load(1e7, 180), 0.9, "calls")],
)
def test_what_cannot_be_reached_is_named(load: Load, target: float, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        agents_needed(load, 15, target)


def test_a_simulation_of_the_same_half_hour_agrees() -> None:
    load, agents, chance = Load(120, 180, 120), 12, Random(7)  # noqa: S311 (chance to be repeated)
    found = forecast(load, agents, 15)
    answered_in_time, gave_up, calls = 0, 0, 150_000
    busy: list[float] = [0.0] * agents  # when each agent is free
    now = 0.0
    for _ in range(calls):
        now += chance.expovariate(load.calls / 1800)
        patience = now + chance.expovariate(1 / 120)
        if busy[0] > patience:
            gave_up += 1
            continue
        start = max(now, heapq.heappop(busy))
        heapq.heappush(busy, start + chance.expovariate(1 / 180))
        answered_in_time += start - now <= 15
    assert answered_in_time / calls == pytest.approx(found.within, abs=0.01)
    assert gave_up / calls == pytest.approx(found.abandoned, abs=0.01)
