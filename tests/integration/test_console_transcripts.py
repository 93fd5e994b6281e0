"""Words and sound on the pages: masked for all, the original for who may and logged, corrected, searched, as files."""

import json
from datetime import timedelta

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import delete, select

from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, Call, Correction, Recording, SearchTerm, Transcript, Utterance
from hotline.values.access import Role
from hotline.values.states.recording import RecordingState
from recordings.search import service
from tests.support.morning import Morning, morning, tones
from tests.support.staff import Staff, signed_in

SECRET = "一三八零零一三八零零零"
NAME = "王小明"


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning, in whose answered call the caller tells name and number from the third second on."""
    found = morning(context, clock.now())
    with context.database.write() as session:
        transcript = session.scalars(select(Transcript)).one()
        row = sorted(transcript.utterances, key=lambda one: one.start)[1]
        row.text = f"我叫{NAME}，电话{SECRET}，想挂新内科"
        step = (row.end - row.start) / len(row.text)
        row.words = [
            [row.start + n * step, row.start + (n + 1) * step, c, 0.2 if c == "新" else 0.9]
            for n, c in enumerate(row.text)
        ]
        session.flush()
        service.index_transcript(session, context.keyring, transcript)
    return found


@pytest.fixture
def app(context: AppContext, made: Morning) -> Flask:
    """The staff pages on the morning."""
    assert made.recording is not None
    return create(context)


def actions(context: AppContext) -> list[str]:
    with context.database.read() as session:
        return [
            look.action
            for look in session.scalars(
                select(AuditEntry).where(AuditEntry.outcome == "done").order_by(AuditEntry.at, AuditEntry.id)
            )
        ]


def page(staff: Staff, made: Morning, more: str = "") -> str:
    return staff.open(f"/calls/{made.calls['answered'].id}{more}").text


def spoken(context: AppContext) -> Utterance:
    with context.database.read() as session:
        return session.scalars(select(Utterance).order_by(Utterance.start)).all()[1]


def test_names_and_numbers_are_masked_and_doubt_is_marked_by_more_than_colour(app: Flask, made: Morning) -> None:
    text = page(signed_in(app, Role.AGENT), made)
    assert "〔姓名〕" in text
    assert "〔电话号码〕" in text
    assert NAME not in text
    assert "13800138000" not in text
    assert '<mark class="unsure-word"' in text
    assert "此词识别不确定" in text
    assert "words=original" not in text


def test_the_original_is_for_who_may_and_every_look_at_it_is_logged(
    app: Flask, made: Morning, context: AppContext
) -> None:
    assert NAME not in page(signed_in(app, Role.AGENT), made, "?words=original")
    assert "view_original" not in actions(context)
    text = page(signed_in(app, Role.SUPERVISOR), made, "?words=original")
    assert NAME in text
    assert "13800138000" in text
    assert "view_original" in actions(context)


def test_the_sound_has_a_tone_over_what_names_somebody_and_nowhere_else(
    app: Flask, made: Morning, context: AppContext
) -> None:
    plain = np.frombuffer(tones()[44:], dtype="<i2").reshape(-1, 2)
    staff = signed_in(app, Role.AGENT)
    whole = staff.open(f"/recordings/{made.sound.id}/audio").data
    heard = np.frombuffer(whole[44:], dtype="<i2").reshape(-1, 2)
    row = spoken(context)
    changed = np.flatnonzero((heard != plain).any(axis=1)) / 8000
    assert row.start - 0.3 < changed.min() < row.start + 1  # a margin before the name
    assert changed.max() < row.end
    assert (heard[:, 1] == plain[:, 1]).all()
    part = staff.open(f"/recordings/{made.sound.id}/audio", Range="bytes=30001-60000")
    assert part.data == whole[30001:60001]
    assert staff.open(f"/recordings/{made.sound.id}/original").status_code == 403
    assert signed_in(app, Role.SUPERVISOR).open(f"/recordings/{made.sound.id}/original").data == tones()
    assert {"hear_recording", "hear_original"} <= set(actions(context))


def test_sound_without_words_is_not_heard_but_by_who_may_hear_the_original(
    app: Flask, made: Morning, context: AppContext
) -> None:
    with context.database.write() as session:
        session.execute(delete(SearchTerm))
        session.delete(session.scalars(select(Transcript)).one())
    assert signed_in(app, Role.AGENT).open(f"/recordings/{made.sound.id}/audio").status_code == 404
    assert signed_in(app, Role.SUPERVISOR).open(f"/recordings/{made.sound.id}/original").status_code == 200


def test_words_are_handed_out_masked_in_three_forms(app: Flask, made: Morning, context: AppContext) -> None:
    staff = signed_in(app, Role.AGENT)
    vtt, text, data = (staff.open(f"/recordings/{made.sound.id}/transcript.{form}") for form in ("vtt", "txt", "json"))
    assert vtt.text.startswith("WEBVTT")
    assert "00:00:03.200 --> 00:00:06.000\n<v caller>我叫〔姓名〕" in vtt.text
    assert "00:00:03  caller: 我叫〔姓名〕" in text.text
    lines = json.loads(data.text)["utterances"]
    assert (lines[1]["speaker"], lines[1]["unsure"]) == ("caller", ["新"])
    assert all(NAME not in answer.text for answer in (vtt, text, data))
    assert staff.open(f"/recordings/{made.sound.id}/transcript.txt?words=original").status_code == 403
    assert (
        NAME in signed_in(app, Role.SUPERVISOR).open(f"/recordings/{made.sound.id}/transcript.txt?words=original").text
    )
    assert actions(context).count("export_transcript") == 2


def test_a_correction_is_shown_beside_the_machine_s_text_and_agents_make_none(
    app: Flask, made: Morning, context: AppContext
) -> None:
    path = f"/utterances/{spoken(context).id}/text"
    assert signed_in(app, Role.AGENT).send(path, text="别的").status_code == 403
    lead = signed_in(app, Role.SUPERVISOR)
    answer = lead.send(path, text=f"我叫{NAME}，想挂心内科")
    assert answer.status_code == 302
    assert lead.send("/utterances/nothing/text", text="好").status_code == 404
    text = page(lead, made, "?words=original")
    assert "想挂心内科" in text
    assert "新内科" in text
    assert "周敏 已更正" in text
    masked = page(signed_in(app, Role.AGENT), made)
    assert "〔姓名〕</span>，想挂心内科" in masked
    assert NAME not in masked
    with context.database.read() as session:
        assert len(session.scalars(select(Correction)).all()) == 1
    assert "correct_utterance" in actions(context)


def test_the_search_finds_by_sound_shows_masked_lines_and_logs_no_words(app: Flask, context: AppContext) -> None:
    lead = signed_in(app, Role.SUPERVISOR)
    assert lead.open("/search").status_code == 200
    text = lead.send("/search", q="心内科").text
    assert "想挂新内科" in text
    assert "〔姓名〕" in text
    assert NAME not in text.replace(f'value="{NAME}"', "")
    assert "读音相同" in text
    assert "0 处" in lead.send("/search", q="骨科医院").text
    with context.database.read() as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "search")).all()
    assert len(looks) == 2
    assert all("科" not in look.subject_id for look in looks)


def test_an_agent_searches_only_the_calls_that_they_answered(app: Flask, made: Morning, context: AppContext) -> None:
    agent = signed_in(app, Role.AGENT)
    assert "想挂新内科" in agent.send("/search", q="新内科").text
    with context.database.write() as session:
        session.get_one(Call, made.calls["answered"].id).agent_id = made.agents["N03"].id
    other = made.agents["N03"].id
    assert "想挂新内科" not in agent.send("/search", q="新内科", agent=other).text
    lead = signed_in(app, Role.SUPERVISOR)
    assert "想挂新内科" in lead.send("/search", q="新内科", agent=other).text
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    assert "想挂新内科" not in lead.send("/search", q="新内科", since=tomorrow).text


def test_deleted_sound_and_words_are_said_to_be_so(app: Flask, made: Morning, context: AppContext) -> None:
    with context.database.write() as session:
        session.execute(delete(SearchTerm))
        transcript = session.scalars(select(Transcript)).one()
        transcript.utterances, transcript.purged_at = [], clock.now()
        recording = session.get_one(Recording, made.sound.id)
        recording.state, recording.blob = RecordingState.PURGED, None
    text = page(signed_in(app, Role.SUPERVISOR), made)
    assert "已按期限删除" in text
    assert "文字已按保存期限删除" in text
