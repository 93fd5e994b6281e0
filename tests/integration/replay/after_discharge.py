"""Calls after discharge: who is on the line, questions by key and in words, a nurse, patients who call back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from campaigns.dialogue import after_call_service
from campaigns.importing import service as importing_service
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.planning import absence_service, enrolment_service, plan, service
from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, AgentSkill, Recipient
from hotline.values.language import Language
from hotline.values.states.leg import LegStatus
from tests.integration.campaign_house import CHECK, NOW, Outside, discharge, look, report
from tests.integration.replay.tape import Tape, TapedCaller, TapedPatient
from tests.integration.test_conversations import nurse
from tests.support.factories import load_hospital

# The replies in words to recovery, pain, fever, medication, check-up, satisfaction.
WORDS = {
    "zh-CN": ("好多了", "3", "没有发烧", "按时", "帮我约", "5"),
    "en-US": ("much better", "3", "no fever", "every day", "please arrange", "5"),
}
SIGNS = {"zh-CN": "我胸口痛", "en-US": "I have chest pain"}
REPLIES = {
    "zh-CN": {"me": "我就是", "later": "在开会", "wrong": "打错了", "refuse": "不要再打了", "fetch": "我去叫"},
    "en-US": {
        "me": "speaking", "later": "call later", "wrong": "wrong number", "refuse": "stop calling", "fetch": "hold on",
    },
}  # fmt: skip
WISHES = {
    "zh-CN": {"repeat": "再说一遍", "slower": "慢一点", "person": "找护士", "opinion": "我要投诉"},
    "en-US": {"repeat": "say again", "slower": "slower", "person": "a nurse", "opinion": "I want to complain"},
}


@dataclass
class Campaign:
    """One patient who is due, the exchange, and the tape."""

    context: AppContext
    app: Flask
    exchange: Outside
    language: str
    tape: Tape
    folder: Path

    def starts(self) -> None:
        """A patient was discharged eight days ago."""
        load_hospital(self.context)
        with self.context.database.write() as session:
            session.add(_nurse())
        told = discharge(1, language=Language(self.language))
        importing_service.store(self.context, [told], "test", NOW)
        service.make(self.context.database, "spring", plan.Scope(), NOW)
        enrolment_service.enrol(self.context, "spring", NOW)
        service.start(self.context.database, self.context.notifier, "spring", NOW)

    def starts_for_absence(self) -> None:
        """The patient's doctor will be away."""
        load_hospital(self.context)
        file = self.folder / "away.csv"
        file.write_text(
            "patient_number,name,birth_date,phone,language,doctor,appointment,alternatives\n"
            f"P1,王芳,1980-05-17,+8613900000001,{self.language},王医生,2026-03-04 09:00,"
            "2026-03-05 09:30; 2026-03-06 14:00\n",
            "utf-8",
        )
        absence_service.take(self.context, "away", file, NOW)
        with self.context.database.write() as session:
            session.add(_nurse())
        service.start(self.context.database, self.context.notifier, "away", NOW)

    def due_again(self) -> None:
        """The patient is to be called again now."""
        with self.context.database.write() as session:
            session.scalars(select(Recipient)).one().due_at = NOW

    def dialled(self, after_minutes: int = 0) -> TapedPatient:
        """The patient's telephone rings."""
        look(self.context, self.exchange, NOW + timedelta(minutes=after_minutes))
        line = list(self.exchange.lines.values())[-1]
        report(self.context, line, LegStatus.RINGING, NOW)
        settings = self.context.settings
        return TapedPatient(self.app, settings, line.number, line.sid, attempt_id=line.attempt_id, tape=self.tape)

    def missed(self) -> TapedCaller:
        """The patient did not answer; their own line to us."""
        patient = self.dialled()
        report(self.context, list(self.exchange.lines.values())[-1], LegStatus.NO_ANSWER, NOW)
        return TapedCaller(self.app, self.context.settings, patient.number, "CAback", tape=self.tape)


def _nurse() -> Agent:
    """Somebody who could take a call in either language."""
    made = nurse(NOW)
    made.skills.append(AgentSkill(skill="en-US", level=5))
    return made


def _verified(campaign: Campaign) -> TapedPatient:
    patient = campaign.dialled()
    patient.pick_up()
    patient.press("1")
    patient.press(CHECK)
    return patient


