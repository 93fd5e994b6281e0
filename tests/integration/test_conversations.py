"""Conversations with patients through the voice webhooks, on both databases: twice, late, to a nurse, and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from campaigns.dialling import message_service
from campaigns.dialogue import after_call_service
from campaigns.planning import absence_service, service
from hotline import clock
from hotline.context import AppContext
from hotline.errors import Retry
from hotline.models import Agent, AgentSkill, Answer, Attempt, Call, Case, Job, QueueEntry, Recipient
from hotline.values.reason import Reason
from hotline.values.reason_codes import PriorityReason
from hotline.values.states.agent import AgentStatus
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.call import CallStatus
from hotline.values.states.case import CaseKind, Urgency
from hotline.values.states.leg import LegStatus
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recipient import RecipientState
from recordings.transcripts.voicemail_service import kind_of
from telephony.errors import ProviderDown
from tests.integration.campaign_house import (
    CHECK,
    NOW,
    Outside,
    Patient,
    attempts_of,
    campaign,
    look,
    outside,
    recipient,
    report,
)
from tests.support.factories import load_hospital
from tests.support.webhooks import unhurried_app


@dataclass
class House:
    """The voice app, the exchange and one patient who is due."""

    context: AppContext
    exchange: Outside
    app: Flask
    recipient_id: str

    def dialled(self, at: datetime = NOW) -> Patient:
        """The patient's line rings."""
        look(self.context, self.exchange, at)
        line = list(self.exchange.lines.values())[-1]
        report(self.context, line, LegStatus.RINGING, NOW)
        return Patient(self.app, self.context.settings, line.number, line.sid, attempt_id=line.attempt_id)

    def attempt(self) -> Attempt:
        """The last attempt."""
        return attempts_of(self.context, self.recipient_id)[-1]

    def answers(self) -> dict[str, str]:
        """What was answered so far."""
        with self.context.database.read() as session:
            rows = session.scalars(select(Answer).where(Answer.recipient_id == self.recipient_id).order_by(Answer.at))
            return {row.question: row.value for row in rows}


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday morning, within everybody's hours."""
    with time_machine.travel(NOW):
        yield


def app(context: AppContext) -> Flask:
    """The voice app on an exchange that never fails."""
    return unhurried_app(context, outside())


def nurse(now: datetime) -> Agent:
    """Somebody who could take a call."""
    skills = [AgentSkill(skill=name, level=5) for name in ("nurse", "zh-CN")]
    made = Agent(staff_number="7001", name="护士", address="client:7001", skills=skills)
    made.status, made.state_since = AgentStatus.AVAILABLE, now
    return made


@pytest.fixture
def house(context: AppContext) -> House:
    """A running campaign with one recipient."""
    (only,) = campaign(context, 1)
    exchange = outside()
    return House(context, exchange, unhurried_app(context, exchange), only)


def verified(house: House) -> Patient:
    """A patient who has said who they are."""
    patient = house.dialled()
    patient.pick_up()
    patient.press("1")
    patient.press(CHECK)
    return patient


def finish(patient: Patient) -> None:
    """Answer everything that the general script asks after the check, by key."""
    for keys in ("1", "0", "1", "1", "1", "5"):  # recovery, pain, fever, medication, appointment, satisfaction
        patient.press(keys)


@pytest.fixture
def moved(house: House) -> list[str]:
    """Where the exchange was told to lead lines."""
    addresses: list[str] = []
    house.exchange.redirect = lambda _, url: addresses.append(url)  # type: ignore[method-assign, assignment] # the exchange
    return addresses


def test_a_whole_conversation_is_filed_and_the_recipient_done(house: House) -> None:
    patient = verified(house)
    assert "录音" in patient.here.said
    finish(patient)
    assert patient.here.verbs[-2:] == ["Record", "Redirect"]
    patient.ask(patient.here.attribute("Record", "action"), RecordingSid="RE1", Digits="#")
    assert patient.here.verbs[-1] == "Hangup"
    patient.end()
    assert house.answers() == {
        "recovery": "better",
        "pain": "0",
        "fever": "none",
        "medication": "yes",
        "appointment": "made",
        "satisfaction": "5",
        "opinion": "recorded",
    }
    assert recipient(house.context, house.recipient_id).state is RecipientState.DONE
    with house.context.database.read() as session:
        kinds = set(session.scalars(select(Job.kind).where(Job.subject_id == patient.attempt_id)))
        call = session.get_one(Call, house.attempt().call_id)
    assert {"record_attempt", "text_advice"} <= kinds
    assert call.status is CallStatus.ENDED
    assert call.consent_at is not None


