"""Calls to patients on both databases: nobody twice for one attempt, nothing lost, everyone at an end of the table."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.dialling import message_service
from campaigns.dialling import service as dialling_service
from campaigns.dialogue import conversation, progress_service
from campaigns.importing import service as importing_service
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.planning import plan, service
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Answer, Case, Recipient
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.call import Direction
from hotline.values.states.case import CaseKind
from hotline.values.states.leg import LegStatus
from hotline.values.states.recipient import RecipientState
from routing.calls.leg_service import LegReport
from tests.integration.campaign_house import (
    NOW,
    attempts_of,
    campaign,
    ends,
    look,
    outside,
    recipient,
    report,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ENDS = {RecipientState.DONE, RecipientState.REFUSED, RecipientState.STOPPED, RecipientState.WITH_PERSON}


def test_a_patient_is_dialled_once_however_often_the_pace_is_set_and_the_job_runs(context: AppContext) -> None:
    campaign(context, 1)
    exchange = outside()
    for second in range(10):
        look(context, exchange, NOW + timedelta(seconds=second))
    assert list(exchange.dialled().values()) == [1]


def test_only_as_many_are_dialled_in_a_second_as_the_provider_takes(context: AppContext) -> None:
    campaign(context, 5)
    exchange = outside()
    for moment in (0.0, 0.5, 0.9):
        look(context, exchange, NOW + timedelta(seconds=moment))
    assert len(exchange.lines) == 1
    look(context, exchange, NOW + timedelta(seconds=1.5))
    assert len(exchange.lines) == 2


def test_nobody_is_dialled_outside_their_hours(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    with context.database.write() as session:
        session.get_one(Recipient, only).due_at = NOW
    night = NOW + timedelta(hours=12)  # ten in the evening
    exchange = outside()
    look(context, exchange, night)
    assert not exchange.lines
    assert recipient(context, only).due_at == NOW + timedelta(hours=23)  # nine in the morning


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (AttemptOutcome.BUSY, RecipientState.PLANNED),
        (AttemptOutcome.NO_ANSWER, RecipientState.PLANNED),
        (AttemptOutcome.MACHINE, RecipientState.PLANNED),
        (AttemptOutcome.WRONG_PERSON, RecipientState.PLANNED),
        (AttemptOutcome.CALL_LATER, RecipientState.PLANNED),
        (AttemptOutcome.PARTIAL, RecipientState.PLANNED),
        (AttemptOutcome.FAILED, RecipientState.PLANNED),
        (AttemptOutcome.REFUSED, RecipientState.REFUSED),
        (AttemptOutcome.DONE, RecipientState.DONE),
    ],
)
def test_each_outcome_leads_where_its_rule_says(
    context: AppContext, outcome: AttemptOutcome, state: RecipientState
) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(context, line, outcome, NOW + timedelta(seconds=20))
    (attempt,) = attempts_of(context, only)
    assert (attempt.state, attempt.outcome) == (AttemptState.ENDED, outcome)
    assert recipient(context, only).state is state


def test_reports_come_twice_late_and_out_of_order_and_change_nothing(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(context, line, AttemptOutcome.NO_ANSWER, NOW + timedelta(seconds=30))
    due = recipient(context, only).due_at
    for status, sequence in ((LegStatus.NO_ANSWER, 1), (LegStatus.RINGING, 0), (LegStatus.COMPLETED, 9)):
        dialling_service.report(context, line.attempt_id, LegReport(line.sid, status, sequence), NOW + HOUR)
        dialling_service.report(context, line.attempt_id, LegReport("CAother", status, sequence), NOW + HOUR)
    assert recipient(context, only).due_at == due
    assert len(attempts_of(context, only)) == 1


def test_whoever_is_never_reached_gets_a_text_and_then_a_person(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    now = NOW
    while recipient(context, only).state is RecipientState.PLANNED:
        now = max(now, recipient(context, only).due_at or now)
        look(context, exchange, now)
        ends(context, list(exchange.lines.values())[-1], AttemptOutcome.NO_ANSWER, now + timedelta(seconds=30))
    found = attempts_of(context, only)
    assert len(found) == 5
    assert len({(a.reserved_at + 8 * HOUR).date() for a in found}) >= 3
    assert recipient(context, only).state is RecipientState.TEXTED
    message_service.text(context, exchange, only, now)
    assert exchange.texts[0][0] == recipient(context, only).number
    assert context.settings.hospital_name_zh in exchange.texts[0][1]
    look(context, exchange, now + 3 * DAY)
    assert recipient(context, only).state is RecipientState.WITH_PERSON
    with context.database.read() as session:
        (case,) = session.scalars(select(Case))
    assert (case.kind, case.patient_id) == (CaseKind.FOLLOW_UP, recipient(context, only).patient_id)


def test_whoever_has_a_landline_gets_no_text_but_a_person_at_once(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    with context.database.write() as session:
        session.get_one(Recipient, only).number = "+861066880000;ext=801"
    exchange = outside()
    now = NOW
    while recipient(context, only).state is RecipientState.PLANNED:
        now = max(now, recipient(context, only).due_at or now)
        look(context, exchange, now)
        ends(context, list(exchange.lines.values())[-1], AttemptOutcome.NO_ANSWER, now + timedelta(seconds=30))
    assert recipient(context, only).state is RecipientState.TEXTED
    with pytest.raises(Discard, match="landline"):
        message_service.text(context, exchange, only, now)
    assert exchange.texts == []
    look(context, exchange, now + timedelta(minutes=1))
    assert recipient(context, only).state is RecipientState.WITH_PERSON


def test_a_patient_who_calls_back_goes_on_where_it_stopped(context: AppContext) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    report(context, line, LegStatus.RINGING, NOW)
    progress_service.answered(context.database, line.attempt_id, line.sid, NOW)
    with context.database.write() as session:
        progress_service.note_verified(session, line.attempt_id, NOW)
        progress_service.save_dialogue_state(session, line.attempt_id, {"question": "pain"})
        progress_service.file_answer(
            session, context.notifier, line.attempt_id, conversation.GivenAnswer("recovery", "better"), NOW
        )
    report(context, line, LegStatus.COMPLETED, NOW)
    assert attempts_of(context, only)[0].outcome is AttemptOutcome.PARTIAL
    with context.database.write() as session:
        index = recipient(context, only).number_index
        assert progress_service.recognise(session, index) == only
        start = progress_service.begin_inbound(session, only, "CAback", NOW + HOUR)
        assert start is not None
        assert (start.dialogue_state, start.is_inbound) == ({"question": "pain"}, True)
        assert progress_service.recognise(session, index) is None  # we are speaking
        assert progress_service.begin_inbound(session, only, "CAagain", NOW + HOUR) is None
        progress_service.file_answer(
            session,
            context.notifier,
            start.attempt_id,
            conversation.GivenAnswer("recovery", "worse", is_warning=True),
            NOW,
        )
        progress_service.conclude(session, start.attempt_id, AttemptOutcome.DONE)
    dialling_service.report(context, start.attempt_id, LegReport("CAback", LegStatus.COMPLETED), NOW + HOUR)
    assert recipient(context, only).state is RecipientState.DONE
    assert [a.direction for a in attempts_of(context, only)] == [Direction.OUTBOUND, Direction.INBOUND]
    with context.database.read() as session:
        assert [answer.value for answer in session.scalars(select(Answer))] == ["worse"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (VisitRecord(event=VisitEvent.DIED, patient_number="P00000", is_dead=True), plan.DIED),
        (VisitRecord(event=VisitEvent.ADMITTED, patient_number="P00000", visit="2"), plan.READMITTED),
    ],
)
def test_death_and_readmission_stop_even_a_line_that_rings(context: AppContext, told: VisitRecord, reason: str) -> None:
    (only,) = campaign(context, 1)
    exchange = outside()
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    report(context, line, LegStatus.RINGING, NOW)
    assert importing_service.store(context, [told], "hl7", NOW).stopped == 1
    assert (recipient(context, only).state, recipient(context, only).reason) == (RecipientState.STOPPED, reason)
    look(context, exchange, NOW + timedelta(seconds=1))
    assert line.status is LegStatus.CANCELED
    assert progress_service.answered(context.database, line.attempt_id, line.sid, NOW) is None
    report(context, line, LegStatus.CANCELED, NOW)
    assert attempts_of(context, only)[0].outcome is AttemptOutcome.STOPPED


def test_a_paused_campaign_dials_nobody_and_goes_on_when_it_is_started(context: AppContext) -> None:
    campaign(context, 1)
    exchange = outside()
    service.pause(context.database, context.notifier, "spring", "holiday")
    look(context, exchange, NOW)
    assert not exchange.lines
    service.start(context.database, context.notifier, "spring", NOW)
    look(context, exchange, NOW)
    assert len(exchange.lines) == 1
