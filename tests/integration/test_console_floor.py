"""The live floor: what a snapshot holds, one read for all viewers, and a stream that goes on after faults."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from console.floor import snapshot
from console.floor.live import LiveFloor
from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, FloorEvent, QueueEntry
from hotline.outbox import call_log, floor_events, transitions
from hotline.outbox.notifier import FLOOR
from hotline.values.access import Role
from hotline.values.call_events import CallEnded
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallEvent, CallOutcome
from hotline.values.states.queue_entry import QueueEntryEvent, QueueEntryState
from tests.support.morning import Morning, morning
from tests.support.servers import wait_for
from tests.support.staff import signed_in


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows."""
    return morning(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(context)
    yield pages
    pages.extensions["live"].close()


@pytest.fixture
def counting(context: AppContext) -> Iterator[LiveFloor[int]]:
    """A live floor whose pictures are numbers, counted up by each read."""
    numbers = iter(range(1, 10_000))
    live = LiveFloor(context.database, context.notifier, lambda: next(numbers))
    yield live
    live.close()


def test_a_snapshot_holds_who_waits_who_talks_and_the_figures(context: AppContext, made: Morning) -> None:
    seen = snapshot.take(context.database, context.settings, made.now)
    assert [(w.queue.name, w.position, [r.agent.name for r in w.ringing]) for w in seen.waiting] == [
        ("nurse", 1, ["李敏"]),
        ("booking", 1, []),
    ]
    assert {talk.call.id for talk in seen.talks} == {made.calls["talks"].id, made.calls["menu"].id}
    assert seen.agents[0].state is AgentState.IDLE
    assert seen.agents[-1].staff_number == "N06"


def test_positions_count_per_queue_and_a_caller_being_connected_has_none(context: AppContext, made: Morning) -> None:
    with context.database.write() as session:
        session.add_all(
            [
                QueueEntry(call_id=made.calls["menu"].id, queue="booking", required_skills={}, asked_at=made.now),
                QueueEntry(
                    call_id=made.calls["talks"].id,
                    queue="booking",
                    required_skills={},
                    asked_at=made.now - timedelta(seconds=60),
                    state=QueueEntryState.WON,
                ),
            ]
        )
    places = {w.call.id: w.position for w in snapshot.take(context.database, context.settings, made.now).waiting}
    assert places[made.calls["talks"].id] == 0
    assert places[made.calls["waits"].id] == 1
    assert places[made.calls["menu"].id] == 2


def test_the_day_begins_at_local_midnight(context: AppContext, made: Morning) -> None:
    later = made.now + timedelta(days=1)
    assert snapshot.take(context.database, context.settings, later).figures.calls == 0


def changes(context: AppContext, times: int = 1) -> None:
    """Something changes on the floor, and a notification says so."""
    with context.database.write() as session:
        for _ in range(times):
            session.add(FloorEvent(at=clock.now(), subject="agent", subject_id="x"))
            context.notifier.notify_after(session, FLOOR)


def statements(context: AppContext, pages: int) -> int:
    """How many statements the database gets for ten changes while so many pages look."""
    count = 0

    def one(*_arguments: object) -> None:
        nonlocal count
        count += 1

    live = LiveFloor(
        context.database, context.notifier, lambda: snapshot.take(context.database, context.settings, clock.now())
    )
    viewers = [live.join() for _ in range(pages)]
    wait_for(lambda: context.notifier.redis.pubsub_numsub(FLOOR)[0][1], what="the listener")
    assert all(viewer.get(60) for viewer in viewers)
    event.listen(context.database.engine, "before_cursor_execute", one)
    for _ in range(10):
        context.notifier.notify(FLOOR)  # nothing changes on the floor
        changes(context)
        assert all(viewer.get(60) for viewer in viewers)
    event.remove(context.database.engine, "before_cursor_execute", one)
    live.close()
    return count


def test_thirty_pages_cost_the_database_no_more_than_one(context: AppContext, made: Morning) -> None:  # noqa: ARG001 (its rows are needed)
    one, thirty = statements(context, 1), statements(context, 30)
    assert thirty <= one * 2  # without an event the floor is read now and then as well
    assert thirty / 10 < 30


def test_every_change_of_a_status_is_one_row_in_the_order_of_its_making(context: AppContext, made: Morning) -> None:
    with context.database.read() as session:
        before = floor_events.newest(session)
    with context.database.write() as session:
        row = session.get_one(Agent, made.agents["N06"].id)
        row.status = AgentStatus.AVAILABLE
        row.state_reason = AgentStateReason.LINE_LOST  # which no page follows
        session.flush()
        row.name = "another name"
    with context.database.read() as session:
        rows = [r for r in floor_events.since(session, before) if r.number > before]
    assert [(r.subject, r.subject_id, r.state) for r in rows] == [("agent", made.agents["N06"].id, "available idle")]


def test_a_page_that_comes_back_with_the_number_it_saw_gets_no_picture_again(
    app: Flask,
    made: Morning,  # noqa: ARG001 (its rows are needed)
) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    keeps = app.extensions["live"].join()  # somebody looks all the time
    wait_for(lambda: keeps.get(60), what="a picture")
    number = app.extensions["live"].follower.number
    again = staff.client.get("/floor/stream", buffered=False, headers={"Last-Event-ID": str(number)})
    parts = again.iter_encoded()
    assert b"retry" in next(parts)
    assert b"still here" in next(parts)
    again.close()


def test_a_burst_of_events_is_one_read_for_all_viewers(context: AppContext, counting: LiveFloor[int]) -> None:
    viewers = [counting.join() for _ in range(20)]
    assert all(viewer.get(60) is not None for viewer in viewers)
    wait_for(lambda: context.notifier.redis.pubsub_numsub(FLOOR)[0][1], what="the listener")
    before = counting.pictures
    changes(context, 50)
    assert all(viewer.get(60) is not None for viewer in viewers)
    assert counting.pictures - before <= 10
    for viewer in viewers:
        counting.leave(viewer)
    assert counting.watched == 0


def test_a_slow_viewer_finds_the_newest_picture_only(context: AppContext, counting: LiveFloor[int]) -> None:
    slow, quick = counting.join(), counting.join()
    wait_for(lambda: context.notifier.redis.pubsub_numsub(FLOOR)[0][1], what="the listener")
    newest = quick.get(60)
    for _ in range(3):
        changes(context)
        newest = quick.get(60)
    found = slow.get(60)
    assert found is not None
    assert newest is not None
    assert found >= newest  # the floor may have been read once more meanwhile; what came before is gone


def test_nothing_is_read_while_nobody_looks(context: AppContext, counting: LiveFloor[int]) -> None:
    first = counting.join()
    assert first.get(60) == 1
    counting.leave(first)
    for _ in range(5):
        context.notifier.notify(FLOOR)
    second = counting.join()
    assert second.get(60) == 2


def test_a_read_that_fails_leaves_the_pages_as_they_are_and_the_next_one_works(context: AppContext) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def take() -> str:
        if not asked.is_set():
            asked.set()
            raise RuntimeError("the database is away")
        may_answer.wait(60)
        return "a picture"

    live = LiveFloor(context.database, context.notifier, take)
    viewer = live.join()
    try:
        assert asked.wait(60)
        assert viewer.get(0.1) is None
        may_answer.set()
        context.notifier.notify(FLOOR)
        assert viewer.get(60) == "a picture"
    finally:
        live.close()


def test_the_stream_sends_the_floor_again_when_something_happens(
    app: Flask, context: AppContext, made: Morning
) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    answer = staff.client.get("/floor/stream", buffered=False)
    assert answer.mimetype == "text/event-stream"
    told = floors(iter(answer.iter_encoded()))
    assert made.calls["waits"].id in next(told)["sections"]["waiting"]
    with context.database.write() as session:
        waiting = session.query(QueueEntry).filter_by(call_id=made.calls["waits"].id).one()
        transitions.transition(waiting, QueueEntryEvent.ABANDONED)
        call = session.get_one(Call, made.calls["waits"].id)
        transitions.transition(call, CallEvent.ENDED)
        ended = CallEnded(outcome=CallOutcome.ABANDONED)
        call_log.record(session, context.notifier, call.id, ended, made.now)
    assert any(made.calls["waits"].id not in each["sections"]["waiting"] for each in told)
    answer.close()
    assert app.extensions["live"].watched == 0


def test_agents_see_the_floor_without_ways_into_other_peoples_calls(app: Flask, made: Morning) -> None:
    answer = signed_in(app, Role.AGENT).client.get("/floor/stream", buffered=False)
    sections = next(floors(iter(answer.iter_encoded())))["sections"]
    answer.close()
    assert f"/calls/{made.calls['talks'].id}" in sections["talks"]
    assert "/calls/" not in sections["waiting"]
    assert made.calls["menu"].id not in sections["talks"]


def floors(chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The `floor` events of a stream, as what they carry."""
    for chunk in chunks:
        text = chunk.decode()
        if text.startswith("event: floor"):
            yield json.loads(text.split("data: ", 1)[1])
