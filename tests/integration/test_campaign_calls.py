"""Calls to patients on both databases: nobody twice for one attempt, nothing lost, everyone at an end of the table."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.dialling import messages
from campaigns.dialling import service as dialling_service
from campaigns.dialling.dialler import Dialler
from campaigns.dialogue import attempt_progress
from campaigns.importing import service as importing_service
from campaigns.importing.record import VisitEvent, VisitRecord
from campaigns.planning import plan, service
from hotline.context import Ground
from hotline.errors import Discard
from hotline.models import Answer, Matter, Recipient
from hotline.values.statuses import AttemptOutcome, AttemptState, Direction, LegStatus, MatterKind, RecipientState
from routing.calls.legs import Report
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


def test_a_patient_is_dialled_once_however_often_the_dialler_looks(ground: Ground) -> None:
    campaign(ground, 1)
    exchange = outside()
    for second in range(10):
        look(ground, exchange, NOW + timedelta(seconds=second))
    assert list(exchange.dialled().values()) == [1]


def test_only_as_many_are_dialled_in_a_second_as_the_provider_takes(ground: Ground) -> None:
    campaign(ground, 5)
    exchange = outside()
    dialler = Dialler(ground, exchange)
    for moment in (0.0, 0.5, 0.9):
        dialler.work(NOW + timedelta(seconds=moment))
    assert len(exchange.lines) == 1
    dialler.work(NOW + timedelta(seconds=1.5))
    assert len(exchange.lines) == 2


def test_nobody_is_dialled_outside_their_hours(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    with ground.database.write() as session:
        session.get_one(Recipient, only).due_at = NOW
    night = NOW + timedelta(hours=12)  # ten in the evening
    exchange = outside()
    look(ground, exchange, night)
    assert not exchange.lines
    assert recipient(ground, only).due_at == NOW + timedelta(hours=23)  # nine in the morning


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (AttemptOutcome.BUSY, RecipientState.PLANNED),
        (AttemptOutcome.NO_ANSWER, RecipientState.PLANNED),
        (AttemptOutcome.MACHINE, RecipientState.PLANNED),
        (AttemptOutcome.WRONG_PERSON, RecipientState.PLANNED),
        (AttemptOutcome.CALL_LATER, RecipientState.PLANNED),
        (AttemptOutcome.HALF_WAY, RecipientState.PLANNED),
        (AttemptOutcome.FAILED, RecipientState.PLANNED),
        (AttemptOutcome.REFUSED, RecipientState.REFUSED),
        (AttemptOutcome.DONE, RecipientState.DONE),
    ],
)
def test_each_outcome_leads_where_its_rule_says(ground: Ground, outcome: AttemptOutcome, state: RecipientState) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(ground, line, outcome, NOW + timedelta(seconds=20))
    (attempt,) = attempts_of(ground, only)
    assert (attempt.state, attempt.outcome) == (AttemptState.ENDED, outcome)
    assert recipient(ground, only).state is state


def test_reports_come_twice_late_and_out_of_order_and_change_nothing(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    ends(ground, line, AttemptOutcome.NO_ANSWER, NOW + timedelta(seconds=30))
    due = recipient(ground, only).due_at
    for status, sequence in ((LegStatus.NO_ANSWER, 1), (LegStatus.RINGING, 0), (LegStatus.COMPLETED, 9)):
        dialling_service.report(ground, line.attempt_id, Report(line.sid, status, sequence), NOW + HOUR)
        dialling_service.report(ground, line.attempt_id, Report("CAother", status, sequence), NOW + HOUR)
    assert recipient(ground, only).due_at == due
    assert len(attempts_of(ground, only)) == 1


def test_whoever_is_never_reached_gets_a_text_and_then_a_person(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    now = NOW
    while recipient(ground, only).state is RecipientState.PLANNED:
        now = max(now, recipient(ground, only).due_at or now)
        look(ground, exchange, now)
        ends(ground, list(exchange.lines.values())[-1], AttemptOutcome.NO_ANSWER, now + timedelta(seconds=30))
    found = attempts_of(ground, only)
    assert len(found) == 5
    assert len({(a.marked_at + 8 * HOUR).date() for a in found}) >= 3
    assert recipient(ground, only).state is RecipientState.TEXTED
    messages.text(ground, exchange, only, now)
    assert exchange.texts[0][0] == recipient(ground, only).number
    assert ground.settings.hospital_name_zh in exchange.texts[0][1]
    look(ground, exchange, now + 3 * DAY)
    assert recipient(ground, only).state is RecipientState.WITH_PERSON
    with ground.database.read() as session:
        (matter,) = session.scalars(select(Matter))
    assert (matter.kind, matter.patient_id) == (MatterKind.FOLLOW_UP, recipient(ground, only).patient_id)


def test_whoever_has_a_landline_gets_no_text_but_a_person_at_once(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    with ground.database.write() as session:
        session.get_one(Recipient, only).number = "+861066880000;ext=801"
    exchange = outside()
    now = NOW
    while recipient(ground, only).state is RecipientState.PLANNED:
        now = max(now, recipient(ground, only).due_at or now)
        look(ground, exchange, now)
        ends(ground, list(exchange.lines.values())[-1], AttemptOutcome.NO_ANSWER, now + timedelta(seconds=30))
    assert recipient(ground, only).state is RecipientState.TEXTED
    with pytest.raises(Discard, match="landline"):
        messages.text(ground, exchange, only, now)
    assert exchange.texts == []
    look(ground, exchange, now + timedelta(minutes=1))
    assert recipient(ground, only).state is RecipientState.WITH_PERSON


def test_a_patient_who_calls_back_goes_on_where_it_stopped(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    report(ground, line, LegStatus.RINGING, NOW)
    attempt_progress.answered(ground, line.attempt_id, line.sid, NOW)
    with ground.database.write() as session:
        attempt_progress.verified(session, line.attempt_id, NOW)
        attempt_progress.keep_place(session, line.attempt_id, {"question": "pain"})
        attempt_progress.give(session, ground, line.attempt_id, attempt_progress.Given("recovery", "better"), NOW)
    report(ground, line, LegStatus.COMPLETED, NOW)
    assert attempts_of(ground, only)[0].outcome is AttemptOutcome.HALF_WAY
    with ground.database.write() as session:
        index = recipient(ground, only).number_index
        assert attempt_progress.recognise(session, index) == only
        start = attempt_progress.call_back(session, only, "CAback", None, NOW + HOUR)
        assert start is not None
        assert (start.place, start.is_inbound) == ({"question": "pain"}, True)
        assert attempt_progress.recognise(session, index) is None  # we are speaking
        assert attempt_progress.call_back(session, only, "CAagain", None, NOW + HOUR) is None
        attempt_progress.give(
            session, ground, start.attempt_id, attempt_progress.Given("recovery", "worse", is_warning=True), NOW
        )
        attempt_progress.conclude(session, start.attempt_id, AttemptOutcome.DONE)
    dialling_service.report(ground, start.attempt_id, Report("CAback", LegStatus.COMPLETED), NOW + HOUR)
    assert recipient(ground, only).state is RecipientState.DONE
    assert [a.direction for a in attempts_of(ground, only)] == [Direction.OUTBOUND, Direction.INBOUND]
    with ground.database.read() as session:
        assert [answer.value for answer in session.scalars(select(Answer))] == ["worse"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (VisitRecord(event=VisitEvent.DIED, patient_number="P00000", is_dead=True), plan.DIED),
        (VisitRecord(event=VisitEvent.ADMITTED, patient_number="P00000", visit="2"), plan.READMITTED),
    ],
)
def test_death_and_readmission_stop_even_a_line_that_rings(ground: Ground, told: VisitRecord, reason: str) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    report(ground, line, LegStatus.RINGING, NOW)
    assert importing_service.store(ground, [told], "hl7", NOW).stopped == 1
    assert (recipient(ground, only).state, recipient(ground, only).reason) == (RecipientState.STOPPED, reason)
    look(ground, exchange, NOW + timedelta(seconds=1))
    assert line.status is LegStatus.CANCELED
    assert attempt_progress.answered(ground, line.attempt_id, line.sid, NOW) is None
    report(ground, line, LegStatus.CANCELED, NOW)
    assert attempts_of(ground, only)[0].outcome is AttemptOutcome.STOPPED


def test_a_paused_campaign_dials_nobody_and_goes_on_when_it_is_started(ground: Ground) -> None:
    campaign(ground, 1)
    exchange = outside()
    service.pause(ground, "spring", "holiday")
    look(ground, exchange, NOW)
    assert not exchange.lines
    service.start(ground, "spring", NOW)
    look(ground, exchange, NOW)
    assert len(exchange.lines) == 1