def test_opinions_told_by_key_and_in_words_are_one_case_and_the_message_is_its_sound(house: House) -> None:
    patient = verified(house)
    patient.say("我要投诉，等了三个小时")
    assert "专人跟进" in patient.here.said
    for keys in ("1", "0", "1", "1", "1", "2"):
        patient.press(keys)
    patient.ask(patient.here.attribute("Record", "action"), RecordingSid="RE1", Digits="#")
    with house.context.database.read() as session:
        case = session.scalars(select(Case).where(Case.kind == CaseKind.OPINION)).one()
        call = session.get_one(Call, house.attempt().call_id)
    assert case.text == "我要投诉，等了三个小时"
    assert case.patient_id == recipient(house.context, house.recipient_id).patient_id
    assert kind_of(call) is CaseKind.OPINION
    assert house.answers()["opinion_told"] == ""


def test_a_text_that_may_have_been_sent_is_not_sent_again(house: House) -> None:
    number, body = "+8613900000001", "the text"

    def slow(to: str, _sender: str, text: str) -> str:
        house.exchange.texts.append((to, text))
        raise ProviderDown("text: ReadTimeout")

    house.exchange.text = slow  # type: ignore[method-assign, assignment] # taken, and not said so
    with pytest.raises(Retry):
        message_service.send(house.context.settings, house.exchange, number, body, NOW)
    message_service.send(house.context.settings, house.exchange, number, body, NOW)
    assert house.exchange.texts == [(number, body)]


def test_every_webhook_twice_changes_nothing(house: House) -> None:
    patient = house.dialled()
    opening = patient.answer().text
    assert patient.answer().text == opening
    patient.told("human")
    patient.told("human")
    turn = patient.here.text_of("Redirect")
    first = patient.ask(turn).text
    assert patient.ask(turn).text == first
    action = patient.here.attribute("Gather", "action")
    second = patient.ask(action, Digits="1").text
    assert patient.ask(action, Digits="1").text == second
    action = patient.here.attribute("Gather", "action")
    third = patient.ask(action, Digits=CHECK).text
    assert patient.ask(action, Digits=CHECK).text == third
    action = patient.here.attribute("Gather", "action")
    patient.ask(action, Digits="1")
    patient.ask(action, Digits="3")  # the same turn again, as another would have it
    assert house.answers() == {"recovery": "better"}
    patient.end()
    patient.end()
    assert len(attempts_of(house.context, house.recipient_id)) == 1


def test_a_webhook_without_a_signature_changes_nothing(house: House) -> None:
    patient = house.dialled()
    response = patient.client.post(f"{patient.base}/answer", data={"CallSid": patient.sid})
    assert response.status_code == 403
    with house.context.database.read() as session:
        assert session.scalar(select(func.count(Call.id))) == 0


def test_a_late_turn_hears_where_the_conversation_stands(house: House) -> None:
    patient = house.dialled()
    patient.pick_up()
    old = patient.here.attribute("Gather", "action")
    patient.press("1")
    patient.press(CHECK)
    patient.press("1")
    here = patient.here.said
    late = patient.ask(old, Digits="4").said
    assert late
    assert late in here  # the question again, without what came before it
    assert recipient(house.context, house.recipient_id).state is RecipientState.CALLING


def test_a_warning_sign_stands_first_in_the_nurses_line_with_its_reason(house: House) -> None:
    patient = verified(house)
    patient.say("我胸口痛")
    assert patient.here.verbs[-1] == "Enqueue"
    with house.context.database.read() as session:
        waiting = session.scalars(select(QueueEntry)).one()
    assert waiting.queue == "nurse"
    assert waiting.priority >= 200
    assert waiting.reasons[0] == Reason(PriorityReason.WARNING_SIGN, {"sign": "chest_pain"})
    attempt = house.attempt()
    assert attempt.warning == "chest_pain"
    assert attempt.warning_at is not None
    assert patient.wait().text.startswith("<?xml")


