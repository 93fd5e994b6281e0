"""A recording's way from the callback to a checked transcript: real provider adapter, both databases, real speech."""

import io
import json
import threading
import tracemalloc
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable
from hotline.errors import Discard, NotFound
from hotline.models import AutoScore, Call, CallHistoryEvent, Case, Job, Recording, Transcript, UnreferencedObject
from hotline.object_store import orphans
from hotline.outbox import jobs
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.job import JobState
from hotline.values.states.recording import RecordingKind, RecordingState
from qa.scoring import service as qa
from recordings.errors import DigestMismatch, IncompleteRecording, ProviderCopyRemains
from recordings.storage import service
from recordings.storage.http import pages
from recordings.storage.recording_report import RecordingReport
from recordings.transcripts import service as transcripts
from telephony.errors import ProviderDown
from telephony.provider import Provider, connect
from tests.conftest import make_settings
from tests.integration.recording_house import House, open_house
from tests.support.hearing import error_rate
from workers import run

NOW = clock.now()
RUDE = Path("../shared/audio/calls/en-complaint-rude.wav")
SECONDS = 17


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        opened.files["RE1"] = RUDE.read_bytes()
        yield opened


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_server: str, house: House) -> Settings:
    """The usual settings, with the provider of this module."""
    return make_settings(tmp_path, database_url, redis_server, twilio_api_base=house.url)


@pytest.fixture
def provider(settings: Settings) -> Provider:
    return connect(settings)


@pytest.fixture
def call_id(context: AppContext) -> str:
    with context.database.write() as session:
        call = Call(
            provider_sid="CA1", language=Language.ENGLISH, dialogue_state={}, started_at=NOW, last_report_at=NOW
        )
        session.add(call)
    return call.id


def post(context: AppContext, call_id: str, status: str, sid: str = "RE1", **more: str) -> int:
    """The exchange's callback, as it arrives at the blueprint."""
    app = Flask("voice")
    app.extensions["context"] = context
    app.register_blueprint(pages)
    form = {"CallSid": "CA1", "RecordingSid": sid, "RecordingStatus": status} | more
    if status == "completed":
        form = {"RecordingDuration": str(SECONDS), "RecordingChannels": "2"} | form
    return app.test_client().post(f"/voice/recordings/{call_id}/events", data=form).status_code


def recording(context: AppContext, sid: str = "RE1") -> Recording:
    with context.database.read() as session:
        return session.scalars(select(Recording).where(Recording.provider_sid == sid)).one()


def told(context: AppContext) -> list[str]:
    with context.database.read() as session:
        return sorted(event.kind for event in session.scalars(select(CallHistoryEvent)))


def jobs_of(context: AppContext) -> set[str]:
    with context.database.read() as session:
        return {job.kind for job in session.scalars(select(Job))}


def ready(context: AppContext, call_id: str, sid: str = "RE1", seconds: int = SECONDS) -> str:
    """A recording that the exchange has called ready; its id."""
    service.apply_report(
        context.database, context.notifier, call_id, RecordingReport(sid, RecordingState.READY, seconds, 2), NOW
    )
    return recording(context, sid).id


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(2)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(bytes(int(seconds * 8000) * 4))
    return file.getvalue()


def test_callbacks_in_any_order_and_twice_leave_the_same_rows(context: AppContext, call_id: str) -> None:
    for number, order in enumerate(permutations(["in-progress", "completed", "completed", "in-progress"])):
        sid = f"RE{number}"
        for status in order:
            assert post(context, call_id, status, sid) == 204
        row = recording(context, sid)
        assert (row.state, row.seconds, row.channels, row.reason) == (RecordingState.READY, 17.0, 2, None)
        with context.database.read() as session:
            found = session.scalars(select(Job).where(Job.subject_id == row.id)).all()
            events = [e.kind for e in session.scalars(select(CallHistoryEvent)) if e.data["recording_id"] == row.id]
        assert [job.kind for job in found] == ["fetch_recording"]
        assert sorted(events) == ["recording_ready", "recording_started"]


def test_two_processes_that_hear_of_a_new_recording_at_once_add_one_row(context: AppContext, call_id: str) -> None:
    faults: list[BaseException] = []
    barrier = threading.Barrier(4)

    def hear() -> None:
        barrier.wait()
        try:
            service.apply_report(
                context.database,
                context.notifier,
                call_id,
                RecordingReport("RE1", RecordingState.READY, SECONDS, 2),
                NOW,
            )
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=hear) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert recording(context).state is RecordingState.READY
    assert told(context) == ["recording_ready", "recording_started"]


