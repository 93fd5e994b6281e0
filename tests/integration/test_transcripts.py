"""Words that are searched, corrected and deleted again: on both databases, with real seals and a real store."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable
from hotline.errors import NotFound
from hotline.models import (
    AuditEntry,
    Case,
    Correction,
    Job,
    LegalHold,
    Recording,
    Report,
    SearchTerm,
    Transcript,
    Utterance,
)
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.case import CaseKind, CaseState
from hotline.values.states.recording import RecordingState
from recordings.retention import hold_service, report_service
from recordings.retention import service as retention_service
from recordings.retention.periods import RetentionItem
from recordings.search import service
from recordings.search.service import SearchQuery
from recordings.storage import sealed_sound_service
from recordings.transcripts import correction_service
from recordings.transcripts import queries as transcript_queries
from tests.integration.transcripts_house import Recorded, a_user, recorded, wav

NOW = clock.now()
OLD = NOW - timedelta(days=400)


def texts(context: AppContext, query: str, **more: object) -> list[str]:
    with context.database.read() as session:
        hits = service.find(session, context.keyring, SearchQuery(query, **more))  # type: ignore[arg-type] # filters of a test
        return [transcript_queries.current_text(hit.utterance) for hit in hits]


def row(context: AppContext, made: Recorded) -> Recording:
    with context.database.read() as session:
        return session.get_one(Recording, made.recording.id)


def test_a_word_is_found_by_its_characters_by_its_sound_and_nowhere_else(context: AppContext) -> None:
    recorded(context, NOW)
    assert texts(context, "心内科") == ["好的，心内科专家号还有"]
    assert texts(context, "新内科") == ["好的，心内科专家号还有"]  # a wrong character of the same sound
    assert texts(context, "骨科") == []
    assert texts(context, "科") == ["好的，心内科专家号还有"]
    assert texts(context, "1024") == ["您好，市人民医院热线，工号一零二四为您服务"]
    assert texts(context, "，。") == []
    assert texts(context, "") == []


def test_english_is_found_by_the_stem_of_its_words(context: AppContext) -> None:
    lines = (("agent", "Your appointments were confirmed"), ("caller", "I am waiting for the doctor's call"))
    recorded(context, NOW, lines, language=Language.ENGLISH)
    assert texts(context, "appointment confirms") == []  # not beside each other
    assert texts(context, "Appointment") == ["Your appointments were confirmed"]
    assert texts(context, "wait") == ["I am waiting for the doctor's call"]


def test_the_search_leaves_out_what_the_filters_do(context: AppContext) -> None:
    recorded(context, NOW)
    assert texts(context, "心内科", since=NOW - timedelta(hours=1))
    assert not texts(context, "心内科", since=NOW + timedelta(hours=1))
    assert not texts(context, "心内科", agent_id="nobody")
    assert not texts(context, "心内科", queue="nurse")


def test_the_table_of_terms_shows_no_word(context: AppContext) -> None:
    recorded(context, NOW)
    with context.database.read() as session:
        digests = set(session.scalars(select(SearchTerm.digest)))
    assert digests
    assert all(len(one) == service.DIGEST_SIGNS and set(one) <= set("0123456789abcdef") for one in digests)


def test_a_correction_stands_beside_the_machine_s_text_and_is_found_once_the_job_is_done(context: AppContext) -> None:
    made, user = recorded(context, NOW), a_user(context)
    utterance = made.transcript.utterances[2]
    correction = correction_service.correct(
        context.database, context.notifier, utterance.id, " 好的，肾内科  专家号还有 ", user, NOW
    )
    assert not texts(context, "肾内科")
    with context.database.read() as session:
        jobs = list(session.scalars(select(Job).where(Job.kind == "index_correction")))
        assert [job.subject_id for job in jobs] == [correction.id]
        kept = session.get_one(Utterance, utterance.id)
        assert (kept.text, transcript_queries.current_text(kept)) == (
            "好的，心内科专家号还有",
            "好的，肾内科 专家号还有",
        )
        assert [(one.user_id, one.at) for one in kept.corrections] == [(user, NOW)]
    correction_service.reindex(context, correction.id, NOW)
    assert texts(context, "肾内科") == ["好的，肾内科 专家号还有"]
    assert texts(context, "心内科") == ["好的，肾内科 专家号还有"]  # still found by what the machine heard


def test_a_correction_that_says_nothing_is_refused_and_one_that_changes_nothing_is_none(context: AppContext) -> None:
    made, user = recorded(context, NOW), a_user(context)
    first = made.transcript.utterances[0]
    with pytest.raises(correction_service.EmptyCorrection):
        correction_service.correct(context.database, context.notifier, first.id, "  ", user, NOW)
    with pytest.raises(NotFound):
        correction_service.correct(context.database, context.notifier, "nothing", "好", user, NOW)
    correction_service.correct(context.database, context.notifier, first.id, first.text, user, NOW)
    with context.database.read() as session:
        assert not session.scalars(select(Correction)).all()


def test_words_that_people_put_in_often_become_hints(context: AppContext) -> None:
    made, user = recorded(context, NOW), a_user(context)
    for utterance in made.transcript.utterances[:2]:
        correction_service.correct(
            context.database, context.notifier, utterance.id, utterance.text + "，冠脉造影", user, NOW
        )
    with context.database.read() as session:
        assert set(transcript_queries.frequent(session, Language.MANDARIN)) & {"冠脉", "造影", "冠脉造影"}
        assert transcript_queries.frequent(session, Language.ENGLISH) == []


def test_any_part_of_a_sealed_recording_is_read_without_the_rest_and_a_moved_one_is_not(context: AppContext) -> None:
    data = wav(60.0)
    made = Recording(id="r1", size=len(data))
    lock = sealed_sound_service.put(context.objects, context.keyring, "recordings/r1/x", "r1", [data])
    made.blob, made.data_key = lock.blob, lock.data_key
    file = sealed_sound_service.open_stream(context.objects, context.keyring, made)
    for start, length in (
        (0, 44),
        (sealed_sound_service.PIECE - 5, 10),
        (len(data) - 3, 99),
        (sealed_sound_service.PIECE * 2, sealed_sound_service.PIECE + 1),
    ):
        file.seek(start)
        assert file.read(length) == data[start : start + length]
    assert file.seek(0, io.SEEK_END) == len(data)
    stolen = Recording(id="r2", size=len(data), blob=lock.blob, data_key=lock.data_key)
    with pytest.raises(Undecipherable):
        sealed_sound_service.open_stream(context.objects, context.keyring, stolen)


def test_what_is_over_is_deleted_with_proof_and_the_rest_is_kept(context: AppContext) -> None:
    old, new = recorded(context, OLD), recorded(context, NOW - timedelta(days=3))
    done = retention_service.run(context, NOW)
    assert [(item.call.id, item.verdict.what) for item in done] == [(old.call.id, RetentionItem.AUDIO)]
    gone = row(context, old)
    assert (gone.state, gone.data_key, gone.blob) == (RecordingState.PURGED, None, None)
    assert not context.objects.has(old.recording.blob or "")
    with pytest.raises(NotFound):
        sealed_sound_service.open_stream(context.objects, context.keyring, gone)
    with context.database.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "purge_audio"))
        assert (entry.subject_id, entry.user_id) == (old.recording.id, None)
    assert row(context, new).state is RecordingState.TRANSCRIBED
    assert retention_service.run(context, NOW) == []


def test_a_copy_of_the_blob_cannot_be_opened_once_the_key_is_destroyed(context: AppContext) -> None:
    old = recorded(context, OLD)
    copy = context.objects.sealed(old.recording.blob or "")
    retention_service.run(context, NOW)
    context.objects.put_sealed(old.recording.blob or "", [copy])  # somebody kept a backup
    gone = row(context, old)
    gone.blob = old.recording.blob
    with pytest.raises(Undecipherable):
        sealed_sound_service.open_stream(context.objects, context.keyring, gone)


def test_words_are_deleted_later_and_are_found_no_more(context: AppContext) -> None:
    old = recorded(context, NOW - timedelta(days=800))
    correction_service.correct(
        context.database, context.notifier, old.transcript.utterances[0].id, "更正", a_user(context), NOW
    )
    assert {item.verdict.what for item in retention_service.run(context, NOW)} == {
        RetentionItem.AUDIO,
        RetentionItem.TRANSCRIPT,
    }
    assert texts(context, "心内科") == []
    with context.database.read() as session:
        assert not session.scalars(select(Utterance)).all()
        assert not session.scalars(select(Correction)).all()
        assert not session.scalars(select(SearchTerm)).all()
        assert session.scalars(select(Transcript)).one().purged_at == NOW


def test_files_of_reports_are_deleted_when_their_time_is_over_and_the_log_says_so(context: AppContext) -> None:
    user = a_user(context)
    with context.database.write() as session:
        for days, name in ((2000, "old"), (1000, "new")):
            context.objects.put(f"reports/{name}", b"pages", f"reports.{name}")
            made = Report(kind="quality", format="pdf", language=Language.MANDARIN, made_by=user)
            made.asked_at, made.blob = NOW - timedelta(days=days), f"reports/{name}"
            session.add(made)
    assert len(report_service.due(context.database, context.settings, NOW)) == 1
    retention_service.purge_day(context, "2026-03-02", NOW)
    assert (context.objects.has("reports/old"), context.objects.has("reports/new")) == (False, True)
    with context.database.read() as session:
        assert [one.blob for one in session.scalars(select(Report))] == ["reports/new"]
        assert [look.action for look in session.scalars(select(AuditEntry))] == ["purge_report"]
    assert report_service.run(context, NOW) == 0


def case(context: AppContext, made: Recorded, state: CaseState) -> Case:
    with context.database.write() as session:
        found = Case(
            number=7, kind=CaseKind.COMPLAINT, state=state, call_id=made.call.id, opened_at=OLD, due_at=OLD,
            closed_at=NOW - timedelta(days=2) if state is CaseState.CLOSED else None,
        )  # fmt: skip
        session.add(found)
    return found


@pytest.mark.parametrize("state", list(CaseState))
def test_the_evidence_of_a_complaint_is_not_deleted_while_it_is_open_nor_soon_after(
    context: AppContext, state: CaseState
) -> None:
    old = recorded(context, NOW - timedelta(days=4000))
    case(context, old, state)
    assert retention_service.run(context, NOW) == []
    assert not retention_service.purge(context, old.call.id, RetentionItem.AUDIO, NOW)
    assert row(context, old).state is RecordingState.TRANSCRIBED


@pytest.mark.parametrize("kind", [hold_service.CALL, hold_service.CASE])
def test_a_legal_hold_keeps_everything_until_it_is_lifted(context: AppContext, kind: str) -> None:
    old = recorded(context, NOW - timedelta(days=4000), intent=Intent.ENQUIRY)
    with context.database.write() as session:
        session.add(Case(number=9, kind=CaseKind.ENQUIRY, call_id=old.call.id, opened_at=OLD, due_at=OLD))
    hold = hold_service.place(
        context.database,
        kind,
        old.call.id if kind == hold_service.CALL else "9",
        NOW,
        reason="court file 12",
        by="legal",
    )
    assert retention_service.run(context, NOW) == []
    assert {item.verdict.kept_by for item in retention_service.plan(context.database, context.settings, NOW)} == {
        "legal_hold"
    }
    hold_service.lift(context.database, hold.id, "legal", NOW)
    assert {item.verdict.what for item in retention_service.run(context, NOW)} == {
        RetentionItem.AUDIO,
        RetentionItem.TRANSCRIPT,
    }
    with context.database.read() as session:
        assert session.scalars(select(LegalHold)).one().lifted_by == "legal"
        assert {look.action for look in session.scalars(select(AuditEntry))} >= {"place_hold", "lift_hold"}


def test_a_hold_on_nothing_is_refused(context: AppContext) -> None:
    with pytest.raises(NotFound):
        hold_service.place(context.database, hold_service.CASE, "4711", NOW, reason="", by="legal")


def test_deleting_that_was_cut_off_is_ended_by_the_next_run(context: AppContext) -> None:
    old = recorded(context, OLD)
    with context.database.write() as session:
        session.merge(old.recording).state = RecordingState.PURGED  # the worker died before the blob was deleted
    retention_service.run(context, NOW)
    assert row(context, old).blob is None
    assert not context.objects.has(old.recording.blob or "")