def test_no_nurse_in_three_rings_opens_an_urgent_case_once_and_the_patient_is_told(
    house: House, moved: list[str]
) -> None:
    patient = verified(house)
    patient.say("我喘不过气")
    soon = clock.now() + timedelta(seconds=5)
    assert after_call_service.alarm(house.context, house.exchange, soon) == 0
    late = clock.now() + timedelta(seconds=20)
    assert after_call_service.alarm(house.context, house.exchange, late) == 1
    assert after_call_service.alarm(house.context, house.exchange, late) == 0
    with house.context.database.read() as session:
        case = session.scalars(select(Case).where(Case.kind == CaseKind.FOLLOW_UP)).one()
        waiting = session.scalars(select(QueueEntry)).one()
    assert case.urgency is Urgency.URGENT
    assert case.due_at is not None
    assert waiting.state is QueueEntryState.WAITING
    assert moved == [f"{house.context.settings.voice_url}{patient.base}/unanswered"]
    told = patient.ask(f"{patient.base}/unanswered")
    assert "120" in told.said
    assert told.verbs[-1] == "Enqueue"


def test_who_hangs_up_after_a_sign_has_an_urgent_case_and_no_further_call(
    house: House,
) -> None:
    patient = verified(house)
    patient.press("3")  # worse
    patient.end()
    assert after_call_service.alarm(house.context, house.exchange, clock.now() + timedelta(seconds=20)) == 1
    assert recipient(house.context, house.recipient_id).state is RecipientState.DONE


def test_who_stops_half_way_is_called_again_and_goes_on_there_after_the_check(house: House) -> None:
    patient = verified(house)
    patient.press("1")
    patient.press("2")
    patient.end()
    assert house.attempt().outcome is AttemptOutcome.PARTIAL
    with house.context.database.write() as session:
        session.get_one(Recipient, house.recipient_id).due_at = NOW
    again = house.dialled(NOW + timedelta(minutes=1))
    again.pick_up()
    again.press("1")
    assert "发烧" not in again.here.said
    again.press(CHECK)
    assert "发烧" in again.here.said


def listened_to(house: House, early: str | None, late: list[tuple[int, str]]) -> list[str]:
    """All that a silent line hears until it ends: the verdict comes before the answer, or after so many turns."""
    patient = house.dialled()
    if early:
        patient.told(early)
    heard = [patient.answer().said]
    for turn in range(30):
        for _, verdict in [one for one in late if one[0] == turn]:
            patient.told(verdict)
        if patient.here.verbs == ["Hangup"]:
            break
        heard.append(patient.go_on().said if patient.here.verbs[0] == "Say" else patient.press("").said)
    patient.end()
    assert patient.here.verbs == ["Hangup"]
    return heard


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("machine_end_beep", []),
        ("machine_start", [(2, "machine_end_silence")]),
        (None, [(0, "machine_end_beep")]),
        (None, [(3, "machine_end_other"), (3, "machine_end_other"), (5, "machine_end_beep")]),
        (None, []),
    ],
)
def test_a_machine_hears_the_hospital_and_a_number_whenever_it_is_known(
    house: House, early: str | None, late: list[tuple[int, str]]
) -> None:
    house.exchange.redirect = lambda _sid, _url: None  # type: ignore[method-assign, assignment] # too late
    heard = listened_to(house, early, late)
    assert "王" not in " ".join(heard)
    assert sum("请您方便时致电" in said for said in heard) == 1
    words = " ".join(heard)
    assert not [word for word in ("出院", "恢复", "护士", "医生", "病", "随访") if word in words]
    known = early or late
    assert house.attempt().outcome is (AttemptOutcome.MACHINE if known else AttemptOutcome.NO_ANSWER)


def test_the_line_goes_on_as_soon_as_it_is_known_who_answered(house: House, moved: list[str]) -> None:
    patient = house.dialled()
    patient.answer()
    patient.told("machine_start")
    patient.go_on()
    assert moved == []  # its greeting goes on
    patient.told("machine_end_beep")
    assert moved == [f"{house.context.settings.voice_url}{patient.base}/known"]
    heard = patient.ask(f"{patient.base}/known")
    assert "请您方便时致电" in heard.said
    assert "王" not in heard.said
    assert patient.ask(f"{patient.base}/known").said == heard.said
    patient.press("1")  # a person after all
    patient.told("machine_end_other")
    assert len(moved) == 1
    assert "王" in patient.ask(f"{patient.base}/known").said


def test_who_answers_late_is_asked_for_by_name_at_once(house: House, moved: list[str]) -> None:
    patient = house.dialled()
    patient.answer()
    assert "王" not in patient.go_on().said
    patient.told("human")
    assert len(moved) == 1
    assert "王" in patient.ask(f"{patient.base}/known").said


def test_who_is_known_while_the_greeting_is_spoken_is_not_interrupted(house: House, moved: list[str]) -> None:
    patient = house.dialled()
    assert "王" not in patient.answer().said
    patient.told("human")
    assert moved == []
    assert "王" in patient.go_on().said


