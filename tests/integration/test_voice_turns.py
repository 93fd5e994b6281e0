"""One caller's way through the standard flow by signed webhooks, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from hotline import log
from hotline.clock import now
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import (
    Agent,
    AgentSkill,
    Call,
    CallHistoryEvent,
    Job,
    Leg,
    Offer,
    Prompt,
    Queue,
    QueueEntry,
    Row,
    Skill,
)
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.leg import LegStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from routing.offers import service as offer_service
from telephony.provider import connect, signature
from tests.integration.caller import Caller, Document
from tests.support.servers import wait_for
from tests.support.webhooks import unhurried_app

STRANGE = (
    "/voice/calls",
    "/voice/calls/nobody/turns/1",
    "/voice/calls/nobody/turns/-1",
    "/voice/calls/x/wait",
    "/voice/calls/x/queue-left",
    "/voice/calls/x/conference-left",
    "/voice/fallback",
    "/voice/nowhere",
    "/voice/calls/x/y/z",
)


@pytest.fixture
def app(context: AppContext) -> Iterator[Flask]:
    """The voice app of a small hospital."""
    with context.database.write() as session:
        session.add_all([Skill(name=n, label_zh=n, label_en=n) for n in ("booking", "complaint", "nurse", "zh-CN")])
        session.flush()
        session.add_all([Queue(name=n, label_zh=n, label_en=n) for n in ("booking", "nurse")])
    provider = connect(context.settings)
    yield unhurried_app(context, provider)
    provider.close()


@pytest.fixture
def caller(app: Flask, settings: Settings) -> Caller:
    """Someone with a telephone."""
    return Caller(app, settings)


def the_call(context: AppContext) -> Call:
    with context.database.read() as session:
        return session.scalars(select(Call)).one()


def the_lines(context: AppContext) -> list[QueueEntry]:
    with context.database.read() as session:
        return list(session.scalars(select(QueueEntry).order_by(QueueEntry.id)))


def story(context: AppContext) -> list[str]:
    with context.database.read() as session:
        return list(session.scalars(select(CallHistoryEvent.kind).order_by(CallHistoryEvent.at, CallHistoryEvent.id)))


def rows(context: AppContext) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database that webhooks may change; times of hearing aside."""
    with context.database.read() as session:
        return {
            model.__tablename__: [
                {c.name: getattr(row, c.key) for c in model.__table__.columns if c.name != "last_report_at"}
                for row in session.scalars(select(model).order_by(model.id))
            ]
            for model in (Call, Leg, CallHistoryEvent, QueueEntry)
        }


def test_caller_who_chooses_booking_in_english_waits_in_its_line(context: AppContext, caller: Caller) -> None:
    assert "普通话请按1" in caller.call().said
    assert "recorded" in caller.press("2").said
    assert "Booking, press 1" in caller.press("").said
    document = caller.press("1")
    assert document.verbs == ["Say", "Enqueue"]
    assert document.text_of("Enqueue") == "booking"
    call, (line,) = the_call(context), the_lines(context)
    assert (call.language, call.intent, call.status) == (Language.ENGLISH, Intent.BOOKING, CallStatus.WAITING)
    assert (call.caller_number, call.consent_at is not None) == ("+8613800000001", True)
    assert call.caller_index == context.keyring.index("+8613800000001")
    assert (line.queue, line.required_skills, line.priority) == ("booking", {"booking": 1, "en-US": 1}, 0)
    assert story(context) == [
        "call_started", "menu_shown", "key_pressed", "language_chosen", "menu_shown", "consent_heard", "menu_shown",
        "key_pressed", "person_requested",
    ]  # fmt: skip
    assert "You are next" in caller.wait().said


def test_caller_who_presses_nothing_and_then_a_wrong_key_reaches_a_person(context: AppContext, caller: Caller) -> None:
    caller.call()
    caller.press("")
    caller.press("")
    assert "没有收到您的按键" in caller.press("").said
    document = caller.press("7")
    assert document.text_of("Enqueue") == "booking"
    assert [k for k in story(context) if k in {"timed_out", "wrong_key", "person_requested"}] == [
        "timed_out", "timed_out", "wrong_key", "person_requested",
    ]  # fmt: skip
    assert the_call(context).intent is Intent.UNKNOWN


