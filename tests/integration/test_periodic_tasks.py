"""The clock's periodic tasks: each when it is due, once at a time, within its limit, and none waits for another."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from hotline import clock
from hotline.context import AppContext
from hotline.database import server_clock, upsert
from hotline.models import TaskSchedule as Row
from telephony.provider import connect
from tests.simulation.interleave.seams import InTurn
from tests.support.servers import wait_for
from workers import queries
from workers.clock import leader, periodic_tasks
from workers.periodic_tasks import PeriodicTask, PeriodicTasks

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
InTime = Callable[[], bool]


def row(context: AppContext, name: str) -> Row:
    with context.database.read() as session:
        return session.get_one(Row, name)


def change(context: AppContext, **values: object) -> None:
    with context.database.write() as session:
        session.execute(update(Row).values(**values))


def now_of(context: AppContext) -> datetime:
    with context.database.read() as session:
        return server_clock.now(session)


def counted(context: AppContext, every: timedelta = HOUR) -> tuple[PeriodicTasks, Counter[str]]:
    """A periodic task that counts how often it is done, in turn."""
    done: Counter[str] = Counter()
    one = PeriodicTask("counts", every, MINUTE, lambda _now, _in_time: done.update(["counts"]))
    return PeriodicTasks(context.database, [one], InTurn()), done


def test_a_chore_is_done_when_it_is_due_and_then_after_its_time(context: AppContext) -> None:
    runner, done = counted(context)
    assert [runner.start_due() for _ in range(3)] == [["counts"], [], []]
    assert row(context, "counts").last_ended_at is not None
    # A pass of hours skips nothing and makes up for nothing.
    change(context, due_at=now_of(context) - timedelta(hours=5))
    assert [runner.start_due() for _ in range(3)] == [["counts"], [], []]
    assert done["counts"] == 2


def test_two_clocks_do_a_chore_once(context: AppContext) -> None:
    (first, done), (second, done_too) = counted(context), counted(context)
    first.start_due()
    change(context, due_at=now_of(context) - MINUTE)
    barrier = threading.Barrier(2)

    def start(runner: PeriodicTasks) -> None:
        barrier.wait()
        runner.start_due()

    threads = [threading.Thread(target=start, args=(runner,)) for runner in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done["counts"] + done_too["counts"] == 2


def test_who_waits_for_the_row_of_a_rival_that_starts_the_task_leaves_it_alone(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    if context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, and no row to wait for")
    (first, done), (second, done_too) = counted(context), counted(context)
    first.start_due()
    change(context, due_at=now_of(context) - MINUTE)
    locked = queries.task_schedule

    def after_the_rival(session: Session, name: str) -> Row | None:
        monkeypatch.undo()
        assert first.start_due() == ["counts"]
        return locked(session, name)

    monkeypatch.setattr(queries, "task_schedule", after_the_rival)
    assert second.start_due() == []
    assert (done["counts"], done_too["counts"]) == (2, 0)


def test_two_clocks_that_meet_a_task_for_the_first_time_do_it_once(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    if context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, and no row to wait for")
    (first, done), (second, done_too) = counted(context), counted(context)
    insert = upsert.insert

    def after_the_rival(session: Session, rows: type[Row]) -> object:
        monkeypatch.undo()
        assert first.start_due() == ["counts"]
        return insert(session, rows)

    monkeypatch.setattr(upsert, "insert", after_the_rival)
    assert second.start_due() == []
    assert (done["counts"], done_too["counts"]) == (1, 0)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_neither_stops_a_chore_nor_has_it_done_twice(context: AppContext, hours: int) -> None:
    runner, done = counted(context, every=MINUTE)
    runner.start_due()
    # As it looks after the database's clock was set by so much.
    found, by = row(context, "counts"), -timedelta(hours=hours)
    assert found.last_started_at is not None
    assert found.last_ended_at is not None
    change(
        context,
        due_at=found.due_at + by,
        last_started_at=found.last_started_at + by,
        last_ended_at=found.last_ended_at + by,
    )
    assert [runner.start_due() for _ in range(3)] == [["counts"], [], []]
    assert done["counts"] == 2


def test_a_chore_whose_process_died_is_taken_up_after_its_limit(context: AppContext) -> None:
    runner, done = counted(context)
    runner.start_due()
    now = now_of(context)
    change(context, due_at=now - MINUTE, last_started_at=now - timedelta(seconds=30), last_ended_at=None)
    assert runner.start_due() == []  # another process may be at it
    change(context, last_started_at=now - timedelta(seconds=90))
    assert runner.start_due() == ["counts"]
    assert done["counts"] == 2


def test_what_fails_is_written_down_and_done_again(context: AppContext) -> None:
    def fails(_now: datetime, _in_time: InTime) -> None:
        raise OSError("no space left on device")

    runner = PeriodicTasks(context.database, [PeriodicTask("fails", HOUR, MINUTE, fails)], InTurn())
    runner.start_due()
    assert row(context, "fails").last_error == "store"
    change(context, due_at=now_of(context) - MINUTE)
    assert runner.start_due() == ["fails"]


@contextmanager
def hanging() -> Iterator[tuple[PeriodicTask, threading.Event]]:
    """A periodic task that hangs, as at a provider that does not answer, and how it is let go."""
    go_on, hangs = threading.Event(), threading.Event()

    def hang(_now: datetime, in_time: InTime) -> None:
        hangs.set()
        assert go_on.wait(120)
        assert not in_time()

    try:
        yield PeriodicTask("hangs", timedelta(0), timedelta(seconds=30), hang), hangs
    finally:
        go_on.set()


def test_a_chore_that_hangs_holds_up_no_other_is_late_and_is_not_begun_twice(context: AppContext) -> None:
    done: Counter[str] = Counter()
    steady = [0.0]
    bells = PeriodicTask("bells", timedelta(0), MINUTE, lambda _now, _in_time: done.update(["bells"]))
    with hanging() as (hangs, begun), capture_logs() as logs:
        runner = PeriodicTasks(context.database, [hangs, bells], steady=lambda: steady[0])

        def again() -> bool:
            assert "hangs" not in runner.start_due()
            return done["bells"] > 5

        assert runner.start_due()[0] == "hangs"
        assert begun.wait(60)
        wait_for(again, 60, "the bells")
        assert row(context, "hangs").overruns == 0
        steady[0] = 31.0
        for _ in range(3):
            runner.start_due()
        assert row(context, "hangs").overruns == 1
        assert [line["task"] for line in logs if line["event"] == "periodic_task_overran"] == ["hangs"]
    wait_for(lambda: "hangs" not in runner.running(), 60, "its end")
    assert row(context, "hangs").last_error == ""
    runner.stop()


def test_the_clock_does_everything_it_is_for(context: AppContext) -> None:
    provider = connect(context.settings.model_copy(update={"twilio_api_base": "http://127.0.0.1:1"}))
    assert leader(context, provider, InTurn()).work(clock.now())
    with context.database.read() as session:
        rows = {row.name: row.last_error for row in session.scalars(select(Row))}
    assert set(rows) == {task.name for task in periodic_tasks(context, provider)}
    assert {name: error for name, error in rows.items() if error} == {"unheard_calls": "provider_down"}