def test_a_recording_of_an_unknown_call_or_without_readable_words_leaves_nothing(
    context: AppContext, call_id: str
) -> None:
    assert post(context, "no such call", "completed") == 204
    assert post(context, call_id, "a new word") == 204
    assert post(context, call_id, "completed", sid="<script>") == 204
    with context.database.read() as session:
        assert session.scalars(select(Recording)).all() == []


def test_a_ready_recording_is_fetched_sealed_and_then_deleted_there(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    row = recording(context)
    assert (row.state, row.channels, row.size) == (RecordingState.STORED, 2, RUDE.stat().st_size)
    assert row.seconds == pytest.approx(16.89, abs=0.01)
    assert {"delete_recording", "transcribe"} <= jobs_of(context)
    assert b"RIFF" not in context.objects.sealed(row.blob or "")
    assert service.decrypted_wav(context.objects, context.keyring, row) == RUDE.read_bytes()
    service.delete_at_provider(context, provider, recording_id, NOW)
    service.delete_at_provider(context, provider, recording_id, NOW)
    assert house.deleted == ["RE1", "RE1"]
    assert recording(context).deleted_at_provider_at == NOW
    with pytest.raises(Discard):
        service.fetch(context, provider, recording_id, NOW)


def test_a_file_that_is_not_whole_yet_is_fetched_again_and_nothing_is_deleted(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    whole = house.files["RE1"]
    for part in (whole[:-2000], wav(3.0), b"<html>", b""):
        house.files["RE1"] = part
        with pytest.raises(IncompleteRecording):
            service.fetch(context, provider, recording_id, NOW)
    with pytest.raises(Discard):
        service.delete_at_provider(context, provider, recording_id, NOW)
    house.is_down = True
    with pytest.raises(ProviderDown):
        service.fetch(context, provider, recording_id, NOW)
    assert recording(context).state is RecordingState.READY
    house.is_down = False
    house.files["RE1"] = whole
    service.fetch(context, provider, recording_id, NOW)
    assert recording(context).state is RecordingState.STORED


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 64_000])
def test_a_recording_whose_head_says_a_wrong_length_is_kept_whole_with_a_right_one(
    context: AppContext, provider: Provider, house: House, call_id: str, length: int
) -> None:
    whole = house.files["RE1"]
    house.files["RE1"] = whole[:40] + length.to_bytes(4, "little") + whole[44:]
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    row = recording(context)
    assert (row.state, row.size) == (RecordingState.STORED, len(whole))
    assert service.decrypted_wav(context.objects, context.keyring, row) == whole


