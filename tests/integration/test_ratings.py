"""Ratings after a conversation: who is asked, what is kept, and what comes of it, on both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from hotline import clock
from hotline.context import AppContext
from hotline.models import Call, Case, Job, Recording
from hotline.outbox import jobs
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.case import CaseKind, Urgency
from hotline.values.states.recording import RecordingState
from qa.reports import queries
from qa.statistics import rating_queries
from tests.integration.stories import BOOKING, EMERGENCY, Story, opened
from tests.simulation.exchange.telephone import Line, Place
from workers import sweep


@pytest.fixture
def told(context: AppContext) -> Iterator[Story]:
    """A story at the sample hospital."""
    with opened(context) as story:
        story.only("1001", "2001")
        yield story


def talked(told: Story, keys: str = "2") -> Line:
    """A caller whose agent hung up and who is asked; `keys` is what they press."""
    told.world.exchange.rating = keys
    caller = told.call(BOOKING)
    told.world.exchange.end(told.meet(caller), "completed")
    return caller


def rating_of(told: Story, caller: Line) -> tuple[int | None, bool]:
    """The stored rating, and whether they were asked."""
    with told.world.context.database.read() as session:
        call = session.get_one(Call, caller.owner)
        return call.rating, call.rating_asked_at is not None


def test_a_caller_whose_agent_hung_up_is_asked_and_the_key_is_kept(told: Story) -> None:
    caller = talked(told, "4")
    told.post()
    assert (rating_of(told, caller), told.status(caller)) == ((4, True), CallStatus.ENDED)
    assert (told.told("rating_asked"), told.told("call_rated")) == (1, 1)
    with told.world.context.database.read() as session:
        call = session.get_one(Call, caller.owner)
        assert call.outcome is CallOutcome.ANSWERED
        agent = call.agent_id or ""
        start, end = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
        assert queries.ratings_of(session, start, end) == {agent: [4]}


@pytest.mark.parametrize("key", ["0", "6", "9", "*", "#"])
def test_any_other_key_skips_the_question(told: Story, key: str) -> None:
    caller = talked(told, key)
    told.post()
    assert (rating_of(told, caller), told.status(caller)) == ((None, True), CallStatus.ENDED)


def test_the_question_is_one_short_gather_and_comes_again_only_as_the_same(told: Story) -> None:
    caller = talked(told)
    told.post("completed")
    [mail] = [mail for mail in told.world.exchange.mail if "/conference-left" in mail.url]
    first, again = (told.world.client.post(mail.url, data=mail.form).text for _ in range(2))
    assert first == again
    assert (first.count("<Gather"), 'numDigits="1"' in first, 'timeout="3"' in first) == (1, True, True)
    assert told.told("rating_asked") == 1
    told.post()
    assert rating_of(told, caller) == (2, True)
    assert "<Gather" not in told.world.client.post(mail.url, data=mail.form).text


def test_a_rating_is_kept_once_however_often_and_late_keys_come(told: Story) -> None:
    caller = talked(told, "5")
    told.post()
    for digits in ("1", "5", "", "x", "12"):
        form = {"CallSid": caller.sid, "CallStatus": "in-progress", "Digits": digits}
        answer = told.world.client.post(f"/voice/calls/{caller.owner}/rating", data=form)
        assert (answer.status_code, "<Hangup" in answer.text) == (200, True)
    assert (rating_of(told, caller), told.told("call_rated")) == ((5, True), 1)


def test_who_was_never_asked_cannot_rate(told: Story) -> None:
    caller = told.call()
    form = {"CallSid": caller.sid, "Digits": "1"}
    told.world.client.post(f"/voice/calls/{caller.owner}/rating", data=form)
    assert rating_of(told, caller) == (None, False)


def test_an_emergency_and_an_urgent_case_are_not_asked(told: Story) -> None:
    emergency = told.call(EMERGENCY)
    told.world.exchange.end(told.meet(emergency), "completed")
    told.post()
    warned = told.call(BOOKING)
    phone = told.meet(warned)
    now = clock.now()
    with told.world.context.database.write() as session:
        made = Case(number="1", kind=CaseKind.FOLLOW_UP, urgency=Urgency.URGENT, call_id=warned.owner)
        made.opened_at, made.due_at = now, now
        session.add(made)
    told.world.exchange.end(phone, "completed")
    told.post()
    assert [rating_of(told, line) for line in (emergency, warned)] == [(None, False)] * 2
    assert {emergency.place, warned.place} == {Place.ENDED}


def test_who_hung_up_first_is_not_asked(told: Story) -> None:
    caller = told.call()
    told.meet(caller)
    told.world.exchange.end(caller, "completed")
    told.post()
    assert rating_of(told, caller) == (None, False)


def test_a_low_rating_is_heard_first_and_points_at_the_call(told: Story) -> None:
    caller = talked(told, "1")
    told.post()
    context, now = told.world.context, clock.now()
    with context.database.read() as session:
        assert rating_queries.ratings_of_calls(session, [caller.owner, "none"]) == {caller.owner: 1}
    low = {rating: rating <= rating_queries.LOW for rating in range(1, 6)}
    assert low == {1: True, 2: True, 3: False, 4: False, 5: False}

    with context.database.write() as session:
        recording = Recording(provider_sid="RE1", call_id=caller.owner, state=RecordingState.STORED, started_at=now)
        session.add(recording)
        session.flush()
        jobs.add(session, context.notifier, "transcribe", recording.id, now)
    assert sweep.urgent_words(context.database, context.notifier) == 1
    with context.database.write() as session:
        session.execute(update(Call).values(rating=3))
        session.execute(update(Job).values(urgency=0))
    assert sweep.urgent_words(context.database, context.notifier) == 0
