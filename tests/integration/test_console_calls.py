"""The list of calls, one call, its sound; who may see which, and what is logged."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from console.calls import call_list
from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, AutoScore, Call, CallHistoryEvent, Transcript, Utterance
from hotline.values.access import Role
from hotline.values.intent import Intent
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.call import CallOutcome
from hotline.values.states.recording import RecordingState
from qa.reviews import calibration_service
from routing.calls.queries import CallFilter
from tests.support.morning import Morning, a_call, answered, morning, tones
from tests.support.staff import signed_in

NOTHING_HIDDEN = calibration_service.blind_calls("somebody who judges no call")


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows."""
    return morning(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(context)
    yield pages
    pages.extensions["live"].close()


def looks(context: AppContext, subject_id: str) -> list[str]:
    with context.database.read() as session:
        return list(
            session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.subject_id == subject_id, AuditEntry.outcome == "done")
                .order_by(AuditEntry.id)
            )
        )


def test_supervisors_see_all_calls_and_agents_their_own(app: Flask, made: Morning) -> None:
    theirs = signed_in(app, Role.AGENT).open("/calls?day=all").text
    everyone = signed_in(app, Role.SUPERVISOR).open("/calls?day=all").text
    for name, call in made.calls.items():
        assert call.id in everyone
        assert (call.id in theirs) == (name in {"answered", "talks"})


def test_another_agents_call_looks_like_one_that_does_not_exist(app: Flask, made: Morning, context: AppContext) -> None:
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/calls/{made.calls['gone'].id}").status_code == 404
    assert agent.open(f"/calls/{'0' * 32}").status_code == 404
    assert looks(context, made.calls["gone"].id) == []


def test_another_agents_recording_cannot_be_heard(app: Flask, made: Morning, context: AppContext) -> None:
    with context.database.write() as session:
        session.get_one(Call, made.calls["answered"].id).agent_id = made.agents["N02"].id
    agent = signed_in(app, Role.AGENT)
    assert agent.open(f"/recordings/{made.sound.id}/audio").status_code == 404
    assert agent.open(f"/recordings/{made.sound.id}/outline").status_code == 404


def test_numbers_are_masked_on_every_page(app: Flask, made: Morning) -> None:
    staff = signed_in(app, Role.SUPERVISOR)
    for path in ("/", "/calls?day=all", f"/calls/{made.calls['answered'].id}"):
        text = staff.open(path).text
        assert "****" in text
        assert all(str(call.caller_number) not in text for call in made.calls.values())


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("outcome=answered", {"answered"}),
        ("outcome=abandoned", {"gone"}),
        ("outcome=live", {"waits", "urgent", "talks", "menu"}),
        ("queue=nurse", {"urgent"}),
        ("queue=nurse&outcome=abandoned", set()),
        ("outcome=nonsense&page=-3", {"answered", "gone", "waits", "urgent", "talks", "menu"}),
    ],
)
def test_filters_leave_the_calls_that_fit(app: Flask, made: Morning, query: str, names: set[str]) -> None:
    text = signed_in(app, Role.SUPERVISOR).open(f"/calls?day=all&{query}").text
    assert {name for name, call in made.calls.items() if call.id in text} == names


def test_today_leaves_yesterday_out(context: AppContext, made: Morning) -> None:
    with context.database.write() as session:
        session.add(a_call("old", made.now - timedelta(days=2), CallOutcome.ANSWERED))
    with context.database.read() as session:
        today = call_list.listing(session, CallFilter(since=made.now - timedelta(hours=1)), 1, NOTHING_HIDDEN)
        everything = call_list.listing(session, CallFilter(), 1, NOTHING_HIDDEN)
    assert (today.total, everything.total) == (6, 7)


def test_a_long_list_comes_in_pages_newest_first_and_none_is_lost(
    app: Flask, context: AppContext, made: Morning
) -> None:
    with context.database.write() as session:
        session.add_all(
            a_call(f"n{n}", made.now - timedelta(hours=1, seconds=n), CallOutcome.ANSWERED) for n in range(60)
        )
    with context.database.read() as session:
        pages = [call_list.listing(session, CallFilter(), page, NOTHING_HIDDEN) for page in (1, 2, 3, 99)]
    seen = [row.call for page in pages[:3] for row in page.rows]
    assert len({call.id for call in seen}) == 66
    assert seen == sorted(seen, key=lambda call: call.started_at, reverse=True)
    assert pages[3].page == 3
    text = signed_in(app, Role.SUPERVISOR).open("/calls?day=all&page=2").text
    assert 'rel="prev"' in text
    assert 'rel="next"' in text


def test_the_list_shows_rings_on_both_clocks_and_what_is_on_file(context: AppContext, made: Morning) -> None:
    with context.database.read() as session:
        rows = {row.call.id: row for row in call_list.listing(session, CallFilter(), 1, NOTHING_HIDDEN).rows}
    row = rows[made.calls["answered"].id]
    assert (row.is_recorded, row.is_transcribed, row.has_greeting) == (True, True, True)
    assert row.offer is not None
    assert row.offer.agent_id == made.agents["N01"].id
    assert rows[made.calls["gone"].id].has_greeting is None