def every_question_by_key(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    for keys in ("1", "3", "1", "1", "1", "5"):
        patient.press(keys)
    action = patient.here.attribute("Record", "action")
    for _ in range(2):
        patient.ask(action, RecordingSid="RE1", Digits="#")
    patient.end()


def every_question_in_words(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    patient.pick_up()
    patient.say(REPLIES[campaign.language]["me"])
    patient.press("00001")  # the last digits of the hospital's number
    patient.press("0001")
    for words in WORDS[campaign.language]:
        patient.say(words)
    patient.go_on()


def silence_and_wrong_keys(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.press("")
    patient.press("8")
    patient.press("")  # the next question
    patient.press("11")
    patient.press("5")
    for _ in range(6):
        if "Gather" in patient.here.verbs:
            patient.press("")


def low_figures_and_opinions(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.say(WISHES[campaign.language]["opinion"])
    for keys in ("2", "0", "2", "2", "2", "1"):
        patient.press(keys)
    patient.go_on()


def wishes_by_key_and_in_words(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    for wish in ("repeat", "slower"):
        patient.say(WISHES[campaign.language][wish])
    for key in "*#":
        patient.press(key)
    patient.press("1")
    patient.press("*")
    patient.say(WISHES[campaign.language]["person"])


def a_nurse_by_key(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.press("0")
    wait = patient.here.attribute("Enqueue", "waitUrl")
    patient.ask(wait, QueuePosition="1", QueueTime="3")


def a_warning_sign_in_words(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.say(SIGNS[campaign.language])
    queue = patient.here
    patient.ask(queue.attribute("Enqueue", "waitUrl"), QueuePosition="1", QueueTime="3")
    campaign.exchange.redirect = lambda _sid, _url: None  # type: ignore[method-assign, assignment] # the line follows below
    after_call_service.alarm(campaign.context, campaign.exchange, clock.now() + timedelta(seconds=20))
    patient.ask(f"{patient.base}/unanswered")
    patient.ask(queue.attribute("Enqueue", "action"), QueueResult="error")
    patient.end()
    patient.ask(f"{patient.base}/unanswered")


def a_warning_sign_by_key(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.press("1")
    patient.press("9")


def worse_by_key(campaign: Campaign) -> None:
    campaign.starts()
    _verified(campaign).press("3")


def wrong_checks(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    patient.pick_up()
    patient.press("1")
    patient.press("123456")
    patient.press("")
    patient.press("9999")


def _reply(key: str, then: tuple[str, ...] = ()) -> Callable[[Campaign], None]:
    def replies(campaign: Campaign) -> None:
        campaign.starts()
        patient = campaign.dialled()
        patient.pick_up()
        patient.press(key)
        for one in then:
            patient.press(one)

    replies.__name__ = f"replies_with_{key}" + "".join(f"_then_{one or 'nothing'}" for one in then)
    return replies


def replies_in_words(campaign: Campaign) -> None:
    campaign.starts()
    for number, name in enumerate(("later", "wrong")):
        if number:
            campaign.due_again()
        patient = campaign.dialled(number)
        patient.pick_up()
        patient.say(REPLIES[campaign.language][name])
        patient.end()


def a_person_is_wanted_before_the_check(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    patient.pick_up()
    patient.press("0")


def nobody_says_who_they_are(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    patient.pick_up()
    patient.press("8")
    patient.press("")
    patient.press("")


def _machine(early: str | None, late: dict[int, str]) -> Callable[[Campaign], None]:
    def listens(campaign: Campaign) -> None:
        campaign.starts()
        campaign.exchange.redirect = lambda _sid, _url: None  # type: ignore[method-assign, assignment] # comes too late
        patient = campaign.dialled()
        if early:
            patient.told(early)
        patient.answer()
        for turn in range(30):
            if turn in late:
                patient.told(late[turn])
            if patient.here.verbs == ["Hangup"]:
                break
            if patient.here.verbs[0] == "Say":
                if "Redirect" not in patient.here.verbs:
                    break
                patient.go_on()
            else:
                patient.press("")
        patient.end()

    told = "_".join([f"before_{early}" if early else "late", *(f"{turn}_{word}" for turn, word in late.items())])
    listens.__name__ = f"machine_{told}"
    return listens


def known_while_it_is_spoken(campaign: Campaign) -> None:
    campaign.starts()
    campaign.exchange.redirect = lambda _sid, _url: None  # type: ignore[method-assign, assignment] # the line follows below
    patient = campaign.dialled()
    patient.answer()
    patient.told("machine_start")
    patient.go_on()
    patient.told("machine_end_beep")
    for _ in range(2):
        patient.ask(f"{patient.base}/known")
    patient.press("1")
    patient.told("machine_end_other")
    patient.ask(f"{patient.base}/known")


def a_machine_that_speaks_on(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    patient.told("machine_end_beep")
    patient.answer()
    for _ in range(6):
        if patient.here.verbs != ["Hangup"]:
            patient.say("..." if "Gather" in patient.here.verbs else "")


def late_and_double_turns(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    for _ in range(2):
        patient.answer()
    patient.told("human")
    patient.go_on()
    who = patient.here.attribute("Gather", "action")
    patient.press("1")
    check = patient.here.attribute("Gather", "action")
    patient.press(CHECK)
    patient.ask(check, Digits=CHECK)
    patient.ask(who, Digits="4")
    patient.answer()
    patient.end()
    patient.ask(check, Digits=CHECK)
    patient.answer()


def half_way_and_again(campaign: Campaign) -> None:
    campaign.starts()
    patient = _verified(campaign)
    patient.press("1")
    patient.press("2")
    patient.end()
    campaign.due_again()
    again = campaign.dialled(1)
    again.pick_up()
    again.press("1")
    again.press(CHECK)


def stopped_in_between(campaign: Campaign) -> None:
    readmitted = VisitRecord(event=VisitEvent.ADMITTED, patient_number="P00001", visit="2")
    campaign.starts()
    patient = _verified(campaign)
    importing_service.store(campaign.context, [readmitted], "test", NOW)
    patient.press("1")


def unknown_attempts(campaign: Campaign) -> None:
    campaign.starts()
    patient = campaign.dialled()
    for path in ("answer", "turns/1", "known", "unanswered"):
        patient.ask(f"/voice/campaigns/attempts/nothing/{path}")


def calls_back_and_goes_on(campaign: Campaign) -> None:
    campaign.starts()
    back = campaign.missed()
    back.call()
    action = back.here.attribute("Gather", "action")
    for _ in range(2):
        back.ask(action, Digits="1")
    back.press(CHECK)
    back.press("1")


def calls_back_for_something_else(campaign: Campaign) -> None:
    campaign.starts()
    back = campaign.missed()
    back.call()
    back.ask(back.here.attribute("Gather", "action"), Digits="2")
    back.ask(back.here.text_of("Redirect"), CallStatus="ringing")


def another_time_for_an_absent_doctor(campaign: Campaign) -> None:
    campaign.starts_for_absence()
    patient = _verified(campaign)
    patient.press("8")
    patient.press("2")
    patient.end()


def cancelled_for_an_absent_doctor(campaign: Campaign) -> None:
    campaign.starts_for_absence()
    _verified(campaign).press("3")


def staff_for_an_absent_doctor(campaign: Campaign) -> None:
    campaign.starts_for_absence()
    _verified(campaign).press("0")


ALL = (
    every_question_by_key,
    every_question_in_words,
    silence_and_wrong_keys,
    low_figures_and_opinions,
    wishes_by_key_and_in_words,
    a_nurse_by_key,
    a_warning_sign_in_words,
    a_warning_sign_by_key,
    worse_by_key,
    wrong_checks,
    _reply("2", ("1",)),
    _reply("2", ("", "")),
    _reply("3", ("1",)),
    _reply("3", ("2",)),
    _reply("3", ("8", "8")),
    _reply("4"),
    _reply("5"),
    replies_in_words,
    a_person_is_wanted_before_the_check,
    nobody_says_who_they_are,
    _machine("machine_end_beep", {}),
    _machine("machine_start", {2: "machine_end_silence"}),
    _machine(None, {3: "machine_end_other"}),
    _machine(None, {}),
    _machine(None, {2: "unknown"}),
    known_while_it_is_spoken,
    a_machine_that_speaks_on,
    late_and_double_turns,
    half_way_and_again,
    stopped_in_between,
    unknown_attempts,
    calls_back_and_goes_on,
    calls_back_for_something_else,
    another_time_for_an_absent_doctor,
    cancelled_for_an_absent_doctor,
    staff_for_an_absent_doctor,
)
