"""Calls to patients on both databases: nobody twice for one attempt, nothing lost, everyone at an end of the table."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select

from campaigns import calling, intake, messages, plan, queries, service, talking
from campaigns.dialler import Dialler
from hotline.ground import Ground
from hotline.models import Answer, Attempt, Matter, Recipient
from hotline.values import (
    AttemptOutcome,
    AttemptState,
    Direction,
    LegStatus,
    MatterKind,
    RecipientState,
)
from routing.legs import Report
from tests.integration.campaign_house import (
    NOW,
    Killed,
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
        calling.report(ground, line.attempt_id, Report(line.sid, status, sequence), NOW + HOUR)
        calling.report(ground, line.attempt_id, Report("CAother", status, sequence), NOW + HOUR)
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


def test_a_patient_who_calls_back_goes_on_where_it_stopped(ground: Ground) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    report(ground, line, LegStatus.RINGING, NOW)
    talking.answered(ground, line.attempt_id, line.sid, NOW)
    with ground.database.write() as session:
        talking.verified(session, line.attempt_id, NOW)
        talking.keep_place(session, line.attempt_id, {"question": "pain"})
        talking.give(session, ground, line.attempt_id, talking.Given("recovery", "better"), NOW)
    report(ground, line, LegStatus.COMPLETED, NOW)
    assert attempts_of(ground, only)[0].outcome is AttemptOutcome.HALF_WAY
    with ground.database.write() as session:
        index = recipient(ground, only).number_index
        assert talking.recognise(session, index) == only
        start = talking.call_back(session, only, "CAback", None, NOW + HOUR)
        assert start is not None
        assert (start.place, start.is_inbound) == ({"question": "pain"}, True)
        assert talking.recognise(session, index) is None  # we are speaking
        assert talking.call_back(session, only, "CAagain", None, NOW + HOUR) is None
        talking.give(session, ground, start.attempt_id, talking.Given("recovery", "worse", is_warning=True), NOW)
        talking.conclude(session, start.attempt_id, AttemptOutcome.DONE)
    calling.report(ground, start.attempt_id, Report("CAback", LegStatus.COMPLETED), NOW + HOUR)
    assert recipient(ground, only).state is RecipientState.DONE
    assert [a.direction for a in attempts_of(ground, only)] == [Direction.OUTBOUND, Direction.INBOUND]
    with ground.database.read() as session:
        assert [answer.value for answer in session.scalars(select(Answer))] == ["worse"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (intake.Told("P00000", died_on=NOW.date()), plan.DIED),
        (intake.Told("P00000", readmitted_on=NOW.date()), plan.READMITTED),
    ],
)
def test_death_and_readmission_stop_even_a_line_that_rings(ground: Ground, told: intake.Told, reason: str) -> None:
    (only,) = campaign(ground, 1)
    exchange = outside()
    look(ground, exchange, NOW)
    (line,) = exchange.lines.values()
    report(ground, line, LegStatus.RINGING, NOW)
    assert intake.hear(ground, [told], NOW) == 1
    assert (recipient(ground, only).state, recipient(ground, only).reason) == (RecipientState.STOPPED, reason)
    look(ground, exchange, NOW + timedelta(seconds=1))
    assert line.status is LegStatus.CANCELED
    assert talking.answered(ground, line.attempt_id, line.sid, NOW) is None
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


@contextmanager
def deaths(ground: Ground, exchange: Any, share: float, draw: Random) -> Iterator[None]:
    """Within: the process may die at every request of the exchange, and between any two transactions."""

    def die(*_arguments: object) -> None:
        if draw.random() < share:
            raise Killed

    exchange.dies = die
    event.listen(ground.database.engine, "begin", die, insert=True)
    try:
        yield
    finally:
        event.remove(ground.database.engine, "begin", die)
        exchange.dies = lambda: None


@pytest.mark.timeout(240)
def test_killed_anywhere_nobody_is_dialled_twice_and_everyone_comes_to_an_end(ground: Ground) -> None:
    """200 attempts over both databases: the dialler dies at one step in 15, requests fail, reports are lost."""
    seed = 1 if ground.database.engine.dialect.name == "sqlite" else 2
    people = campaign(ground, 40)
    exchange, draw, now = outside(seed), Random(seed), NOW  # noqa: S311
    exchange.down_before = exchange.down_after = exchange.refuses = 0.03
    outcomes = [AttemptOutcome.NO_ANSWER] * 5 + list(set(AttemptOutcome) - {AttemptOutcome.STOPPED})
    dialler = Dialler(ground, exchange)
    for _ in range(6000):
        exchange.now = now
        with deaths(ground, exchange, 1 / 15, draw):
            try:
                dialler.work(now)
            except Killed:
                now += timedelta(seconds=4)  # its lease is over before the next one leads
                dialler = Dialler(ground, exchange)
        with ground.database.read() as session:
            ended = set(session.scalars(select(Attempt.id).where(Attempt.state == AttemptState.ENDED)))
        for line in [one for one in exchange.lines.values() if one.attempt_id not in ended]:
            if draw.random() < 0.6:
                outcome = draw.choice(outcomes)
                if draw.random() < 0.1:
                    line.status = LegStatus.NO_ANSWER  # every report of it is lost
                else:
                    with suppress(LookupError):
                        ends(ground, line, outcome, now)
        with ground.database.read() as session:
            left = session.scalars(select(Recipient.id).where(Recipient.state.in_(queries.OPEN))).all()
            due = session.scalar(
                select(Recipient.due_at).where(Recipient.due_at.is_not(None)).order_by(Recipient.due_at)
            )
            live = session.scalar(select(Attempt.id).where(Attempt.state != AttemptState.ENDED).limit(1))
        if not left:
            break
        now = now + timedelta(seconds=15) if live or due is None else max(now + timedelta(seconds=1), due)
    assert set(exchange.dialled().values()) == {1}
    states = {recipient(ground, one).state for one in people}
    assert states <= ENDS, states
    with ground.database.read() as session:
        found = session.scalars(select(Attempt)).all()
    assert all(attempt.state is AttemptState.ENDED and attempt.outcome is not None for attempt in found)
    assert set(exchange.dialled()) <= {attempt.id for attempt in found}
    assert len(found) >= 100
    per_person = {one: datetime.min.replace(tzinfo=NOW.tzinfo) for one in people}
    for attempt in sorted(found, key=lambda each: each.marked_at):
        assert attempt.marked_at >= per_person[attempt.recipient_id]
        per_person[attempt.recipient_id] = attempt.ended_at or attempt.marked_at
