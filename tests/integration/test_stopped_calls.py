"""Nobody who died, was cancelled or came back is called, at whichever point of a call it is told; staff may undo it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from campaigns.dialling import message_service
from campaigns.dialling import service as dialling_service
from campaigns.dialogue import after_call_service, progress_service
from campaigns.errors import UndoRefused
from campaigns.importing import service as importing_service
from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.importing.visits import stop_reasons
from campaigns.planning import absence_service, enrolment_service, service
from campaigns.stopping import permission_service, stop_reason_queries
from campaigns.stopping import service as stopping_service
from campaigns.stopping import undo_service as stopping_undo
from console.web.app import create
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import (
    Attempt,
    AuditEntry,
    Case,
    CaseStep,
    Patient,
    PatientIdentifier,
    Recipient,
    RecipientChange,
    User,
)
from hotline.values.access import Role
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.leg import LegStatus
from hotline.values.states.recipient import RecipientState
from telephony.provider.calls import patient_webhooks
from tests.integration import campaign_house
from tests.integration.campaign_house import (
    NOW,
    Outside,
    attempts_of,
    campaign,
    ends,
    look,
    outside,
    recipient,
    report,
)
from tests.integration.rivals import halfway
from tests.support.morning import hashed
from tests.support.staff import signed_in
from tests.support.webhooks import unhurried_app

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DEATH = VisitRecord(event=VisitEvent.DIED, patient_number="P00000", is_dead=True)
RETURN = VisitRecord(
    event=VisitEvent.ADMITTED, patient_number="P00000", visit="2", recorded_at=NOW, happened_on=NOW.date()
)
CANCELLED = VisitRecord(
    event=VisitEvent.ADMISSION_CANCELLED, patient_number="P00000", visit="2", recorded_at=NOW + timedelta(hours=1)
)


def store(context: AppContext, *records: VisitRecord) -> ImportResult:
    """The hospital tells this."""
    return importing_service.store(context, records, "hl7", NOW)


def tried(context: AppContext, exchange: Outside, only: str, outcome: AttemptOutcome) -> None:
    """One try that ends so."""
    del only
    look(context, exchange, NOW)
    ends(context, list(exchange.lines.values())[-1], outcome, NOW)


def texted(context: AppContext, exchange: Outside, only: str) -> None:
    """Nobody was reached in time: the text is to be sent."""
    del exchange
    with context.database.write() as session:
        session.get_one(Recipient, only).closes_at = NOW - SECOND
    permission_service.overdue(context, only, NOW)
    assert recipient(context, only).state is RecipientState.TEXTED


def with_person(context: AppContext, exchange: Outside, only: str) -> None:
    """Nobody called back after the text either."""
    texted(context, exchange, only)
    permission_service.overdue(context, only, NOW + 3 * DAY)
    assert recipient(context, only).state is RecipientState.WITH_PERSON


BEFORE: dict[str, Callable[[AppContext, Outside, str], object]] = {
    "planned": lambda _context, _exchange, _only: None,
    "reserved": lambda context, _exchange, only: dialling_service.reserve(context, only, NOW),
    "retried": lambda context, exchange, only: tried(context, exchange, only, AttemptOutcome.NO_ANSWER),
    "texted": texted,
    "with_person": with_person,
}


@pytest.mark.parametrize("point", BEFORE)
def test_nobody_who_died_is_called_from_the_moment_it_is_stored(context: AppContext, point: str) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    BEFORE[point](context, exchange, only)
    dialled = sum(exchange.dialled().values())
    assert store(context, DEATH).stopped == 1
    for hours in (0, 5, 24, 24 * 7, 24 * 30):
        look(context, exchange, NOW + timedelta(hours=hours))
    with pytest.raises(Discard):
        message_service.text(context, exchange, only, NOW)
    assert sum(exchange.dialled().values()) == dialled
    assert exchange.texts == []
    assert (recipient(context, only).state, recipient(context, only).reason) == (
        RecipientState.STOPPED,
        stop_reasons.DIED,
    )
    with context.database.write() as session:
        row = recipient(context, only)
        assert progress_service.recognise(session, row.number_index) is None
        assert progress_service.begin_inbound(session, only, "CAback", NOW) is None
    if point == "marked":
        assert [attempt.outcome for attempt in attempts_of(context, only)] == [AttemptOutcome.STOPPED]
    if point == "with_person":
        with context.database.read() as session:
            told = session.scalars(select(CaseStep).where(CaseStep.kind == stopping_service.TOLD)).all()
            assert session.scalars(select(Case)).one().closed_at is None  # somebody decides what becomes of it
        assert [step.data for step in told] == [{"reason": stop_reasons.DIED}]


def test_a_line_that_rings_is_hung_up_and_never_tried_again(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    report(context, line, LegStatus.RINGING, NOW)
    store(context, DEATH)
    look(context, exchange, NOW + SECOND)
    assert line.status is LegStatus.CANCELED
    report(context, line, LegStatus.CANCELED, NOW + SECOND)
    look(context, exchange, NOW + DAY)
    assert len(exchange.lines) == 1
    assert [attempt.outcome for attempt in attempts_of(context, only)] == [AttemptOutcome.STOPPED]


def test_a_line_that_rings_when_the_cause_comes_and_goes_is_hung_up_and_tried_again_later(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    report(context, line, LegStatus.RINGING, NOW)
    store(context, RETURN)
    assert store(context, CANCELLED).resumed == 1
    assert progress_service.answered(context.database, line.attempt_id, line.sid, NOW) is None
    look(context, exchange, NOW + SECOND)
    assert line.status is LegStatus.CANCELED
    assert len(exchange.lines) == 1  # not twice at once
    report(context, line, LegStatus.CANCELED, NOW + SECOND)
    due = recipient(context, only).due_at
    assert due is not None
    look(context, exchange, due)
    assert sorted(exchange.dialled().values()) == [1, 1]


def test_a_conversation_ends_with_an_apology_at_its_next_turn(context: AppContext) -> None:
    campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    app: Flask = unhurried_app(context, exchange)
    patient = campaign_house.Patient(app, context.settings, line.number, line.sid, attempt_id=line.attempt_id)
    patient.pick_up()
    store(context, DEATH)
    last = patient.press("1")
    assert "打扰您了" in last.said
    assert last.verbs[-1] == "Hangup"
    assert "王芳" not in last.said


def test_advice_is_not_sent_to_whoever_has_died_meanwhile(context: AppContext) -> None:
    campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(context, line, AttemptOutcome.DONE, NOW)
    store(context, DEATH)
    with pytest.raises(Discard):
        after_call_service.advise(context, exchange, line.attempt_id, NOW)
    assert exchange.texts == []


# Who comes between.


def test_whoever_is_being_reserved_while_a_death_is_stored_is_not_dialled(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    with halfway(context, Recipient, lambda: store(context, DEATH)):
        dialling_service.reserve(context, only, NOW)
    look(context, exchange, NOW)
    assert not exchange.lines
    assert recipient(context, only).state is RecipientState.STOPPED


def test_a_death_that_is_stored_while_a_call_is_taken_stops_it_or_has_it_hung_up(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    attempt_id = dialling_service.reserve(context, only, NOW)
    assert attempt_id is not None
    with halfway(context, Attempt, lambda: store(context, DEATH)):
        assert dialling_service.start_dialling(context, attempt_id, NOW) is not None  # it had the person first
    assert recipient(context, only).state is RecipientState.STOPPED
    sid = exchange.dial_patient("+8613800000000", "", patient_webhooks("", attempt_id), 20)
    dialling_service.placed(context.database, attempt_id, sid)
    look(context, exchange, NOW + SECOND)
    assert exchange.lines[sid].status is LegStatus.CANCELED


def test_a_death_while_a_campaign_is_planned_leaves_nobody_to_be_called(context: AppContext) -> None:
    campaign(context, 1)
    more = campaign_house.discharge(0, visit="0", happened_on=(NOW - 9 * DAY).date())
    store(context, replace(more, patient_number="P00009"))
    with context.database.write() as session:
        session.add(PatientIdentifier(person_index="0" * 64, root="0" * 64, undone_stops=[]))
    with halfway(context, PatientIdentifier, lambda: enrolment_service.enrol(context, "spring", NOW)):
        store(context, replace(DEATH, patient_number="P00009"))
    exchange = outside()
    look(context, exchange, NOW)
    with context.database.read() as session:
        rows = session.scalars(select(Recipient).where(Recipient.reason == stop_reasons.DIED)).all()
    assert len(rows) == 1
    assert rows[0].state in {RecipientState.STOPPED, RecipientState.EXCLUDED}
    assert len(exchange.lines) <= 1


# Other ways in which a death is told.

AWAY = "patient_number,name,birth_date,phone,language,doctor,appointment,alternatives\n"
ROW = "{number},王芳,1980-05-17,{phone},zh-CN,李医生,2026-03-04 09:00,2026-03-05 09:00\n"


@pytest.mark.parametrize("number", ["P00000", ""])
@pytest.mark.parametrize("is_first", [True, False])
def test_nobody_is_called_about_the_appointment_of_the_dead(
    context: AppContext, tmp_path_factory: pytest.TempPathFactory, number: str, is_first: bool
) -> None:
    campaign(context, 1)
    file = tmp_path_factory.mktemp("away") / "away.csv"
    file.write_text(AWAY + ROW.format(number=number, phone="13800000000"), "utf-8")
    if is_first:
        store(context, DEATH)
    done, rejects = absence_service.take(context, "away", file, NOW)
    assert not rejects
    if is_first:
        assert (done.added, dict(done.without)) == (0, {stop_reasons.DIED: 1})
    else:
        assert store(context, DEATH).stopped == 2
    with context.database.read() as session:
        assert {row.reason for row in session.scalars(select(Recipient))} == {stop_reasons.DIED}


def test_the_hospital_s_list_of_patients_stops_calls_even_before_anybody_looked(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    with context.database.write() as session:
        session.scalars(select(Patient)).one().deceased = True
    exchange = outside()
    look(context, exchange, NOW)
    assert not exchange.lines
    assert (recipient(context, only).state, recipient(context, only).reason) == (
        RecipientState.STOPPED,
        stop_reasons.DIED,
    )


def test_two_numbers_of_one_person_are_not_called_at_once(context: AppContext) -> None:
    first, second = campaign(context, 2)
    store(context, VisitRecord(event=VisitEvent.MERGED, patient_number="P00000", merged_from="P00001"))
    assert dialling_service.reserve(context, first, NOW) is not None
    assert dialling_service.reserve(context, second, NOW) is None
    assert recipient(context, second).state is RecipientState.PLANNED


def test_whoever_wants_no_more_calls_is_not_called_for_a_later_step(context: AppContext) -> None:
    campaign(context, 1)
    exchange = outside()
    later = campaign_house.discharge(0, visit="0", condition="surgery", happened_on=(NOW - 8 * DAY).date())
    store(context, later)
    enrolment_service.enrol(context, "spring", NOW)
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(context, line, AttemptOutcome.REFUSED, NOW)
    for days in range(1, 12):
        look(context, exchange, NOW + days * DAY)
    assert len(exchange.lines) == 1


# Staff undo it.


def undo(context: AppContext, only: str, **asked: object) -> stopping_service.StopChanges:
    """Somebody undoes what stops these calls."""
    values: dict[str, object] = {"why": "是另一位患者"}
    return stopping_undo.undo(context, only, stopping_undo.UndoRequest(**(values | asked)), NOW)  # type: ignore[arg-type] # as written


def test_staff_undo_a_readmission_once_and_a_later_fact_stops_again(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    store(context, RETURN)
    assert undo(context, only) == stopping_service.StopChanges(resumed=1)
    assert undo(context, only) == stopping_service.StopChanges()
    assert recipient(context, only).state is RecipientState.PLANNED
    assert store(context, RETURN).stopped == 0  # the same, told again
    assert store(context, replace(RETURN, visit="3")).stopped == 1
    with context.database.read() as session:
        rows = session.scalars(select(RecipientChange).order_by(RecipientChange.id)).all()
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "undo_stop")).all()
    assert [(row.change, row.reason, row.note) for row in rows] == [
        (stopping_service.STOPPED, stop_reasons.READMITTED, ""),
        (stopping_service.UNDONE, stop_reasons.READMITTED, "是另一位患者"),
        (stopping_service.RESUMED, stop_reasons.READMITTED, ""),
        (stopping_service.STOPPED, stop_reasons.READMITTED, ""),
    ]
    assert [(row.action, row.subject_id) for row in looks] == [("undo_stop", only)]


def test_a_death_is_undone_only_when_it_is_confirmed_and_only_as_it_was_seen(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    store(context, RETURN)
    with context.database.read() as session:
        cause = stop_reason_queries.cause_to_undo(session, session.get_one(Recipient, only))
    assert cause is not None
    store(context, DEATH)
    for asked, reason in (
        ({"token": stop_reason_queries.token(cause), "is_sure": True}, "changed"),
        ({}, "confirm"),
        ({"why": "  ", "is_sure": True}, "say_why"),
    ):
        with pytest.raises(UndoRefused) as refused:
            undo(context, only, **asked)
        assert refused.value.reason == reason
    assert undo(context, only, is_sure=True) == stopping_service.StopChanges()  # they are in hospital all the same
    assert recipient(context, only).reason == stop_reasons.READMITTED
    assert undo(context, only) == stopping_service.StopChanges(resumed=1)


def test_two_who_undo_at_once_undo_once(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    store(context, RETURN)
    gate, done = threading.Barrier(2), []

    def one() -> None:
        gate.wait()
        done.append(undo(context, only).resumed)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1]
    with context.database.read() as session:
        rows = session.scalars(select(RecipientChange).where(RecipientChange.change == stopping_service.UNDONE)).all()
    assert len(rows) == 1


def test_a_finished_campaign_calls_nobody_again(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    store(context, RETURN)
    service.finish(context.database, context.notifier, "spring", NOW)
    assert undo(context, only) == stopping_service.StopChanges()
    assert recipient(context, only).state is RecipientState.STOPPED


def test_whoever_a_person_had_on_their_list_is_there_again(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    with_person(context, outside(), only)
    reason = recipient(context, only).reason
    store(context, RETURN)
    store(context, CANCELLED)
    assert (recipient(context, only).state, recipient(context, only).reason) == (RecipientState.WITH_PERSON, reason)


@pytest.fixture
def app(context: AppContext) -> Iterator[Flask]:
    """The staff pages, with a user of each role."""
    with context.database.write() as session:
        for role in Role:
            session.add(User(login=role.value, password=hashed(), name=role.value, role=role))
    pages = create(context)
    yield pages
    pages.extensions["live_campaigns"].close()


@time_machine.travel(NOW, tick=False)
def test_the_patient_s_page_tells_what_stopped_calls_and_leads_undo_it(app: Flask, context: AppContext) -> None:
    (only,) = campaign(context, 1)
    store(context, DEATH)
    patient_id, campaign_id = recipient(context, only).patient_id, recipient(context, only).campaign_id
    lead, agent = signed_in(app, Role.SUPERVISOR), signed_in(app, Role.AGENT)
    for page in (f"/patients/{patient_id}", f"/campaigns/{campaign_id}"):
        shown = lead.open(page).text
        assert "停止随访: 已故" in shown
        assert "来源：HL7" in shown
    with context.database.read() as session:
        cause = stop_reason_queries.cause_to_undo(session, session.get_one(Recipient, only))
    assert cause is not None
    token = stop_reason_queries.token(cause)
    assert token in shown
    path, form = f"/recipients/{only}/undo", {"seen": token, "why": "录错了人", "back": "patient"}
    assert agent.send(path, **form).status_code == 403
    assert lead.send("/recipients/none/undo", **form).status_code == 404
    assert lead.send(path, **form).headers["Location"] == f"/patients/{patient_id}"
    assert "请确认患者在世" in lead.open(f"/patients/{patient_id}").text
    assert recipient(context, only).state is RecipientState.STOPPED
    assert lead.send(path, **form, sure="yes").status_code == 302
    assert recipient(context, only).state is RecipientState.PLANNED
    shown = lead.open(f"/patients/{patient_id}").text
    assert "录错了人" in shown
    assert "supervisor" in shown
