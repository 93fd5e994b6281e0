"""What the exchange keeps of people: no longer than it is needed, and readable by its owner alone."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exchange.calls.call_details import StatusCallback
from exchange.calls.journal import Journal
from exchange.flow.messages.message_store import MessageStore, TextMessage
from exchange.flow.pending_reports import PendingReport, PendingReports
from exchange.media.audio import FRAME_SECONDS
from exchange.server.housekeeping import delete_spoken_texts, restrict_access, tidy
from tests.unit.exchange.stage import Stage

NOW = datetime(2026, 11, 30, tzinfo=UTC)
NUMBER, WORDS = "+8613800138000", "王芳女士，明天上午九点"


def message(sid: str, status: str = "sent") -> TextMessage:
    return TextMessage(sid, "+8610", NUMBER, WORDS, NOW, "outbound-api", status, StatusCallback())


def test_words_and_number_of_a_text_leave_the_file_when_it_has_arrived(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    texts = MessageStore(path)
    waiting, arrived, gone = message("SM1"), message("SM2"), message("SM3", "scheduled")
    for each in (waiting, arrived, gone):
        texts.keep(each)
    assert path.read_text("utf-8").count(WORDS) == 3
    arrived.status = "delivered"
    texts.keep(arrived)
    texts.forget("SM3")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(each["sid"], each["body"], each["to"]) for each in lines] == [("SM1", WORDS, NUMBER), ("SM2", "", "")]
    assert texts.kept["SM2"].body == WORDS
    again = MessageStore(path)
    assert [each.sid for each in again.waiting(NUMBER)] == ["SM1"]
    assert again.kept["SM2"].status == "delivered"


def test_a_text_with_signs_that_cannot_be_written_is_kept_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    odd = message("SM1")
    odd.body = "\ud800"
    MessageStore(path).keep(odd)
    assert MessageStore(path).kept["SM1"].body == "\ud800"


def test_numbers_leave_the_file_of_debts_as_soon_as_nothing_is_owed(tmp_path: Path) -> None:
    path = tmp_path / "owed.jsonl"
    with closing(PendingReports(path)) as pending_reports:
        for name in ("a", "b"):
            pending_reports.keep(name, [PendingReport("http://x", "POST", {"From": NUMBER})])
        pending_reports.settle("a")
        assert NUMBER in path.read_text("utf-8")
        pending_reports.settle("b")
        assert path.read_bytes() == b""
        pending_reports.keep("c", [PendingReport("http://x", "POST", {"From": NUMBER})])
    with closing(PendingReports(path)) as again:
        assert list(again._owed) == ["c"]


def test_calls_that_are_long_over_leave_memory_and_file(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        stage.app.pages = {"/voice": '<Pause length="60"/>'}
        with closing(stage.journal):
            _, old = await stage.dials()
            old.end()
            await stage.settles()
            await stage.passes(100)
            _, up = await stage.dials()
            stage.context.legs.forget_before(stage.context.ticker.now() - timedelta(seconds=50))
            assert stage.context.legs.facts(old.sid) is None
            up.end()
            await stage.settles()
            kept = (tmp_path / "calls.jsonl").read_text("utf-8")
            assert old.sid not in kept
            assert up.sid in kept
        with closing(Journal(tmp_path / "calls.jsonl")) as again:
            assert [(each.sid, each.is_over) for each in again.known()] == [(up.sid, True)]

    asyncio.run(story())


def test_a_call_that_was_deleted_is_not_there_after_the_next_start(tmp_path: Path) -> None:
    # docs/voice/api/call-resource: "Delete a Call record from your account"
    async def story() -> None:
        stage = Stage(tmp_path)
        stage.app.pages = {"/voice": '<Pause length="60"/>'}
        with closing(stage.journal):
            _, leg = await stage.dials()
            leg.end()
            await stage.settles()
            stage.context.legs.forget(leg.sid)
        with closing(Journal(tmp_path / "calls.jsonl")) as again:
            assert not again.known()
            assert leg.sid not in (tmp_path / "calls.jsonl").read_text("utf-8")

    asyncio.run(story())


def test_an_hour_s_round_deletes_what_is_due_and_writes_no_long_file_while_somebody_talks(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        stage.app.pages = {"/voice": '<Record maxLength="1"/>'}
        with closing(stage.journal):
            _, old = await stage.dials()
            await stage.passes(3)
            old.end()
            await stage.settles()
            stage.app.pages = {"/voice": '<Pause length="60"/>'}
            _, up = await stage.dials()
            stage.context.ticker.count += int(8 * 24 * 3600 / FRAME_SECONDS)
            tidy(stage.context, timedelta(days=7))
            assert not stage.context.recordings.facts
            assert stage.context.legs.facts(old.sid) is not None
            up.end()
            await stage.settles()
            tidy(stage.context, timedelta(days=7))
            assert stage.context.legs.facts(old.sid) is None
            assert stage.context.legs.facts(up.sid) is not None

    asyncio.run(story())


def test_recordings_that_nobody_fetched_are_deleted_after_their_time(tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(tmp_path)
        stage.app.pages = {"/voice": '<Record maxLength="1"/>'}
        recordings = stage.context.recordings
        with closing(stage.journal):
            _, leg = await stage.dials()
            await stage.passes(3)
            leg.end()
            await stage.settles()
            (sid,) = recordings.facts
            assert recordings.path(sid).exists()
            now = stage.context.ticker.now()
            assert recordings.expire(now - timedelta(days=1)) == 0
            assert recordings.path(sid).exists()
            assert recordings.expire(now + timedelta(seconds=1)) == 1
            assert not recordings.facts
            assert not list(recordings.path(sid).parent.glob("RE*"))

    asyncio.run(story())


def test_files_that_others_could_read_are_closed_and_foreign_ones_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "recordings").mkdir(parents=True)
    ours = [folder / name for name in ("calls.jsonl", "messages.jsonl", "recordings/RE1.wav")]
    foreign = folder / "notes.txt"
    for each in (*ours, foreign):
        each.write_text("x", "utf-8")
        each.chmod(0o644)
    for each in (folder, folder / "recordings"):
        each.chmod(0o755)
    restrict_access(folder)
    assert {each.stat().st_mode & 0o777 for each in ours} == {0o600}
    assert {each.stat().st_mode & 0o777 for each in (folder, folder / "recordings")} == {0o700}
    assert foreign.stat().st_mode & 0o777 == 0o644


def test_what_was_spoken_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "b.new").write_bytes(b"x")
    delete_spoken_texts(tmp_path)
    delete_spoken_texts(tmp_path / "nowhere")
    assert [each.name for each in tmp_path.iterdir()] == ["b.new"]
