"""Leadership: one holder and never two, whatever is done to the clocks of the machines, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as search
from hypothesis import strategies as st
from sqlalchemy import update

from hotline.context import AppContext
from hotline.models import Lease
from hotline.outbox.lease import LEASE, RENEW_AFTER, Leadership
from tests.support.properties import times

DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Machine:
    """A machine with a process on it: its clock may be wrong, what it counts is not."""

    lease: Leadership
    clock: timedelta = timedelta()
    believed_at: float | None = None


@dataclass
class Machines:
    """Two candidates for one lease, and the seconds that have really passed."""

    context: AppContext
    passed: float = 0.0
    both: list[Machine] = field(default_factory=list)

    def __post_init__(self) -> None:
        with self.context.database.write() as session:
            for row in session.query(Lease):
                session.delete(row)
        for name in ("first", "second"):
            self.both.append(Machine(Leadership(self.context.database, "router", name, lambda: self.passed)))

    def looks(self, number: int) -> bool:
        """Whether this machine leads, at its own time of the day."""
        machine = self.both[number]
        with time_machine.travel(DAY + timedelta(seconds=self.passed) + machine.clock, tick=False):
            leads = machine.lease.holds()
        machine.believed_at = self.passed if leads else None
        return leads

    def assert_one(self) -> None:
        """Who was told that they lead believes it until they ask again; nobody else is told so meanwhile."""
        fresh = [m for m in self.both if m.believed_at is not None and self.passed - m.believed_at < 1.0]
        assert len(fresh) < 2


@pytest.fixture
def machines(context: AppContext) -> Machines:
    return Machines(context)


def test_leadership_has_one_holder_and_passes_on_when_it_falls_silent(machines: Machines) -> None:
    assert machines.looks(0)
    assert not machines.looks(1)
    for _ in range(8):
        machines.passed += 1.5
        assert (machines.looks(0), machines.looks(1)) == (True, False)
    machines.passed += LEASE.total_seconds()
    assert machines.looks(1)
    assert not machines.looks(0)


def test_who_steps_down_need_not_be_waited_for(machines: Machines) -> None:
    assert machines.looks(0)
    assert not machines.looks(1)
    machines.both[0].lease.release()
    assert machines.looks(1)


@pytest.mark.parametrize("step", [-HOUR, HOUR])
@pytest.mark.parametrize("stepped", [(0,), (1,), (0, 1)])
def test_a_clock_that_is_set_gives_neither_two_leaders_nor_none(
    machines: Machines, step: timedelta, stepped: tuple[int, ...]
) -> None:
    assert machines.looks(0)
    assert not machines.looks(1)
    for number in stepped:
        machines.both[number].clock += step
    for _ in range(6):
        machines.passed += 0.5
        assert (machines.looks(1), machines.looks(0)) == (False, True)
    assert not machines.looks(1)
    machines.passed += LEASE.total_seconds()  # the leader has fallen silent
    assert machines.looks(1)


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_the_clock_of_the_database_may_be_set_too(machines: Machines, step: timedelta) -> None:
    assert machines.looks(0)
    assert not machines.looks(1)
    with machines.context.database.write() as session:
        session.execute(update(Lease).values(until=DAY + step))
    machines.passed += 1.5
    assert (machines.looks(1), machines.looks(0)) == (False, True)
    machines.passed += LEASE.total_seconds()
    assert not machines.looks(1)  # it has changed before their eyes just now
    machines.passed += LEASE.total_seconds()
    assert machines.looks(1)


STEPS = st.one_of(
    st.tuples(st.just("looks"), st.integers(0, 1)),
    st.tuples(st.just("passes"), st.sampled_from([0.3, 0.9, 1.1, 2.0, 3.1])),
    st.tuples(st.just("sets"), st.tuples(st.integers(0, 1), st.integers(-7200, 7200))),
)


@search(max_examples=times(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=40))
def test_no_steps_of_clocks_make_two_leaders_or_leave_none(
    context: AppContext, steps: list[tuple[str, object]]
) -> None:
    machines = Machines(context)

    def look(number: int) -> None:
        machines.looks(number)

    def go_on(seconds: float) -> None:
        machines.passed += seconds

    def set_clock(which: tuple[int, int]) -> None:
        machines.both[which[0]].clock += timedelta(seconds=which[1])

    deeds: dict[str, Callable[..., None]] = {"looks": look, "passes": go_on, "sets": set_clock}
    for name, value in steps:
        deeds[name](value)
        machines.assert_one()
    assert any(_led(machines)), "nobody leads although one of them asks all the time"


def _led(machines: Machines) -> Iterator[bool]:
    """The first asks every second, the second is dead: it leads within two leases."""
    for _ in range(2 * int(LEASE / RENEW_AFTER) + 2):
        machines.passed += 1.0
        yield machines.looks(0)