def test_one_call_shows_its_story_sound_words_and_checks(app: Flask, made: Morning) -> None:
    text = signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['answered'].id}").text
    for part in ("1.7", "0.6", "陈静", "王芳", "已撤回", "我想预约明天上午的心内科专家号。", "合格", "whisper-base"):
        assert part in text
    assert f"/recordings/{made.sound.id}/audio" in text


@pytest.mark.parametrize("name", ["gone", "waits", "urgent", "talks", "menu"])
def test_calls_without_sound_or_end_can_be_read(app: Flask, made: Morning, name: str) -> None:
    assert signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls[name].id}").status_code == 200


@pytest.mark.parametrize("state", list(RecordingState))
def test_every_state_of_a_recording_can_be_shown(
    app: Flask, context: AppContext, made: Morning, state: RecordingState
) -> None:
    with context.database.write() as session:
        session.merge(made.sound).state = state
        session.delete(session.scalars(select(Transcript)).one())
    assert signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['answered'].id}").status_code == 200


def test_every_look_at_a_call_is_logged_with_who_and_from_where(app: Flask, made: Morning, context: AppContext) -> None:
    call_id = made.calls["answered"].id
    staff = signed_in(app, Role.SUPERVISOR)
    staff.open(f"/calls/{call_id}")
    staff.open(f"/calls/{call_id}")
    with context.database.read() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == call_id)).all()
    assert [(row.action, row.subject, row.address) for row in rows] == [("view_call", "call", "192.0.2.1")] * 2
    assert all(row.user_id for row in rows)


def test_sound_comes_whole_or_in_ranges_and_one_listening_is_logged_once(
    app: Flask, made: Morning, context: AppContext
) -> None:
    staff, path, plain = signed_in(app, Role.SUPERVISOR), f"/recordings/{made.sound.id}/audio", tones()
    whole = staff.open(path)
    part = staff.open(path, Range="bytes=1000-1999")
    tail = staff.open(path, Range="bytes=-10")
    beyond = staff.open(path, Range=f"bytes={len(plain) + 5}-")
    assert (whole.status_code, whole.data) == (200, plain)
    assert (part.status_code, part.data) == (206, plain[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(plain)}"
    assert (tail.status_code, tail.data) == (206, plain[-10:])
    assert beyond.status_code == 416
    assert whole.headers["Cache-Control"] == "private, no-store"
    assert looks(context, made.sound.id) == ["hear_recording"]


def test_the_outline_is_loud_where_each_side_speaks(app: Flask, made: Morning) -> None:
    shape = signed_in(app, Role.SUPERVISOR).open(f"/recordings/{made.sound.id}/outline").json
    assert shape is not None
    caller, agent = shape["channels"]
    at = len(caller) / shape["seconds"]
    assert max(caller[int(3.3 * at) : int(5.9 * at)]) > 0.4 > max(agent[int(3.3 * at) : int(5.9 * at)])
    assert max(agent[int(0.6 * at) : int(2.9 * at)]) > 0.4 > max(caller[int(0.6 * at) : int(2.9 * at)])


def test_words_of_a_transcript_are_text_and_never_markup(app: Flask, context: AppContext, made: Morning) -> None:
    attack = """<script>alert(1)</script><img src=x onerror=alert(1)>"'{{7*7}}"""
    with context.database.write() as session:
        session.scalars(select(Utterance).order_by(Utterance.start)).first().text = attack  # type: ignore[union-attr] # the morning has utterances
        session.add(
            AutoScore(
                call_id=made.calls["answered"].id,
                scorecard="service",
                item="<b>x",
                answer=ItemAnswer.NO,
                made_at=made.now,
            )
        )
    text = signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['answered'].id}").text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "<b>x" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{7*7}}" in text


def test_a_page_reads_the_database_a_fixed_number_of_times(app: Flask, context: AppContext, made: Morning) -> None:
    from sqlalchemy import event

    for minutes in range(20, 40):
        answered(context, made, made.now - timedelta(minutes=minutes))
    statements: list[str] = []
    staff = signed_in(app, Role.SUPERVISOR)
    listener = lambda _c, _cursor, statement, *_rest: statements.append(statement)  # noqa: E731 (kept to remove it)
    event.listen(context.database.engine, "before_cursor_execute", listener)
    staff.open("/calls?day=all")
    event.remove(context.database.engine, "before_cursor_execute", listener)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 15


def test_unknown_kinds_of_event_are_shown_as_they_are(app: Flask, context: AppContext, made: Morning) -> None:

    with context.database.write() as session:
        session.add(CallHistoryEvent(call_id=made.calls["gone"].id, kind="comet_passed", at=made.now))
    assert "comet passed" in signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['gone'].id}").text
    assert made.calls["gone"].intent is Intent.COMPLAINT