def test_emergency_key_works_before_anything_else_and_counts_as_consent_only_once_heard(
    context: AppContext, caller: Caller
) -> None:
    caller.call()
    document = caller.press("9")
    assert "120" in document.said
    assert (the_lines(context)[0].queue, the_lines(context)[0].priority) == ("nurse", 100)
    assert the_call(context).consent_at is None
    caller.wait()
    caller.wait()
    assert the_call(context).consent_at is not None
    assert story(context).count("consent_heard") == 1


def test_caller_in_line_who_presses_the_emergency_key_moves_to_the_nurses(context: AppContext, caller: Caller) -> None:
    caller.call()
    for key in ("1", "", "1"):
        caller.press(key)
    assert caller.wait(Digits="9").verbs == ["Leave"]
    document = caller.ask(caller.here.attribute("Enqueue", "action"), QueueResult="leave")
    assert document.text_of("Enqueue") == "nurse"
    assert [(line.queue, line.state) for line in the_lines(context)] == [
        ("booking", QueueEntryState.LEFT), ("nurse", QueueEntryState.WAITING),
    ]  # fmt: skip
    assert the_call(context).intent is Intent.EMERGENCY


def test_person_key_before_the_notice_speaks_the_notice_on_the_way(caller: Caller) -> None:
    caller.call()
    assert "录音" in caller.press("0").said


def test_repeat_says_the_menu_again_and_back_returns_to_the_language(caller: Caller) -> None:
    caller.call()
    caller.press("1")
    menu = caller.press("")
    assert caller.press("*").said == menu.said
    assert "For English" in caller.press("#").said


def test_every_webhook_twice_leaves_the_same_rows_and_the_same_answers(context: AppContext, caller: Caller) -> None:
    def twice(path: str, **parameters: str) -> Document:
        first = caller.ask(path, **parameters)
        before = rows(context)
        again = caller.ask(path, **parameters)
        assert again.text == first.text
        assert rows(context) == before
        return again

    twice("/voice/calls", CallStatus="ringing")
    for key in ("2", "", "*", "3"):
        twice(caller.here.attribute("Gather", "action"), Digits=key)
    enqueue = caller.here
    twice(enqueue.attribute("Enqueue", "waitUrl"))
    twice(enqueue.attribute("Enqueue", "action"), QueueResult="hangup")
    before = rows(context)
    caller.hang_up()
    caller.hang_up()
    assert rows(context)["calls"] == before["calls"]
    assert the_call(context).outcome is CallOutcome.ABANDONED


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (2, 0, 1), (1, 2, 0), (0, 0, 2)])
def test_status_callbacks_in_any_order_leave_an_ended_call(
    context: AppContext, caller: Caller, order: tuple[int, ...]
) -> None:
    words = ("ringing", "in-progress", "completed")
    caller.call()
    for number in order:
        assert caller.report(words[number], number).status_code == 204
    call = the_call(context)
    with context.database.read() as session:
        leg = session.scalars(select(Leg)).one()
    assert (call.status, call.outcome) == (CallStatus.ENDED, CallOutcome.LEFT_IN_MENU)
    assert leg.status is LegStatus.COMPLETED
    assert story(context).count("call_ended") == 1
    assert caller.press("1").verbs == ["Hangup"]


def test_caller_who_hangs_up_in_line_is_abandoned_and_the_phone_that_rang_stops(
    context: AppContext, caller: Caller
) -> None:
    caller.call()
    for key in ("1", "", "1"):
        caller.press(key)
    line = the_lines(context)[0]
    with context.database.write() as session:
        agent = Agent(
            staff_number="1", name="n", address="client:n", status=AgentStatus.AVAILABLE, state_since=now(),
            skills=[AgentSkill(skill="booking", level=3)],
        )  # fmt: skip
        session.add(agent)
    offer = Offer(queue_entry_id=line.id, call_id=line.call_id, agent_id=agent.id, ring=1, rings=3, started_at=now())
    offer.id = "o1"
    assert offer_service.start(context.database, context.notifier, offer)
    caller.hang_up()
    with context.database.read() as session:
        assert session.scalars(select(Offer.state)).one() is OfferState.CANCELLED
    assert the_lines(context)[0].state is QueueEntryState.ABANDONED
    assert the_call(context).outcome is CallOutcome.ABANDONED