def test_a_recording_of_no_known_length_waits_until_the_provider_or_its_head_says_it(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    whole = house.files["RE1"]
    service.apply_report(
        context.database, context.notifier, call_id, RecordingReport("RE1", RecordingState.READY, None, 2), NOW
    )
    recording_id = recording(context).id
    house.files["RE1"] = whole[:40] + bytes(4) + whole[44:]
    with pytest.raises(IncompleteRecording, match="not written yet"):
        service.fetch(context, provider, recording_id, NOW)
    house.states["RE1"] = "completed"  # now it says 17 seconds
    service.fetch(context, provider, recording_id, NOW)
    assert service.decrypted_wav(context.objects, context.keyring, recording(context)) == whole


def test_a_message_given_up_for_lost_is_a_case_and_is_fetched_after_all_once_it_is_ready_again(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    worker = run.WorkerContext(context, provider)

    def work(*kinds: str) -> None:
        with context.database.read() as session:
            found = list(session.scalars(select(Job).where(Job.kind.in_(kinds)).order_by(Job.kind)))
        for job in found:
            run.run(worker, job.id)

    news = RecordingReport("RE1", RecordingState.READY, SECONDS, 1, kind=RecordingKind.MESSAGE)
    house.refuses = True
    service.apply_report(context.database, context.notifier, call_id, news, clock.now())
    work("fetch_recording")
    assert recording(context).state is RecordingState.FAILED
    # Late or twice, before anybody saw to the lost one.
    service.apply_report(context.database, context.notifier, call_id, news, clock.now())
    work("file_message")
    work("fetch_recording")
    work("file_message")
    house.refuses = False
    service.apply_report(context.database, context.notifier, call_id, news, clock.now())
    work("fetch_recording", "file_message")
    assert recording(context).state is RecordingState.STORED
    with context.database.read() as session:
        assert [case.call_id for case in session.scalars(select(Case))] == [call_id]


def test_a_provider_that_keeps_its_copy_is_asked_again(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    house.keeps_everything = True
    with pytest.raises(ProviderCopyRemains):
        service.delete_at_provider(context, provider, recording_id, NOW)
    assert recording(context).deleted_at_provider_at is None


def test_absent_gone_and_empty_recordings_end_and_leave_nothing_waiting(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    post(context, call_id, "absent", "RE2")
    post(context, call_id, "completed", "RE3", RecordingDuration="0")
    service.fetch(context, provider, ready(context, call_id, "RE4"), NOW)
    house.files["RE5"] = wav(0.0)
    service.fetch(context, provider, ready(context, call_id, "RE5", seconds=1), NOW)
    states = {sid: recording(context, sid).state for sid in ("RE2", "RE3", "RE4", "RE5")}
    assert set(states.values()) == {RecordingState.ABSENT}, states
    assert "check_call" in jobs_of(context)


def test_a_recording_of_which_nothing_was_heard_is_asked_for(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    with context.database.write() as session:
        first = service.add_started(session, context.notifier, call_id, "RE1", NOW)
        assert service.add_started(session, context.notifier, call_id, "RE1", NOW) is first
        gone = service.add_started(session, context.notifier, call_id, "RE9", NOW)
    house.states["RE1"] = "completed"
    for row in (first, gone, first):
        service.reconcile(context.database, context.notifier, provider, row.id, NOW)
    assert (recording(context).state, recording(context).seconds) == (RecordingState.READY, 17.0)
    assert recording(context, "RE9").state is RecordingState.ABSENT


def test_a_stored_call_is_transcribed_and_checked_once_however_often_it_is_asked(
    context: AppContext, provider: Provider, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    transcripts.transcribe(context, recording_id, NOW)
    with pytest.raises(Discard):
        transcripts.transcribe(context, recording_id, NOW)
    with context.database.read() as session:
        [transcript] = session.scalars(select(Transcript)).all()
    assert transcript.engine == "whisper-base"
    assert [line.speaker for line in transcript.utterances] == ["agent", "caller"] * 3
    call = json.loads(RUDE.with_suffix(".json").read_text("utf-8"))
    said = [line["text"] for line in call["utterances"]]
    assert error_rate(said, (line.text for line in transcript.utterances), Language.ENGLISH) < 0.2
    assert all(0 < line.start < line.end < SECONDS for line in transcript.utterances)
    for _ in range(2):
        qa.score_call(context, call_id, NOW)
    with context.database.read() as session:
        marks = {mark.item: mark for mark in session.scalars(select(AutoScore))}
    answers = {item: marks[item] for item in ("greeting", "self_id", "forbidden", "closing", "records")}
    chances = [mark.probability for mark in list(answers.values())[:4]]
    assert [chance is not None and chance > 0.5 for chance in chances] == [False, False, True, False]
    assert answers["records"].answer is ItemAnswer.NA
    assert transcript.utterances[2].id in [one for place in marks["forbidden"].evidence for one in place["utterances"]]
    assert "problem" not in str(marks["forbidden"].evidence)  # places, never words
    assert {"recording_transcribed", "call_checked", "recording_stored"} <= set(told(context))


def test_a_call_of_two_recordings_is_checked_after_the_last_one(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    house.files |= {"RE1": wav(2.0), "RE2": wav(2.0)}
    first, second = ready(context, call_id, "RE1", 2), ready(context, call_id, "RE2", 2)
    for recording_id in (first, second):
        service.fetch(context, provider, recording_id, NOW)
    transcripts.transcribe(context, first, NOW)
    assert "check_call" not in jobs_of(context)
    transcripts.transcribe(context, second, NOW)
    assert "check_call" in jobs_of(context)
    with context.database.read() as session:
        assert [row.utterances for row in session.scalars(select(Transcript))] == [[], []]  # silence has no words


def test_a_call_without_a_transcript_has_nothing_to_check(context: AppContext, call_id: str) -> None:
    with pytest.raises(Discard):
        qa.score_call(context, call_id, NOW)


def test_sound_that_was_exchanged_in_the_store_is_refused(
    context: AppContext, provider: Provider, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    context.objects.put(recording(context).blob or "", wav(17.0), service.sealing_context(recording_id))
    with pytest.raises((DigestMismatch, Undecipherable)):
        transcripts.transcribe(context, recording_id, NOW)


def test_a_recording_beyond_the_limit_is_left_at_the_provider_and_staff_see_why(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    small = replace(context, settings=context.settings.model_copy(update={"recording_megabytes": 1}))
    house.files["RE1"] = long = wav(60.0)
    assert len(long) > 1 << 20
    recording_id = ready(context, call_id, seconds=60)
    with context.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "fetch_recording")).one()
    run.run(run.WorkerContext(small, provider), job.id)
    with context.database.read() as session:
        after = session.get_one(Job, job.id)
    assert (after.state, after.reason) == (JobState.FAILED, "recording_too_large")
    assert (recording(context).state, house.deleted, "RE1" in house.files) == (RecordingState.READY, [], True)
    assert objects(context) == []  # what had come of it is not kept
    with context.database.write() as session:  # the limit was raised
        jobs.again(session, context.notifier)
    run.run(run.WorkerContext(context, provider), job.id)
    assert service.decrypted_wav(context.objects, context.keyring, recording(context)) == long
    assert len(objects(context)) == 1
    assert recording_id in objects(context)[0]


def test_the_providers_copy_stays_while_ours_cannot_be_opened(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    service.fetch(context, provider, recording_id, NOW)
    name = recording(context).blob or ""
    sound = context.objects.sealed(name)
    damages = (sound[:-1] + bytes([sound[-1] ^ 1]), sound[:-100], b"")
    for damaged in damages:
        context.objects.put_sealed(name, [damaged])
        with pytest.raises((DigestMismatch, Undecipherable)):
            service.delete_at_provider(context, provider, recording_id, NOW)
    context.objects.delete(name)
    with pytest.raises(NotFound):
        service.delete_at_provider(context, provider, recording_id, NOW)
    assert house.deleted == []
    context.objects.put_sealed(name, [sound])
    service.delete_at_provider(context, provider, recording_id, NOW)
    assert house.deleted == ["RE1"]


def test_a_recording_is_written_under_a_name_of_its_own_each_time(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    recording_id = ready(context, call_id)
    names = set()
    for _ in range(2):
        service.fetch(context, provider, recording_id, NOW)
        names.add(recording(context).blob)
        with context.database.write() as session:
            session.get_one(Recording, recording_id).state = RecordingState.READY
    assert len(names) == 2
    assert house.deleted == []


def test_blobs_that_nothing_came_to_name_are_deleted_after_a_day_and_no_others(
    context: AppContext, provider: Provider, call_id: str
) -> None:
    service.fetch(context, provider, ready(context, call_id), NOW)
    kept = recording(context).blob
    with suppress(OSError), orphans.fresh(context.database, context.objects, "recordings/x") as lost:
        context.objects.put_sealed(lost, [b"sealed"])
        raise OSError("the disk is full")
    assert sorted(objects(context)) == sorted([kept or "", lost])
    assert orphans.sweep(context.database, context.objects) == 0  # somebody may still be at it
    with context.database.write() as session:
        session.get_one(UnreferencedObject, lost).made_at -= orphans.SAFE
    assert orphans.sweep(context.database, context.objects) == 1
    assert objects(context) == [kept]
    with pytest.raises(orphans.Swept), context.database.write() as session:
        orphans.keep(session, lost)


def test_a_long_recording_is_brought_here_and_read_back_without_being_held(
    context: AppContext, provider: Provider, house: House, call_id: str
) -> None:
    data = wav(3600.0)  # 115 MB
    house.files["RE1"] = data
    recording_id = ready(context, call_id, seconds=3600)
    tracemalloc.start()
    try:
        service.fetch(context, provider, recording_id, NOW)
        service.delete_at_provider(context, provider, recording_id, NOW)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20 << 20  # the provider of this test sends from memory that it had before
    assert (recording(context).size, house.deleted) == (len(data), ["RE1"])


def objects(context: AppContext) -> list[str]:
    """The names of everything in the store."""
    folder = Path(context.settings.objects.removeprefix("file://"))
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
