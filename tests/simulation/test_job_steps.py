"""Work that is interrupted at any step of it: no recording is lost, nothing counts twice, nothing is stuck."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from obstore.exceptions import PermissionDeniedError
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hotline import clock
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Row
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from hotline.values.states.job import JobState
from telephony.errors import ProviderDown
from tests.simulation.job_world import KINDS, LEASE, Killed, Steps, World, stalled
from workers.job_lease import JobLease

# More steps than any of these kinds of work has.
MOST_STEPS = 60


def raising(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def every_step(make: Callable[[], World], kind: str, at_step: Callable[[World, int], Steps]) -> None:
    """Have something happen at step 1, at step 2, …, each in a world of its own, until the work has no such step."""
    for number in range(1, MOST_STEPS):
        world = make()
        world.prepare(kind)
        step = at_step(world, number)
        try:
            world.assert_safe()
            world.settle()
            world.assert_done()
        except AssertionError as error:
            raise AssertionError(f"{kind}, step {number} ({step.names[-1:]}): {error}") from error
        if step.count < number:
            assert number > 3, step.names
            return
    raise AssertionError(f"{kind} has no end")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of faults that are meant to be are not written out."""
    with capture_logs():
        yield


@pytest.fixture
def worlds(context: AppContext) -> Callable[[], World]:
    """A new world, in the same database emptied."""

    def make() -> World:
        empty(context)
        return World(context)

    return make


def empty(context: AppContext) -> None:
    """Neither work nor recordings, and nothing in the store."""
    with context.database.write() as session:
        for table in reversed(Row.metadata.sorted_tables):
            if table.name in {"jobs", "recordings", "calls", "call_events", "unreferenced_objects", "transcripts"}:
                session.execute(table.delete())
    for path in Path(context.settings.objects.removeprefix("file://")).iterdir():
        shutil.rmtree(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_stalls_anywhere_and_one_that_takes_over_do_it_once(
    worlds: Callable[[], World], kind: str
) -> None:
    def take_over(world: World) -> None:
        world.expire()
        world.work(kind)
        world.assert_safe()

    every_step(worlds, kind, lambda world, at: stalled(world, kind, at, lambda: take_over(world)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_stalls_while_everything_after_it_is_done_changes_nothing_any_more(
    worlds: Callable[[], World], kind: str
) -> None:
    every_step(worlds, kind, lambda world, at: stalled(world, kind, at, world.settle))


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_dies_anywhere_is_followed_by_another(worlds: Callable[[], World], kind: str) -> None:
    def die(world: World, at: int) -> Steps:
        step = Steps(at, raising(Killed()))
        with suppress(Killed):
            world.work(kind, step)
        return step

    every_step(worlds, kind, die)


FAULTS = {
    "disk full": OSError(errno.ENOSPC, "No space left on device"),
    "read-only": PermissionDeniedError("read-only file system"),
    "database locked": OperationalError("UPDATE jobs", {}, Exception("database is locked")),
    "provider down": ProviderDown("HTTP 503"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_once_at_any_step_is_tried_again(worlds: Callable[[], World], kind: str, fault: str) -> None:
    def fail(world: World, at: int) -> Steps:
        step = Steps(at, raising(FAULTS[fault]))
        with suppress(type(FAULTS[fault])):  # it could not be taken, or its end not be written: the sweep finds it
            world.work(kind, step)
        assert world.job(kind).state is not JobState.FAILED
        return step

    every_step(worlds, kind, fail)


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_is_set_while_work_goes_on_does_no_harm(
    worlds: Callable[[], World], kind: str, hours: int
) -> None:
    with time_machine.travel(clock.now(), tick=False) as travel:

        def set_clock(world: World) -> None:
            world.passed += LEASE  # it stalls for so long, and the clock tells something else
            travel.shift(timedelta(hours=hours))
            world.work(kind)  # where the lease looks over, another worker takes the work
            world.assert_safe()

        every_step(worlds, kind, lambda world, at: stalled(world, kind, at, lambda: set_clock(world)))


def test_a_store_that_takes_nothing_for_hours_costs_no_recording_and_is_given_up_with_its_reason(
    worlds: Callable[[], World],
) -> None:
    world = worlds()
    tries = 0
    while world.job("fetch_recording").state is JobState.DUE:
        world.expire()
        world.work("fetch_recording", Always("put", FAULTS["disk full"]))
        world.assert_safe()
        tries += 1
        assert tries < 100
    job = world.job("fetch_recording")
    assert (job.state, job.reason, job.tries, job.worker_deaths) == (JobState.FAILED, "store", tries, 0)
    assert tries > 20


class Always(Steps):
    """Every step of this name fails."""

    def __init__(self, name: str, error: BaseException) -> None:
        super().__init__()
        self._name, self._error = name, error

    def __call__(self, name: str) -> None:
        if name == self._name:
            raise self._error


# What the steps above are for: with these changes the product is as it was, and they find it.


@contextmanager
def named_by_its_row(_database: Database, _objects: ObjectStore, folder: str) -> Iterator[str]:
    """A blob's name as it was: always the same."""
    yield folder


def test_the_steps_find_blobs_that_are_written_twice_under_one_name(
    worlds: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "fresh", named_by_its_row)
    monkeypatch.setattr(orphans, "keep", lambda _session, _name: None)
    with pytest.raises(AssertionError, match="fetch_recording, step"):
        test_a_worker_that_stalls_anywhere_and_one_that_takes_over_do_it_once(worlds, "fetch_recording")


def test_the_steps_find_requests_of_a_worker_that_has_lost_its_work(
    worlds: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobLease, "renew", lambda _hold: None)
    monkeypatch.setattr(JobLease, "check", lambda _hold, _session: None)
    with pytest.raises(AssertionError, match=r"text_advice, step .* sent twice"):
        test_a_worker_that_stalls_anywhere_and_one_that_takes_over_do_it_once(worlds, "text_advice")