@pytest.mark.parametrize("path", ["/voice/calls", "/voice/calls/status", "/voice/fallback", "/voice/calls/x/turns/1"])
def test_webhook_without_a_genuine_signature_is_refused_and_stores_nothing(
    context: AppContext, caller: Caller, path: str
) -> None:
    form = caller.form({})
    for headers in (
        {},
        {signature.HEADER: "wrong"},
        {signature.HEADER: signature.sign("http://voice.test/x", form, "t")},
    ):
        assert caller.client.post(path, data=form, headers=headers).status_code == 403
    assert rows(context) == {"calls": [], "legs": [], "call_events": [], "queue_entries": []}


@pytest.mark.parametrize(
    "parameters",
    [
        {"CallSid": ""},
        {"CallSid": "' OR 1=1 --"},
        {"From": "anonymous", "CallStatus": "🙂"},
        {"From": "client:zhang", "To": "", "Direction": "x" * 3000},
        {"From": "sip:+86@x", "SequenceNumber": "²", "CallDuration": "-1"},
        {"Digits": "\x00", "QueueResult": "?", "Unknown": "1"},
    ],
)
def test_malformed_webhook_gets_a_spoken_way_out(caller: Caller, parameters: dict[str, str]) -> None:
    for path in STRANGE:
        document = caller.ask(path, **parameters)
        assert set(document.verbs) & {"Say", "Gather", "Redirect", "Leave", "Enqueue", "Play"}, path


@pytest.mark.parametrize("key", ["1", "9"])
def test_one_turn_delivered_to_several_threads_at_once_is_taken_once(
    context: AppContext, caller: Caller, key: str
) -> None:
    caller.call()
    caller.press("1")
    action = caller.here.attribute("Gather", "action")
    with ThreadPoolExecutor(6) as pool:
        answers = {r.text for r in pool.map(lambda _: caller.post(action, Digits=key), range(6))}
    assert len(answers) == 1
    assert story(context).count("consent_heard") == 1
    assert len(the_lines(context)) == (1 if key == "9" else 0)


def test_first_webhook_delivered_to_several_threads_at_once_makes_one_call(context: AppContext, caller: Caller) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = {r.text for r in pool.map(lambda _: caller.post("/voice/calls"), range(6))}
    assert len(answers) == 1
    assert story(context) == ["call_started", "menu_shown"]


def test_call_that_the_exchange_could_not_go_on_with_is_led_to_a_person(context: AppContext, caller: Caller) -> None:
    caller.call()
    document = caller.ask("/voice/fallback", ErrorCode="11200", ErrorUrl="http://voice.test/x")
    assert "抱歉" in document.said
    assert document.text_of("Enqueue") == "booking"
    again = caller.ask("/voice/fallback", ErrorCode="11200")
    assert again.text_of("Enqueue") == "booking"
    assert len(the_lines(context)) == 1


def test_call_never_heard_of_is_written_down_by_the_fallback_and_led_to_a_person(
    context: AppContext, caller: Caller
) -> None:
    assert caller.ask("/voice/fallback").text_of("Enqueue") == "booking"
    assert the_call(context).status is CallStatus.WAITING


def test_broken_database_is_answered_with_a_way_out_and_reports_are_asked_for_again(
    context: AppContext, caller: Caller
) -> None:
    log.configure("voice")  # the form of production: without the values of variables
    caller.call()
    Row.metadata.drop_all(context.database.engine)
    document = caller.press("1")
    assert document.verbs == ["Redirect"]
    last = caller.ask(document.text_of("Redirect"))
    assert "抱歉" in last.said
    assert last.verbs == ["Say", "Say", "Play", "Redirect"]
    assert caller.ask(last.text_of("Redirect")).verbs[-1] == "Redirect"
    assert caller.hang_up().status_code == 503


def _prompts(context: AppContext) -> list[str]:
    with context.database.read() as session:
        return list(session.scalars(select(Prompt.digest)))


def test_prompts_of_the_flow_are_asked_for_once(context: AppContext, app: Flask) -> None:
    del app
    wait_for(lambda: _prompts(context), what="the prompts")
    with context.database.read() as session:
        count = len(session.scalars(select(Prompt)).all())
        jobs = session.scalars(select(Job.subject_id).where(Job.kind == "render_prompt")).all()
    provider = connect(context.settings)
    unhurried_app(context, provider)
    provider.close()
    with context.database.read() as session:
        assert len(session.scalars(select(Prompt)).all()) == count == len(jobs) > 60


def test_voice_process_says_that_it_is_well(caller: Caller) -> None:
    assert caller.client.get("/healthz").text == "ok\n"