def test_a_stranger_hears_nothing_medical_and_the_patient_is_tried_again(house: House) -> None:
    patient = house.dialled()
    patient.pick_up()
    patient.press("4")
    patient.end()
    assert house.attempt().outcome is AttemptOutcome.WRONG_PERSON
    assert recipient(house.context, house.recipient_id).state is RecipientState.PLANNED


def test_who_refuses_is_never_called_again(house: House) -> None:
    patient = house.dialled()
    patient.pick_up()
    patient.press("5")
    patient.end()
    assert recipient(house.context, house.recipient_id).state is RecipientState.REFUSED


def test_a_patient_who_calls_back_is_recognised_and_goes_on_or_hears_the_menu(house: House) -> None:
    patient = house.dialled()
    line = list(house.exchange.lines.values())[-1]
    report(house.context, line, LegStatus.NO_ANSWER, NOW)
    back = Patient(house.app, house.context.settings, patient.number, "CAback")
    heard = back.call()
    assert "我们曾给您打过电话" in heard.said
    on = back.ask("/voice/campaigns/back", Digits="1")
    assert "出生年份" in on.said
    assert back.ask("/voice/campaigns/back", Digits="1").text == on.text
    back.press(CHECK)
    assert house.attempt().verified_at is not None
    other = Patient(house.app, house.context.settings, patient.number, "CAother")
    assert "我们曾给您打过电话" not in other.call().said  # we are speaking with them


def test_a_patient_who_calls_back_for_something_else_hears_the_menu(house: House) -> None:
    patient = house.dialled()
    line = list(house.exchange.lines.values())[-1]
    report(house.context, line, LegStatus.NO_ANSWER, NOW)
    back = Patient(house.app, house.context.settings, patient.number, "CAback")
    back.call()
    assert back.ask("/voice/campaigns/back", Digits="2").text_of("Redirect") == "/voice/calls?menu=1"
    assert "普通话" in back.ask("/voice/calls?menu=1", CallStatus="ringing").text or back.here.verbs[0] == "Gather"


def test_a_patient_of_an_absent_doctor_chooses_another_time_by_key(context: AppContext, tmp_path: Path) -> None:
    load_hospital(context)
    file = tmp_path / "away.csv"
    file.write_text(
        "patient_number,name,birth_date,phone,language,doctor,appointment,alternatives\n"
        "P1,王芳,1980-05-17,+8613900000001,zh-CN,王医生,2026-03-04 09:00,2026-03-05 09:30; 2026-03-06 14:00\n",
        "utf-8",
    )
    done, rejects = absence_service.take(context, "away", file, NOW)
    assert (done.added, rejects) == (1, [])
    assert absence_service.take(context, "away", file, NOW)[0].known == 1
    with context.database.write() as session:
        session.add(nurse(NOW))
    service.start(context.database, context.notifier, "away", NOW)
    with context.database.read() as session:
        only = session.scalars(select(Recipient.id)).one()
    house = House(context, outside(), app(context), only)
    patient = house.dialled()
    assert "门诊" not in patient.pick_up().said
    patient.press("1")
    assert "王医生" not in patient.here.said
    heard = patient.press(CHECK).said
    assert "3月4日上午9点" in heard
    assert "3月6日下午2点按2" in heard
    goodbye = patient.press("2")
    assert goodbye.verbs[-1] == "Hangup"
    patient.end()
    assert house.answers() == {"another_time": "2026-03-06T14:00"}
    with context.database.read() as session:
        case = session.scalars(select(Case)).one()
        advised = session.scalars(select(Job).where(Job.kind == "text_advice")).one()
    assert case.kind is CaseKind.ENQUIRY
    after_call_service.advise(context, house.exchange, advised.subject_id, NOW)
    assert "3月6日下午2点" in house.exchange.texts[-1][1]


def test_a_table_of_appointments_with_faults_changes_nothing(context: AppContext, tmp_path: Path) -> None:
    file = tmp_path / "away.csv"
    file.write_text(
        "name,phone,birth_date,doctor,appointment,alternatives\n"
        "王芳,+8613900000001,1980-05-17,王医生,2025-03-04 09:00,2026-03-05 09:30\n"
        "李强,letters,1980-05-17,王医生,2026-03-04 09:00,\n",
        "utf-8",
    )
    _, rejects = absence_service.take(context, "away", file, NOW)
    assert [(reject.line, reject.field) for reject in rejects] == [
        (2, "appointment"),
        (3, "alternatives"),
        (3, "phone"),
    ]
    with context.database.read() as session:
        assert session.scalar(select(func.count(Recipient.id))) == 0
