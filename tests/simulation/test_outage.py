"""A database or Redis that is away, hung or locked: webhooks answer in time, callers are kept and made up for."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select

from hotline import clock
from hotline.context import AppContext, open_context
from hotline.database.outage import Outage
from hotline.models import Call, Callback, Job, QueueEntry
from hotline.outbox import jobs
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.leg import LegStatus
from hotline.values.states.queue_entry import QueueEntryState
from ivr.dialogue import call_end_service
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file
from telephony.provider import connect, signature
from telephony.views import ListedCall
from tests.conftest import make_settings
from tests.integration.caller import Caller, Document
from tests.support import gate
from tests.support.servers import PATIENCE, wait_for
from voice import app as voice_app
from voice import time_limits

WHOLE = {"query_only": "OFF", "max_page_count": 1_000_000}
DUTY = "+861066880009"
# A webhook answers within four seconds on a machine that has time.
IN_TIME = 4.0 * PATIENCE


@dataclass
class House:
    """A voice app behind a gate to its database."""

    gate: gate.Gate
    context: AppContext
    app: Flask

    def caller(self) -> Caller:
        return Caller(self.app, self.context.settings)

    @property
    def outage(self) -> Outage:
        found: Outage = self.app.extensions["outage"]
        return found

    def back(self) -> None:
        """The database is back, and the process knows."""
        self.gate.open()
        wait_for(lambda: not self.outage.is_on, what="the end of the outage")


@pytest.fixture(params=["", DUTY], ids=["no-duty", "duty"])
def house(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str, redis_server: str) -> Iterator[House]:
    with gate.before(postgres_url) as (door, url):
        settings = make_settings(tmp_path, url, redis_server, outage_number=request.param)
        provider = connect(settings)
        with open_context(settings) as context:
            with context.database.write() as session:
                known = hospital_file.read(Path("cli/demo/hospital.yaml"), queues_file.of(settings))
                hospital_service.store(session, known, clock.now())
            app = voice_app.create(context, provider)
            wait_for(lambda: _count(context, Job) > 60, what="the prompts' rows")
            yield House(door, context, app)
            door.open()
        provider.close()


def _count(context: AppContext, model: type[Job]) -> int:
    with context.database.read() as session:
        return len(session.scalars(select(model.id)).all())


def calls(house: House) -> list[Call]:
    with house.context.database.read() as session:
        return list(session.scalars(select(Call).order_by(Call.started_at)))


def timed(caller: Caller, path: str, **form: str) -> tuple[Document, float]:
    begun = time.monotonic()
    document = Document(caller.post(path, **form).text)
    return document, time.monotonic() - begun


def test_a_hung_database_costs_one_caller_seconds_and_the_others_nothing(house: House) -> None:
    house.gate.silence()
    first = house.caller()
    document, took = timed(first, "/voice/calls")
    assert document.verbs == ["Redirect"]
    assert took < IN_TIME
    assert house.outage.is_on
    document, _ = timed(first, document.text_of("Redirect"))
    assert "请不要挂机" in document.said
    assert "Play" in {element.tag for element in document.root.iter()}
    assert house.caller().post("/voice/calls/status", CallStatus="completed").status_code == 503
    for _ in range(3):  # music, and again the same
        document, took = timed(first, document.text_of("Redirect"))
        assert took < IN_TIME
    assert "since=" in document.text_of("Redirect")
    house.back()
    helped, _ = timed(first, document.text_of("Redirect"))
    assert "Enqueue" in helped.verbs
    assert [call.status for call in calls(house)] == [CallStatus.WAITING]


def test_broken_connections_cost_no_caller_anything(house: House) -> None:
    caller = house.caller()
    caller.call()
    house.gate.cut()
    assert caller.press("1").verbs == ["Gather", "Redirect"] or house.outage.is_on
    house.back()


def test_a_caller_in_line_hears_music_and_stands_where_they_stood(house: House) -> None:
    caller = house.caller()
    caller.call()
    service_answer = caller.ask("/voice/fallback")
    assert "Enqueue" in service_answer.verbs
    (call,) = calls(house)
    house.gate.silence()
    path = f"/voice/calls/{call.id}/wait"
    document, took = timed(caller, path)
    assert took < IN_TIME
    assert document.verbs == ["Play", "Redirect"]
    assert document.text_of("Redirect").startswith(path)
    house.back()
    assert "Gather" in timed(caller, document.text_of("Redirect"))[0].verbs
    with house.context.database.read() as session:
        assert [row.state for row in session.scalars(select(QueueEntry))] == [QueueEntryState.WAITING]


def test_after_a_minute_callers_are_connected_with_the_number_on_duty_and_stand_in_no_line(house: House) -> None:
    caller, unknown = house.caller(), house.caller()
    caller.call()
    caller.ask("/voice/fallback")  # in line
    (call,) = calls(house)
    house.gate.silence()
    timed(caller, f"/voice/calls/{call.id}/wait")
    long_ago = clock.now() - timedelta(seconds=75)
    late = f"since={long_ago.timestamp():.0f}"
    in_line, _ = timed(caller, f"/voice/calls/{call.id}/wait?{late}")
    asked, _ = timed(unknown, f"/voice/fallback?{late}")
    if not house.context.settings.outage_number:
        assert in_line.verbs == ["Play", "Redirect"]
        assert asked.verbs[-1] == "Redirect"
        return
    assert in_line.verbs == ["Leave"]
    out, _ = timed(caller, f"/voice/calls/{call.id}/queue-left", QueueResult="leave")
    led, _ = timed(caller, f"{out.text_of('Redirect')}?{late}")
    assert led.text_of("Dial") == asked.text_of("Dial") == DUTY
    house.back()
    wait_for(lambda: [c.outcome for c in calls(house)] == [CallOutcome.FORWARDED] * 2, what="both calls led on")
    with house.context.database.read() as session:
        assert {row.state for row in session.scalars(select(QueueEntry))} == {QueueEntryState.LEFT}
    done, _ = timed(caller, "/voice/fallback", DialCallStatus="completed")
    assert done.verbs == ["Hangup"]
    again, _ = timed(unknown, "/voice/fallback", DialCallStatus="no-answer")
    assert "Enqueue" in again.verbs


def test_who_hangs_up_while_they_are_kept_is_called_back(house: House) -> None:
    caller = house.caller()
    caller.call()
    house.gate.silence()
    (first, _) = timed(caller, "/voice/fallback")
    assert "回电" in first.said
    house.back()
    caller.hang_up()  # they went while we were away; the sweep hears of it
    kept = house.app.extensions["kept"]
    for known in kept._callers.values():
        known.heard -= 120
    kept.make_up(clock.now())
    (call,) = calls(house)
    with house.context.database.read() as session:
        (promised,) = session.scalars(select(Callback))
    assert (promised.call_id, promised.number) == (call.id, caller.number)
    assert kept.make_up(clock.now()) == 0


def test_a_call_that_never_reached_us_is_called_back_once_and_not_when_they_called_again(context: AppContext) -> None:
    with context.database.write() as session:
        hospital_service.store(
            session, hospital_file.read(Path("cli/demo/hospital.yaml"), queues_file.of(context.settings)), clock.now()
        )
    begun = clock.now() - timedelta(minutes=2)

    def view(number: int, caller: str, at: int) -> ListedCall:
        started = (begun + timedelta(seconds=at)).astimezone(UTC)
        return ListedCall(f"CA{number:032x}", caller, LegStatus.COMPLETED, started, started + timedelta(seconds=9))

    for one in (view(2, "+8613900000002", 5), view(1, "+8613900000002", 0), view(3, "anonymous", 0)):
        assert call_end_service.write_down_missed(context, one, clock.now())
        assert not call_end_service.write_down_missed(context, one, clock.now())
    with context.database.read() as session:
        assert [row.number for row in session.scalars(select(Callback))] == ["+8613900000002"]


def test_a_redis_that_accepts_and_stays_silent_keeps_nobody_waiting(
    tmp_path: Path, sqlite_url: str, redis_server: str
) -> None:
    del redis_server
    silent = gate.Gate(("127.0.0.1", 1))
    silent.silence()
    settings = make_settings(tmp_path, sqlite_url, f"redis://127.0.0.1:{silent.port}/0")
    with open_context(settings) as context:
        begun = time.monotonic()
        with context.database.write() as session:
            jobs.add_many(session, context.notifier, "transcribe", [f"r{n}" for n in range(20)], clock.now())
            jobs.add(session, context.notifier, "transcribe", "one more", clock.now())
        assert time.monotonic() - begun < 1.5 * PATIENCE
        assert _count(context, Job) == 21
    silent.close()


def test_a_lock_that_another_process_holds_costs_a_caller_no_error(
    tmp_path: Path, sqlite_url: str, redis_server: str
) -> None:
    settings = make_settings(tmp_path, sqlite_url, redis_server)
    provider = connect(settings)
    with open_context(settings) as context:
        app = voice_app.create(context, provider)
        wait_for(lambda: _count(context, Job) > 60, what="the prompts' rows")
        caller = Caller(app, settings)
        held = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        document, took = timed(caller, "/voice/calls")
        assert took < IN_TIME
        assert document.verbs == ["Redirect"]
        held.execute("ROLLBACK")
        held.close()
        wait_for(lambda: not app.extensions["outage"].is_on, what="the lock to be seen as free")
        assert ElementTree.fromstring(caller.post("/voice/calls").text).find("Gather") is not None  # noqa: S314
    provider.close()


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"], ids=["read-only", "disk full"])
def test_a_disk_that_takes_nothing_sends_no_caller_away(
    tmp_path: Path, sqlite_url: str, redis_server: str, pragma: str
) -> None:
    settings = make_settings(tmp_path, sqlite_url, redis_server)
    provider = connect(settings)
    is_broken = [False]

    def breaks(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        name = pragma.split(" ", maxsplit=1)[0]
        connection.execute(f"PRAGMA {pragma}" if is_broken[0] else f"PRAGMA {name} = {WHOLE[name]}")

    with open_context(settings) as context:
        event.listen(context.database.engine, "checkout", breaks)
        with context.database.write() as session:
            hospital_service.store(
                session, hospital_file.read(Path("cli/demo/hospital.yaml"), queues_file.of(settings)), clock.now()
            )
        app = voice_app.create(context, provider)
        wait_for(lambda: _count(context, Job) > 60, what="the prompts' rows")
        is_broken[0] = True
        document = Document("")
        for number in range(40):  # a file has room within its pages for a few
            caller = Caller(app, settings, number=f"+86139000000{number:02}")
            document, _ = timed(caller, "/voice/calls")
            if document.verbs == ["Redirect"]:
                break
        assert document.verbs == ["Redirect"]
        for _ in range(3):
            document, took = timed(caller, document.text_of("Redirect"))
            assert took < IN_TIME
            assert document.verbs[-1] == "Redirect"
        is_broken[0] = False
        wait_for(lambda: not app.extensions["outage"].is_on, what="the end of the outage")
        assert "Enqueue" in timed(caller, document.text_of("Redirect"))[0].verbs
    provider.close()


def test_a_database_that_only_reads_sends_no_caller_away(house: House, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("ALTER DATABASE work SET default_transaction_read_only = on")
        house.gate.cut()
        caller = house.caller()
        try:
            document, _ = timed(caller, "/voice/calls")
            for _ in range(3):
                document, _ = timed(caller, document.text_of("Redirect"))
                assert document.verbs[-1] == "Redirect"
        finally:
            owner.execute("SET default_transaction_read_only = off")
            owner.execute("ALTER DATABASE work RESET default_transaction_read_only")
        house.gate.cut()
        wait_for(
            lambda: "Enqueue" in timed(caller, document.text_of("Redirect"))[0].verbs, what="a caller who is helped"
        )


def test_a_webhook_that_comes_too_late_is_answered_only_when_it_is_signed(
    tmp_path: Path, sqlite_url: str, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_limits, "ANSWER_SECONDS", 0.2)
    settings = make_settings(tmp_path, sqlite_url, redis_server)
    provider, goes_on = connect(settings), threading.Event()
    with open_context(settings) as context:
        app = voice_app.create(context, provider)
        inner: Any = app.wsgi_app
        monkeypatch.setattr(inner, "_app", lambda _environ, _start: goes_on.wait(60) and [])
        caller = Caller(app, settings)
        forged = caller.client.post("/voice/calls", data=caller.form({}), headers={signature.HEADER: "forged"})
        assert forged.status_code == 403
        assert not app.extensions["outage"].is_on
        assert timed(caller, "/voice/calls")[0].verbs == ["Redirect"]
        goes_on.set()
    provider.close()
