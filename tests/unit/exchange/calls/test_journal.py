"""A killed exchange does not lie afterwards: each lost call, conference and wait is told once."""

import asyncio
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from exchange.calls.journal import Journal
from exchange.flow.pending_reports import PendingReport, PendingReports
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]
EVENTS = "start end join leave mute hold"
ROOM = f'<Dial><Conference statusCallback="/conference" statusCallbackEvent="{EVENTS}">room</Conference></Dial>'


def test_lost_call_lasted_until_the_exchange_was_last_alive(tmp_path: Path) -> None:
    # docs/voice/twiml: "The duration in seconds of the just-completed call"
    async def story() -> None:
        first = Stage(tmp_path / "first")
        first.app.pages = {"/voice": '<Pause length="60"/>'}
        with closing(first.journal):
            _, leg = await first.dials()
            await first.passes(12.5)
            shutil.copytree(tmp_path / "first", tmp_path / "killed")
            leg.end()
            await first.settles()
        told = []
        for _ in range(2):
            again = Stage(tmp_path / "killed")
            with closing(again.journal):
                again.context.ticker.count = 3600 * 50
                again.context.legs.restore(again.journal.known(), again.journal.last_alive)
                await again.settles()
                told += again.app.asked("/status")
                facts = again.context.legs.facts(leg.sid)
                assert facts
                assert facts.ended
                assert facts.ended - facts.created < timedelta(seconds=14)
        assert [(each["CallStatus"], each["CallDuration"]) for each in told] == [("failed", "12")]

    asyncio.run(story())


def test_journal_that_knows_no_beat_takes_the_last_move(tmp_path: Path) -> None:
    for text in (None, "", "2026-13"):
        if text is not None:
            (tmp_path / "calls.alive").write_text(text, "utf-8")
        with closing(Journal(tmp_path / "calls.jsonl")) as journal:
            assert journal.last_alive is None


def test_conference_that_was_cut_off_is_emptied_and_ended_once(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml/conference: "`end`: The last participant has left the conference"
    async def story(stage: Stage) -> None:
        stage.context.keep_reports_in(PendingReports(tmp_path / "owed.jsonl", "AC1"))
        stage.app.pages = {"/voice": ROOM}
        _, first = await stage.dials("+8613800000001")
        _, second = await stage.dials("+8613800000002")
        before = stage.app.asked("/conference")
        shutil.copy(tmp_path / "owed.jsonl", tmp_path / "killed.jsonl")
        for _ in range(2):
            with closing(PendingReports(tmp_path / "killed.jsonl")) as again:
                again.send(stage.context.webhooks, stage.context.ticker.now())
                await stage.settles()
        told = stage.app.asked("/conference")[len(before) :]
        assert [each["StatusCallbackEvent"] for each in told] == ["participant-leave"] * 2 + ["conference-end"]
        assert [each.get("CallSid") for each in told] == [first.sid, second.sid, None]
        numbers = [int(each["SequenceNumber"]) for each in [*before, *told]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert told[-1]["ReasonConferenceEnded"] == "last-participant-left"
        assert all(each["Timestamp"] and each["AccountSid"] == "AC1" for each in told)
        first.end()
        second.end()
        await stage.settles()
        stage.context.pending_reports.close()
        with closing(PendingReports(tmp_path / "owed.jsonl")) as over:
            assert not over._owed

    staged(story)


def test_wait_that_was_cut_off_is_told_to_the_action_of_the_queue(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml/enqueue: "The Twilio system malfunctioned during the enqueue process"
    async def story(stage: Stage) -> None:
        stage.context.keep_reports_in(PendingReports(tmp_path / "owed.jsonl", "AC1"))
        stage.app.pages = {"/voice": '<Enqueue action="/queued">line</Enqueue>'}
        telephone, leg = await stage.dials()
        shutil.copy(tmp_path / "owed.jsonl", tmp_path / "killed.jsonl")
        telephone.hang_up()
        await stage.settles()
        assert [each["QueueResult"] for each in stage.app.asked("/queued")] == ["hangup"]
        with closing(PendingReports(tmp_path / "killed.jsonl")) as again:
            again.send(stage.context.webhooks, stage.context.ticker.now())
            await stage.settles()
        told = stage.app.asked("/queued")[-1]
        assert (told["QueueResult"], told["CallSid"], told["CallStatus"]) == ("system-error", leg.sid, "failed")
        stage.context.pending_reports.close()
        with closing(PendingReports(tmp_path / "owed.jsonl")) as over:
            assert not over._owed

    staged(story)


def test_line_cut_by_a_kill_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "owed.jsonl"
    with closing(PendingReports(path)) as first:
        first.keep("a", [PendingReport(f"{SITE}/a", "POST", {"x": "1"})])
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"name": "b"}) + "\n" + '{"name": "a", "rep')
    with closing(PendingReports(path)) as again:
        assert list(again._owed) == ["a"]


def test_dial_that_was_cut_off_is_told_to_its_action(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml/dial: "If you specify an `action` URL, Twilio will always pass along the status of the
    # `<Dial>` attempt"
    async def story(stage: Stage) -> None:
        stage.context.keep_reports_in(PendingReports(tmp_path / "owed.jsonl", "AC1"))
        stage.app.pages = {"/voice": '<Dial action="/done"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        _, leg = await stage.dials()
        agent.answer()
        await stage.passes(1)
        shutil.copy(tmp_path / "owed.jsonl", tmp_path / "killed.jsonl")
        agent.hang_up()
        await stage.passes(0.1)
        assert [each["DialCallStatus"] for each in stage.app.asked("/done")] == ["completed"]
        with closing(PendingReports(tmp_path / "killed.jsonl")) as again:
            again.send(stage.context.webhooks, stage.context.ticker.now())
            await stage.settles()
        told = stage.app.asked("/done")[-1]
        assert (told["DialCallStatus"], told["CallSid"], told["CallStatus"]) == ("failed", leg.sid, "failed")
        stage.context.pending_reports.close()
        with closing(PendingReports(tmp_path / "owed.jsonl")) as over:
            assert not over._owed

    staged(story)
