"""Callers in line: the wait they are told, callbacks that keep their place, messages, other ways out."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.callers import profile
from crm.cases import service as crm
from crm.patients import service as patients_service
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import Agent, Call, Callback, CallHistoryEvent, Case, Offer, Patient, QueueEntry, Recording, Row
from hotline.values.reason import Reason
from hotline.values.reason_codes import CallbackReason, PriorityReason, QueueEntryEndReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.callback import CallbackState
from hotline.values.states.case import CaseKind
from hotline.values.states.leg import LegStatus
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recording import RecordingKind
from routing.callbacks import due
from routing.callbacks import service as callbacks_service
from routing.estimates import estimated_wait_queries
from routing.ladder import floor_state
from routing.offers import service as offer_service
from routing.queues import overflow_service, queries, queues_file, service
from routing.queues.queues import OverflowKind
from routing.router import floor_queries
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider, connect
from telephony.views import LegView
from tests.integration.caller import Caller, Document, new_sid
from tests.support.factories import load_hospital
from tests.support.webhooks import unhurried_app

NUMBER, OTHER = "+8613800000001", "+8613800000002"


class Killed(BaseException):
    """The process dies."""


class Telephones(Provider):
    """The exchange as callbacks ask it: numbers are dialled, and told apart by what the test says of them."""

    def __init__(self, settings: Settings) -> None:
        """Nobody was dialled yet."""
        self.dialled: list[tuple[str, str]] = []
        self.fault: BaseException | None = None
        self.views: dict[str, LegView] = {}
        self._prefix = settings.voice_url

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        """Ring; the fault, if any, comes after the telephone has begun to ring."""
        assert answer_url.removesuffix("/answer") == status_url.removesuffix("/status")
        assert (caller_id, timeout_seconds) == ("+861066880000", due.RING_SECONDS)
        self.dialled.append((address, answer_url.removeprefix(self._prefix).removesuffix("/answer")))
        if self.fault is not None:
            raise self.fault
        return f"CB{len(self.dialled)}"

    def leg(self, sid: str) -> LegView | None:
        """The line, where the test has one."""
        return self.views.get(sid)


class Scene:
    """The hotline in a test: rows, callers, and the moments at which the router looks at callbacks."""

    def __init__(self, context: AppContext, app: Flask) -> None:
        """The sample hospital, everybody at home."""
        self.context, self.app = context, app
        self.telephones = Telephones(context.settings)
        self.agents = load_hospital(context, clock.now())
        self.at_work()

    def at_work(self, *staff_numbers: str) -> None:
        """These agents are available and idle, the others are offline."""
        with self.context.database.write() as session:
            for row in session.scalars(select(Agent)):
                row.status = AgentStatus.AVAILABLE if row.staff_number in staff_numbers else AgentStatus.OFFLINE
                row.state = AgentState.IDLE

    def rows(self, model: type[Row]) -> list[Any]:
        """All rows, the oldest first."""
        with self.context.database.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))  # type: ignore[attr-defined] # rows have ids

    def one(self, model: type[Row]) -> Any:
        """The only row."""
        (row,) = self.rows(model)
        return row

    def call(self, caller: Caller) -> Call:
        """The call of this line."""
        with self.context.database.read() as session:
            return session.scalars(select(Call).where(Call.provider_sid == caller.sid)).one()

    def places(self, caller: Caller) -> list[QueueEntry]:
        """The places in line of this call, the newest last."""
        call = self.call(caller)
        return [row for row in self.rows(QueueEntry) if row.call_id == call.id]

    def caller(self, number: str = NUMBER) -> Caller:
        """Somebody in line for an enquiry, in English."""
        caller = Caller(self.app, self.context.settings, number)
        caller.call()
        for key in ("2", "", "2"):
            caller.press(key)
        return caller

    def promised(self, number: str = NUMBER) -> Caller:
        """Somebody who asked to be called back and has hung up."""
        caller = self.caller(number)
        press(caller, "1")
        caller.hang_up()
        return caller

    def route(self, after_seconds: float = 0) -> bool:
        """The router looks at callbacks."""
        now = clock.now() + timedelta(seconds=after_seconds)
        return callbacks_service.act(self.context, self.telephones, now)

    def picks_up(self, sid: str) -> tuple[Caller, Document]:
        """The patient picks up the telephone that was dialled last: their line, and what they hear."""
        number, path = self.telephones.dialled[-1]
        line = Caller(self.app, self.context.settings, number, sid)
        return line, line.ask(f"{path}/answer", Direction="outbound-api")


def press(caller: Caller, key: str) -> Document:
    """A key while in line."""
    caller.here = caller.wait(Digits=key)
    return caller.here


def digits(document: Document) -> str:
    """The digits that are read out in English."""
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    said = [element.text for element in document.root.iter("Say")]
    return "".join(str(words.index(text)) for text in said if text in words)


@pytest.fixture
def app(context: AppContext) -> Iterator[Flask]:
    """The voice app."""
    provider = connect(context.settings)
    yield unhurried_app(context, provider)
    provider.close()


@pytest.fixture
def scene(context: AppContext, app: Flask) -> Scene:
    """The sample hospital with nobody at work."""
    return Scene(context, app)


# What is told.


def test_a_caller_hears_the_expected_wait_and_it_is_written_down_once(scene: Scene) -> None:
    scene.at_work("1001")
    caller = scene.caller()
    said = caller.wait().said
    assert "You are next" in said
    assert "less than a minute" in said
    second = scene.caller(OTHER)
    assert "about 3 minutes" in second.wait().said  # what is usual, where nobody has talked yet
    row = scene.places(second)[-1]
    second.wait()
    assert row.announced_seconds is not None
    assert 100 < row.announced_seconds < 200
    assert row.estimated_seconds == pytest.approx(row.announced_seconds, abs=0.5)  # nothing learned to set it right by
    assert row.announced_at == scene.places(second)[-1].announced_at


def test_nothing_is_said_of_the_wait_where_nobody_could_answer(scene: Scene) -> None:
    scene.at_work()
    said = scene.caller().wait().said
    assert "You are next" in said
    assert "wait is" not in said
    assert scene.one(QueueEntry).announced_at is None


def test_a_caller_whom_only_the_overflow_can_help_is_told_when_it_will(scene: Scene) -> None:
    scene.at_work("2001")  # a nurse
    assert "less than a minute" in scene.caller().wait().said
    told = scene.one(QueueEntry).announced_seconds
    assert told is not None
    assert 3 * scene.context.settings.ring_seconds <= told <= 45


def test_the_error_of_announcements_is_reported(scene: Scene) -> None:
    scene.at_work("1001")
    scene.caller().wait()
    with scene.context.database.write() as session:
        row = session.scalars(select(QueueEntry)).one()
        assert row.announced_at is not None
        assert row.announced_seconds is not None
        waited = timedelta(seconds=row.announced_seconds + 15)
        row.state, row.ended_at = QueueEntryState.CONNECTED, row.announced_at + waited
    with scene.context.database.read() as session:
        error = estimated_wait_queries.error_since(session, clock.now() - timedelta(hours=1))
    assert error is not None
    assert (error.count, error.median_seconds, error.too_short) == (1, 15, 1)


def test_waits_that_were_longer_than_told_make_the_next_ones_longer(scene: Scene) -> None:
    scene.at_work("1001")
    scene.caller()
    told = scene.caller(OTHER)
    told.wait()
    with scene.context.database.write() as session:
        row = session.get_one(QueueEntry, scene.places(told)[-1].id)
        assert row.announced_at is not None
        for number in range(40):
            asked = row.announced_at - timedelta(hours=2, seconds=number)
            past = QueueEntry(
                call_id=row.call_id,
                queue=row.queue,
                required_skills=row.required_skills,
                state=QueueEntryState.CONNECTED,
            )
            past.asked_at = past.announced_at = asked
            past.announced_seconds, past.estimated_seconds = 60, 60.0
            past.ended_at = asked + timedelta(seconds=120)
            session.add(past)
        call_id, now = row.call_id, row.announced_at
    with scene.context.database.read() as session:
        forecast = estimated_wait_queries.of(session, scene.context.settings, call_id, now)
    assert forecast is not None
    assert forecast.estimate is not None
    assert forecast.estimate.told > 1.5 * forecast.estimate.raw


def test_a_caller_in_an_emergency_is_offered_nothing_but_a_nurse(scene: Scene) -> None:
    caller = scene.caller()
    press(caller, "9")
    place = caller.ask(f"/voice/calls/{scene.call(caller).id}/queue-left", QueueResult="leave")
    caller.here = place
    assert "call" not in caller.wait().said.lower()
    caller.here = place
    assert "Play" in press(caller, "1").text or "You are next" in caller.here.said
    assert scene.rows(Callback) == []


# Callbacks.


def test_a_call_back_keeps_the_place_and_is_promised_at_once(scene: Scene) -> None:
    caller = scene.caller()
    asked_at = scene.places(caller)[-1].asked_at
    said = press(caller, "1")
    assert digits(said) == NUMBER.removeprefix("+86")
    callback = scene.one(Callback)
    assert (callback.state, callback.asked_at, callback.tries) == (CallbackState.WAITING, asked_at, 0)
    caller.hang_up()
    call = scene.call(caller)
    assert (call.status, call.outcome) == (CallStatus.ENDED, CallOutcome.CALL_BACK)
    assert scene.places(caller)[-1].state is QueueEntryState.LEFT


def test_whoever_asked_later_stands_behind_a_call_back(scene: Scene) -> None:
    scene.promised()
    later = scene.caller(OTHER)
    assert "number 2 in line" in later.wait().said


def test_the_patient_is_called_when_an_agent_is_free_and_stands_where_they_stood(scene: Scene) -> None:
    asked = scene.promised()
    later = scene.caller(OTHER)
    assert not scene.route()
    scene.at_work("1001")
    assert scene.route()
    assert scene.telephones.dialled[0][0] == NUMBER
    assert not scene.route()
    with scene.context.database.read() as session:  # the agent is kept for them
        seen = floor_queries.floor_state_of(session, queues_file.of(scene.context.settings), clock.now())
        assert [agent.id for agent in seen.agents] == [scene.agents["1001"].id]
        assert callbacks_service.without_kept(session, seen, clock.now()).agents == ()
    line, said = scene.picks_up("CB1")
    assert "calling you back as you asked" in said.said
    assert "recorded" in said.said
    back = line.press("1")
    assert back.verbs[-1] == "Enqueue"
    call = scene.call(line)
    place = scene.places(line)[-1]
    assert call.direction is Direction.OUTBOUND
    assert call.consent_at is not None
    assert place.asked_at == scene.places(asked)[-1].asked_at
    with scene.context.database.read() as session:
        assert queries.position(session, place) == 1
        assert queries.position(session, scene.places(later)[-1]) == 2
    assert "You are next" in line.wait().said


def meet(scene: Scene, line: Caller, staff_number: str) -> None:
    """An agent answers whoever is on this line."""
    place = scene.places(line)[-1]
    offer = Offer(
        id=clock.new_id(), queue_entry_id=place.id, call_id=place.call_id, agent_id=scene.agents[staff_number].id,
        ring=1, rings=3, reasons=[], started_at=clock.now(),
    )  # fmt: skip
    assert offer_service.start(scene.context.database, scene.context.notifier, offer)
    assert offer_service.answer(scene.context.database, scene.context.notifier, offer.id, clock.now(), new_sid())
    with scene.context.database.write() as session:
        session.get_one(QueueEntry, place.id).sent_to_conference_at = clock.now()
    line.post(f"/voice/conferences/{place.call_id}/events?offer={offer.id}", StatusCallbackEvent="conference-start")


def test_a_call_back_that_met_a_person_is_done_and_opens_no_case(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.route()
    line, _ = scene.picks_up("CB1")
    line.press("")  # who just stays is put through as well
    meet(scene, line, "1001")
    line.hang_up()
    assert scene.one(Callback).state is CallbackState.DONE
    assert scene.call(line).outcome is CallOutcome.ANSWERED
    assert scene.rows(Case) == []
    assert not scene.route(600)


def test_every_step_of_a_call_back_may_come_twice(scene: Scene) -> None:
    caller = scene.caller()
    assert digits(press(caller, "1")) == digits(caller.press("1")) == digits(caller.press("1"))
    caller.hang_up()
    caller.hang_up()
    scene.at_work("1001")
    scene.route()
    _number, path = scene.telephones.dialled[-1]
    line, said = scene.picks_up("CB1")
    assert line.ask(f"{path}/answer").text == said.text
    first = line.ask(f"{path}/join", Digits="1")
    assert line.ask(f"{path}/join", Digits="1").verbs[-1] == first.verbs[-1] == "Enqueue"
    assert len([row for row in scene.rows(Call) if row.direction is Direction.OUTBOUND]) == 1
    assert len(scene.places(line)) == 1
    assert line.ask(f"{path}/answer").verbs[-1] == "Enqueue"  # late: they are told where they stand
    line.hang_up()
    line.hang_up()
    assert scene.one(Callback).tries == 1


def test_another_number_may_be_given_and_a_wrong_one_changes_nothing(scene: Scene) -> None:
    caller = scene.caller()
    press(caller, "1")
    assert "key in your telephone number" in caller.press("2").said
    assert digits(caller.press("13900000007")) == "13900000007"
    caller.press("2")
    assert "not a telephone number" in caller.press("12").said
    assert digits(caller.press("99")) == "13900000007"
    assert "Goodbye" in caller.press("").said
    assert scene.one(Callback).number == "+8613900000007"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("66880000", "area code is missing"),
        ("1066880000", "area code is missing"),
        ("95588", "number of a service"),
        ("4001234567", "number of a service"),
        ("11111111111", "not a telephone number"),
        ("138*00138000", "not a telephone number"),
        ("", "did not hear a key"),
    ],
)
def test_a_number_that_reaches_nobody_is_refused_with_its_reason_and_asked_for_again(
    scene: Scene, keys: str, reason: str
) -> None:
    caller = scene.caller()
    press(caller, "1")
    caller.press("2")
    asked = caller.press(keys).said
    assert reason in asked
    assert "key in your telephone number" in asked
    assert digits(caller.press("01066880000")) == "01066880000"
    assert scene.one(Callback).number == "+861066880000"


def test_star_asks_for_the_number_again_as_often_as_wanted(scene: Scene) -> None:
    caller = scene.caller()
    press(caller, "1")
    caller.press("2")
    for _ in range(3):
        assert caller.press("*").said == "Please key in your telephone number, then press hash."
    assert digits(caller.press("13900000007")) == "13900000007"


def test_in_mandarin_too_the_reason_is_said(scene: Scene) -> None:
    caller = Caller(scene.app, scene.context.settings, NUMBER)
    caller.call()
    for key in ("1", "", "2"):
        caller.press(key)
    press(caller, "1")
    caller.press("2")
    assert "缺少区号" in caller.press("66880000").said


def test_nobody_is_called_back_at_the_number_of_a_service(scene: Scene) -> None:
    caller = scene.caller("+8695588")
    assert "key in your telephone number" in press(caller, "1").said
    assert digits(caller.press("13900000007")) == "13900000007"


def test_whoever_would_rather_wait_stands_where_they_stood(scene: Scene) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    press(caller, "1")
    assert caller.press("*").verbs == ["Redirect"]
    now = scene.places(caller)[-1]
    assert (now.state, now.asked_at) == (QueueEntryState.WAITING, before.asked_at)
    assert scene.one(Callback).state is CallbackState.CANCELLED
    assert len(scene.places(caller)) == 2
    caller.hang_up()
    assert scene.call(caller).outcome is CallOutcome.ABANDONED


def test_a_hidden_number_is_asked_for_and_the_caller_stays_in_line_meanwhile(scene: Scene) -> None:
    caller = scene.caller("anonymous")
    assert "key in your telephone number" in press(caller, "1").said
    assert scene.places(caller)[-1].state is QueueEntryState.WAITING
    caller.press("7")
    assert caller.press("").verbs == ["Redirect"]
    assert scene.rows(Callback) == []
    assert scene.places(caller)[-1].state is QueueEntryState.WAITING


def test_a_patient_who_does_not_pick_up_is_tried_twice_and_then_a_person_sees_to_it(scene: Scene) -> None:
    caller = scene.promised()
    scene.at_work("1001")
    for attempt in (1, 2):
        assert scene.route(600 * attempt)
        line = Caller(scene.app, scene.context.settings, NUMBER, f"CB{attempt}")
        path = f"{scene.telephones.dialled[-1][1]}/status"
        line.post(path, CallStatus="ringing", SequenceNumber="1")
        line.post(path, CallStatus="no-answer", SequenceNumber="2")
        line.post(path, CallStatus="no-answer", SequenceNumber="2")
        assert not scene.route()  # not at once again
    callback = scene.one(Callback)
    assert (callback.state, callback.tries, callback.reason) == (CallbackState.FAILED, 2, CallbackReason.NO_ANSWER)
    case = scene.one(Case)
    assert (case.kind, case.call_id) == (CaseKind.CALL_BACK, scene.call(caller).id)
    assert not scene.route(6000)


def test_a_report_of_the_first_try_that_comes_late_does_not_end_the_second(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.route()
    first = scene.telephones.dialled[-1][1]
    line = Caller(scene.app, scene.context.settings, NUMBER, "CB1")
    line.post(f"{first}/status", CallStatus="busy", SequenceNumber="2")
    scene.route(600)
    line.post(f"{first}/status", CallStatus="completed", SequenceNumber="3")
    assert scene.one(Callback).state is CallbackState.DIALLING
    assert line.ask(f"{first}/answer").verbs[-1] == "Hangup"
    assert scene.one(Callback).state is CallbackState.DIALLING


def test_a_router_that_dies_while_dialling_never_dials_twice(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.telephones.fault = Killed()
    with pytest.raises(Killed):
        scene.route()
    scene.telephones.fault = None
    assert not scene.route()
    assert not scene.route(due.SILENT_SECONDS - 5)
    assert len(scene.telephones.dialled) == 1
    line, said = scene.picks_up("CB1")  # it rings all the same, and is the line of this try
    assert "calling you back" in said.said
    assert line.press("1").verbs[-1] == "Enqueue"
    assert scene.one(Callback).state is CallbackState.ACCEPTED


def test_a_try_of_which_nothing_is_heard_is_over_after_a_while(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.telephones.fault = ProviderDown("no answer")
    scene.route()
    scene.telephones.fault = None
    scene.route(due.SILENT_SECONDS + 5)
    callback = scene.one(Callback)
    assert (callback.state, callback.tries, callback.reserved_agent_id) == (CallbackState.WAITING, 1, None)
    scene.route(900)
    scene.telephones.views["CB2"] = LegView("CB2", LegStatus.RINGING, None)
    scene.route(900 + due.SILENT_SECONDS + 5)  # the exchange says that it still rings
    assert scene.one(Callback).state is CallbackState.DIALLING
    del scene.telephones.views["CB2"]
    scene.route(900 + due.SILENT_SECONDS + 6)
    assert scene.one(Callback).state is CallbackState.FAILED
    assert scene.one(Case).kind is CaseKind.CALL_BACK


def test_a_number_that_the_exchange_refuses_is_a_try(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.telephones.fault = ProviderRefused("invalid number", 400, 21211)
    scene.route()
    callback = scene.one(Callback)
    assert (callback.state, callback.reason) == (CallbackState.WAITING, CallbackReason.NUMBER_UNREACHABLE)


def test_whoever_hangs_up_before_an_agent_answers_is_called_once_more(scene: Scene) -> None:
    scene.promised()
    scene.at_work("1001")
    scene.route()
    line, _ = scene.picks_up("CB1")
    line.press("1")
    line.hang_up()
    callback = scene.one(Callback)
    assert (callback.state, callback.tries) == (CallbackState.WAITING, 1)
    assert scene.route(600)
    line, _ = scene.picks_up("CB2")
    line.hang_up()  # during the greeting
    assert scene.one(Callback).state is CallbackState.FAILED


def test_whoever_calls_again_themselves_stands_where_their_call_back_stood(scene: Scene) -> None:
    first = scene.promised()
    again = scene.caller()
    assert scene.one(Callback).state is CallbackState.CANCELLED
    assert scene.places(again)[-1].asked_at == scene.places(first)[-1].asked_at
    scene.at_work("1001")
    assert not scene.route()


def test_nobody_is_called_who_is_still_on_the_line(scene: Scene) -> None:
    caller = scene.caller()
    scene.at_work("1001")
    press(caller, "1")
    assert not scene.route()
    caller.hang_up()
    assert scene.route()


def test_a_call_back_for_which_nobody_ever_was_free_becomes_a_case(scene: Scene) -> None:
    scene.promised()
    scene.route(13 * 3600)
    assert scene.one(Callback).state is CallbackState.FAILED
    assert scene.one(Case).kind is CaseKind.CALL_BACK


# Messages.


def test_a_caller_in_line_may_leave_a_message_instead(scene: Scene) -> None:
    caller = scene.caller()
    assert press(caller, "2").verbs == ["Leave"]
    asked = caller.ask(f"/voice/calls/{scene.call(caller).id}/queue-left", QueueResult="leave")
    assert asked.verbs == ["Say", "Record", "Redirect"]
    assert asked.attribute("Record", "playBeep") == "true"
    assert asked.attribute("Record", "finishOnKey") == "#9"
    action = asked.attribute("Record", "action")
    thanks = caller.ask(action, RecordingSid="REm1", RecordingDuration="7", Digits="#")
    assert caller.ask(action, RecordingSid="REm1", RecordingDuration="7", Digits="#").text == thanks.text
    assert "Thank you" in thanks.said
    caller.hang_up()
    assert scene.call(caller).outcome is CallOutcome.MESSAGE
    assert scene.one(Recording).kind is RecordingKind.MESSAGE


@pytest.mark.parametrize("key", ["1", "2", "9"])
def test_a_key_that_comes_after_the_line_left_for_a_conference_leads_nowhere(scene: Scene, key: str) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    with scene.context.database.write() as session:  # an agent answered and was lost; the router brings the line back
        session.get_one(QueueEntry, before.id).sent_to_conference_at = clock.now()
    address = f"/voice/calls/{scene.call(caller).id}/wait"
    assert caller.ask(address, Digits=key).verbs[0] == "Gather"
    assert [place.id for place in scene.places(caller)] == [before.id]
    assert scene.call(caller).status is CallStatus.WAITING
    with scene.context.database.write() as session:
        session.get_one(QueueEntry, before.id).sent_to_conference_at = None
    caller.ask(address, Digits=key)
    places = [(place.id, place.state) for place in scene.places(caller)]
    assert places != [(before.id, QueueEntryState.WAITING)]


def test_without_a_message_the_caller_is_back_in_line_where_they_stood(scene: Scene) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    press(caller, "2")
    asked = caller.ask(f"/voice/calls/{scene.call(caller).id}/queue-left", QueueResult="leave")
    back = caller.ask(asked.text_of("Redirect"))
    assert back.verbs[-1] == "Enqueue"
    now = scene.places(caller)[-1]
    assert (now.id != before.id, now.asked_at, now.state) == (True, before.asked_at, QueueEntryState.WAITING)
    assert scene.rows(Recording) == []


def test_the_emergency_key_works_while_a_message_is_recorded(scene: Scene) -> None:
    caller = scene.caller()
    press(caller, "2")
    asked = caller.ask(f"/voice/calls/{scene.call(caller).id}/queue-left", QueueResult="leave")
    urgent = caller.ask(asked.attribute("Record", "action"), RecordingSid="REm2", RecordingDuration="3", Digits="9")
    assert urgent.verbs[-1] == "Enqueue"
    place = scene.places(caller)[-1]
    assert (place.queue, place.priority) == ("nurse", 100)


def test_the_sound_of_a_message_is_reported_as_one(scene: Scene) -> None:
    caller = scene.caller()
    call = scene.call(caller)
    path = f"/voice/recordings/{call.id}/events?kind=message"
    caller.post(path, RecordingSid="REm3", RecordingStatus="in-progress")
    caller.post(path, RecordingSid="REm3", RecordingStatus="completed", RecordingDuration="4", RecordingChannels="1")
    assert scene.one(Recording).kind is RecordingKind.MESSAGE


# Led out of the line by the router.


def led_out(scene: Scene, caller: Caller, way: str) -> Document:
    """The router leads the caller out of the line."""
    call = scene.call(caller)
    with scene.context.database.write() as session:
        held = queries.locked_call(session, call.id)
        assert held is not None
        service.leave(session, scene.context.notifier, held, QueueEntryEndReason.OVERFLOW_CALLBACK, clock.now())
    return caller.ask(f"/voice/calls/{call.id}/overflow?{way}")


def test_an_overflow_to_a_call_back_is_accepted_by_key(scene: Scene) -> None:
    caller = scene.caller()
    asked_at = scene.places(caller)[-1].asked_at
    assert "All our colleagues are busy" in led_out(scene, caller, "kind=call_back").said
    assert digits(caller.press("1")) == NUMBER.removeprefix("+86")
    assert scene.one(Callback).asked_at == asked_at


@pytest.mark.parametrize("way", ["kind=call_back", "kind=number", "kind=number&to=12", "kind=nonsense", "kind="])
def test_whoever_declines_or_cannot_be_led_on_is_back_in_line(scene: Scene, way: str) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    said = led_out(scene, caller, way)
    if said.verbs[0] == "Gather":
        said = caller.press("")
    assert said.verbs[-1] == "Enqueue"
    now = scene.places(caller)[-1]
    assert (now.asked_at, now.state) == (before.asked_at, QueueEntryState.WAITING)


def test_an_overflow_that_comes_when_the_caller_is_in_line_again_changes_nothing(scene: Scene) -> None:
    caller = scene.caller()
    said = caller.ask(f"/voice/calls/{scene.call(caller).id}/overflow?kind=voicemail")
    assert said.verbs[-1] == "Enqueue"
    assert len(scene.places(caller)) == 1


def test_an_overflow_to_voicemail_asks_for_a_message(scene: Scene) -> None:
    caller = scene.caller()
    asked = led_out(scene, caller, "kind=voicemail")
    assert "Record" in asked.verbs
    assert caller.ask(asked.text_of("Redirect")).verbs[-1] == "Enqueue"


@pytest.mark.parametrize(("status", "ends"), [("completed", True), ("busy", False), ("no-answer", False)])
def test_an_overflow_to_a_number_rings_there_and_falls_back_to_the_line(scene: Scene, status: str, ends: bool) -> None:
    caller = scene.caller()
    lead = led_out(scene, caller, "kind=number&to=%2B861088889999")
    assert lead.text_of("Dial") == "+861088889999"
    said = caller.ask(lead.attribute("Dial", "action"), DialCallStatus=status)
    assert (said.verbs[-1] == "Hangup") is ends
    caller.hang_up()
    assert scene.call(caller).outcome is (CallOutcome.FORWARDED if ends else CallOutcome.ABANDONED)


# Who calls.


@pytest.fixture
def listed(scene: Scene, tmp_path: Path) -> Scene:
    """A hospital that knows an old patient at `NUMBER`."""
    file = tmp_path / "patients.csv"
    file.write_text(f"number,name,birth_date,flags\n{NUMBER},王秀英,1940-05-01,cardiac\n", "utf-8")
    patients_service.import_file(scene.context, file, clock.now())
    return scene


def test_an_elderly_patient_goes_ahead_of_those_who_asked_before(listed: Scene) -> None:
    first = listed.caller(OTHER)
    old = listed.caller()
    place = listed.places(old)[-1]
    assert place.priority > listed.places(first)[-1].priority
    assert "You are next" in old.wait().said
    assert Reason(PriorityReason.AGED, {"age": 80}) in place.reasons


def test_what_is_known_of_a_patient_reaches_no_event_and_no_address(
    listed: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    old = listed.caller()
    said = [old.here.text, old.wait().text]
    story = " ".join(f"{event.kind} {event.data}" for event in listed.rows(CallHistoryEvent))
    logged = capsys.readouterr()
    for text in (story, *said, logged.out, logged.err):
        assert all(word not in text for word in ("cardiac", "aged", "green", "王秀英", NUMBER))


def test_the_owner_of_an_open_case_is_preferred(listed: Scene) -> None:
    owner = listed.agents["1003"].id
    first = listed.caller()
    with listed.context.database.write() as session:
        call = session.get_one(Call, listed.call(first).id)
        new = crm.NewCase(CaseKind.ENQUIRY, call, owner_agent_id=owner)
        crm.open_case(session, listed.context.notifier, listed.context.settings, new, crm.Actor(), clock.now())
    again = listed.caller()
    place = listed.places(again)[-1]
    assert place.preferred_agent_id == owner
    assert place.reasons[0] == Reason(PriorityReason.CASE_OWNER, {"case": 1})


def test_a_birthday_is_counted_by_the_hospital_s_day() -> None:
    born = Patient(birth_date="1946-03-03")
    assert [profile.age_on(born, date(2026, 3, day)) for day in (2, 3)] == [79, 80]


# The router's part of it.


class Redirects(Telephones):
    """The exchange as the way out of the line asks it."""

    def redirect(self, sid: str, url: str) -> None:
        """The line goes on elsewhere, or the exchange is away."""
        if self.fault is not None:
            raise self.fault
        self.dialled.append((sid, url.removeprefix(self._prefix)))


def test_the_router_leads_a_caller_out_once_per_kind(scene: Scene) -> None:
    caller = scene.caller()
    telephones = Redirects(scene.context.settings)
    out = floor_state.LeaveByOverflow(scene.places(caller)[-1].id, OverflowKind.NUMBER, "+861088889999")
    assert overflow_service.leave_queue(scene.context, telephones, out, clock.now())
    assert not overflow_service.leave_queue(scene.context, telephones, out, clock.now())
    ((sid, url),) = telephones.dialled
    assert sid == caller.sid
    lead = caller.ask(url)
    assert lead.text_of("Dial") == "+861088889999"
    caller.ask(lead.attribute("Dial", "action"), DialCallStatus="busy")
    place = scene.places(caller)[-1]
    assert (place.state, place.overflowed) == (QueueEntryState.WAITING, ["number"])
    again = floor_state.LeaveByOverflow(place.id, OverflowKind.NUMBER, "+861088889999")
    assert not overflow_service.leave_queue(scene.context, telephones, again, clock.now())


def test_a_caller_whom_the_exchange_does_not_move_stays_where_they_stood(scene: Scene) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    telephones = Redirects(scene.context.settings)
    telephones.fault = ProviderDown("away")
    overflow_service.leave_queue(
        scene.context, telephones, floor_state.LeaveByOverflow(before.id, OverflowKind.CALL_BACK, None), clock.now()
    )
    now = scene.places(caller)[-1]
    assert (now.state, now.asked_at) == (QueueEntryState.WAITING, before.asked_at)


def test_a_router_that_dies_while_it_leads_a_caller_out_loses_nobody(scene: Scene) -> None:
    caller = scene.caller()
    before = scene.places(caller)[-1]
    telephones = Redirects(scene.context.settings)
    telephones.fault = Killed()
    with pytest.raises(Killed):
        overflow_service.leave_queue(
            scene.context, telephones, floor_state.LeaveByOverflow(before.id, OverflowKind.VOICEMAIL, None), clock.now()
        )
    assert scene.places(caller)[-1].state is QueueEntryState.LEFT
    caller.wait()  # the music is over, the exchange asks what comes next
    now = scene.places(caller)[-1]
    assert (now.state, now.asked_at) == (QueueEntryState.WAITING, before.asked_at)
