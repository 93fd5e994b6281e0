"""The open resources on both databases: transactions, encryption at rest, jobs added once, objects, notifications."""

from datetime import UTC, datetime

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context
from hotline.encryption.keyring import Undecipherable
from hotline.errors import IllegalMove, NotFound
from hotline.models import Call, CallHistoryEvent, Job
from hotline.outbox import call_log, jobs, transitions
from hotline.outbox.notifier import ROUTER
from hotline.values.call_events import PersonRequested
from hotline.values.language import Language
from hotline.values.states.call import CallEvent, CallStatus
from tests.support.servers import wait_for

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def a_call(number: str = "+8613800000001") -> Call:
    return Call(
        provider_sid="CA1",
        caller_number=number,
        language=Language.ENGLISH,
        started_at=NOW,
        last_report_at=NOW,
        dialogue_state={},
    )


def test_phone_number_is_unreadable_in_the_database_and_readable_through_the_model(context: AppContext) -> None:
    with context.database.write() as session:
        session.add(a_call())
    with context.database.read() as session:
        raw = session.execute(text("SELECT caller_number FROM calls")).scalar_one()
        call = session.scalars(select(Call)).one()
    assert b"138" not in bytes(raw)
    assert call.caller_number == "+8613800000001"
    assert call.started_at == NOW
    assert call.language is Language.ENGLISH


def test_a_transaction_that_fails_leaves_nothing_and_rings_no_bell(context: AppContext) -> None:
    with pytest.raises(IntegrityError), context.database.write() as session:  # noqa: PT012 (both lines are one transaction)
        jobs.add(session, context.notifier, "transcribe", "r1", NOW)
        session.add(CallHistoryEvent(call_id="no such call", kind="x", at=NOW))
    with context.database.read() as session:
        assert session.scalars(select(Job)).all() == []
    assert in_line(context) == []


def test_a_job_asked_for_twice_is_one_row_and_one_bell_after_the_commit(context: AppContext) -> None:
    with context.database.write() as session:
        first = jobs.add(session, context.notifier, "transcribe", "r1", NOW)
        assert jobs.add(session, context.notifier, "transcribe", "r1", NOW) is first
        assert in_line(context) == []
    wait_for(lambda: in_line(context) == [f"{first.id}-0"], what="the notification")
    assert not jobs.enqueue(context.notifier, first)
    with context.database.read() as session:
        assert [job.id for job in session.scalars(select(Job))] == [first.id]
    assert in_line(context) == [f"{first.id}-0"]


def test_a_bell_that_cannot_ring_costs_nothing_that_was_stored(settings: Settings) -> None:
    deaf = open_context(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    with deaf.database.write() as session:
        jobs.add(session, deaf.notifier, "transcribe", "r1", NOW)
        deaf.notifier.notify_after(session, ROUTER)
    with deaf.database.read() as session:
        assert len(session.scalars(select(Job)).all()) == 1
    deaf.close()


def test_the_bell_is_heard_by_who_listens(context: AppContext) -> None:
    notices = context.notifier.listen(ROUTER, 0.05)
    assert not next(notices)
    context.notifier.notify(ROUTER)
    assert any(next(notices) for _ in range(20))


def in_line(context: AppContext) -> list[str]:
    ids: list[str] = Queue("transcribe", connection=context.notifier.redis, serializer=JSONSerializer).job_ids
    return ids


def test_story_moves_by_the_table_only(context: AppContext) -> None:
    call = a_call()
    with context.database.write() as session:
        session.add(call)
        session.flush()
        assert transitions.transition(call, CallEvent.QUEUED)
        assert not transitions.transition(call, CallEvent.QUEUED)
        call_log.record(session, context.notifier, call.id, PersonRequested(queue="booking"), NOW)
    with pytest.raises(IllegalMove):
        transitions.transition(Call(status=CallStatus.ENDED), CallEvent.CONNECTED)
    with context.database.read() as session:
        assert session.scalars(select(CallHistoryEvent.kind)).all() == ["person_requested"]


def test_blob_is_sealed_for_its_row_and_gone_after_delete(context: AppContext) -> None:
    context.objects.put("a/b", b"sound", about="recording 1")
    assert b"sound" not in context.objects.sealed("a/b")
    assert context.objects.get("a/b", "recording 1") == b"sound"
    with pytest.raises(Undecipherable):
        context.objects.get("a/b", "recording 2")
    context.objects.delete("a/b")
    context.objects.delete("a/b")
    with pytest.raises(NotFound):
        context.objects.get("a/b", "recording 1")
