"""The ground floor on both databases: transactions, encryption at rest, jobs added once, blobs, the bell."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from hotline import jobs, story
from hotline.bell import JOBS
from hotline.crypt import Undecipherable
from hotline.errors import IllegalMove, NotFound
from hotline.ground import Ground
from hotline.models import Call, Event, Job
from hotline.values import CallStatus, Language

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def a_call(number: str = "+8613800000001") -> Call:
    return Call(
        provider_sid="CA1", caller_number=number, language=Language.ENGLISH, started_at=NOW, heard_at=NOW, place={}
    )


def test_phone_number_is_unreadable_in_the_database_and_readable_through_the_model(ground: Ground) -> None:
    with ground.database.write() as session:
        session.add(a_call())
    with ground.database.read() as session:
        raw = session.execute(text("SELECT caller_number FROM calls")).scalar_one()
        call = session.scalars(select(Call)).one()
    assert b"138" not in bytes(raw)
    assert call.caller_number == "+8613800000001"
    assert call.started_at == NOW
    assert call.language is Language.ENGLISH


def test_a_transaction_that_fails_leaves_nothing_and_rings_no_bell(ground: Ground) -> None:
    bells = ground.bell.listen(JOBS, 0.2)
    assert next(bells) is None
    with pytest.raises(RuntimeError), ground.database.write() as session:
        jobs.add(session, ground.bell, "transcribe", "r1", NOW)
        raise RuntimeError
    with ground.database.read() as session:
        assert session.scalars(select(Job)).all() == []
    assert next(bells) is None


def test_a_job_asked_for_twice_is_one_row_and_rings_after_the_commit(ground: Ground) -> None:
    bells = ground.bell.listen(JOBS, 2)
    assert next(ground.bell.listen(JOBS, 0.05)) is None
    with ground.database.write() as session:
        first = jobs.add(session, ground.bell, "transcribe", "r1", NOW)
        again = jobs.add(session, ground.bell, "transcribe", "r1", NOW)
        assert first is again
    with ground.database.read() as session:
        assert [job.id for job in session.scalars(select(Job))] == [first.id]
    del bells


def test_story_moves_by_the_table_only(ground: Ground) -> None:
    call = a_call()
    with ground.database.write() as session:
        session.add(call)
        session.flush()
        assert story.move(call, CallStatus.WAITING, "status")
        assert not story.move(call, CallStatus.WAITING, "status")
        story.tell(session, ground.bell, story.event(call.id, "asked", NOW, queue="booking"))
    with pytest.raises(IllegalMove):
        story.move(Call(status=CallStatus.ENDED), CallStatus.TALKING, "status")
    with ground.database.read() as session:
        assert session.scalars(select(Event.kind)).all() == ["asked"]


def test_blob_is_sealed_for_its_row_and_gone_after_delete(ground: Ground) -> None:
    ground.blobs.put("a/b", b"sound", about="recording 1")
    assert b"sound" not in ground.blobs.sealed("a/b")
    assert ground.blobs.get("a/b", "recording 1") == b"sound"
    with pytest.raises(Undecipherable):
        ground.blobs.get("a/b", "recording 2")
    ground.blobs.delete("a/b")
    ground.blobs.delete("a/b")
    with pytest.raises(NotFound):
        ground.blobs.get("a/b", "recording 1")
