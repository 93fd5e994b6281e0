"""The page of work that failed: who sees it, what it says, and having it done again; on both databases."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from console.admin.failed_work_http import REASONS
from console.web.app import create
from console.web.language import words
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, Job, User
from hotline.outbox import jobs
from hotline.values.access import Role
from hotline.values.language import Language
from hotline.values.states.job import JobState
from tests.support.morning import Morning, morning
from tests.support.staff import signed_in


@pytest.fixture
def made(context: AppContext) -> Morning:
    return morning(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: Morning) -> Flask:  # noqa: ARG001 (its rows are needed)
    return create(context)


def fail(context: AppContext, kind: str, subject_id: str, reason: str) -> str:
    """Work that was given up after 25 tries and one crash; its id."""
    now = clock.now()
    with context.database.write() as session:
        job = jobs.add(session, context.notifier, kind, subject_id, now)
        job.state, job.reason, job.tries, job.worker_deaths = JobState.FAILED, reason, 25, 1
        job.first_failed_at = job.ended_at = now
    return job.id


def states(context: AppContext) -> dict[str, JobState]:
    with context.database.read() as session:
        return {job.id: job.state for job in session.scalars(select(Job))}


def test_leads_see_what_failed_with_its_call_and_reason_in_both_languages(
    app: Flask, context: AppContext, made: Morning
) -> None:
    fail(context, "fetch_recording", made.sound.id, "recording_too_large")
    fail(context, "draw_sample", "2026-03-02", "a_code_of_tomorrow")
    for language in Language:
        with context.database.write() as session:
            session.execute(update(User).values(language=language))
        page = signed_in(app, Role.SUPERVISOR).open("/failed-work").text
        say = words(language)
        for key in ("work_kind.fetch_recording", "work_reason.recording_too_large", "work_reason.other"):
            assert say(key) in page, key
        assert f"/calls/{made.calls['answered'].id}" in page
        assert "<code>a_code_of_tomorrow</code>" in page
        assert f'data-head="{say("work.deaths")}">1<' in page


def test_one_or_all_are_done_again_once_and_it_is_written_down_who_asked(app: Flask, context: AppContext) -> None:
    first, *others = (fail(context, "draw_sample", f"2026-03-0{day}", "store") for day in (1, 2, 3))
    staff = signed_in(app, Role.SUPERVISOR)
    for _ in range(2):  # twice, as from two windows
        assert staff.send(f"/failed-work/{first}/retry").status_code == 302
    assert {job for job, state in states(context).items() if state is JobState.DUE} >= {first}
    assert {states(context)[job] for job in others} == {JobState.FAILED}
    assert staff.send("/failed-work/retry").status_code == 302
    assert {states(context)[job] for job in others} == {JobState.DUE}
    with context.database.read() as session:
        looks = list(session.scalars(select(AuditEntry).where(AuditEntry.action == "retry_job")))
        tries = {
            (job.tries, job.worker_deaths, job.reason)
            for job in session.scalars(select(Job))
            if job.id in {first, *others}
        }
    assert sorted(look.subject_id for look in looks) == sorted([first, *others])
    assert {(look.subject, look.user_id is not None) for look in looks} == {("job", True)}
    assert tries == {(0, 0, "")}


def test_agents_see_none_of_it_and_work_that_is_not_there_is_not_found(app: Flask, context: AppContext) -> None:
    job = fail(context, "draw_sample", "2026-03-02", "store")
    agent = signed_in(app, Role.AGENT)
    assert {agent.open("/failed-work").status_code, agent.send(f"/failed-work/{job}/retry").status_code} == {403}
    assert "/failed-work" not in agent.open("/").text
    assert signed_in(app, Role.ADMINISTRATOR).send(f"/failed-work/{'0' * 32}/retry").status_code == 404
    assert states(context)[job] is JobState.FAILED


def test_reasons_that_workers_write_have_words(context: AppContext) -> None:
    del context
    from workers import retrying

    plain = {retrying.code(error) for error in (KeyError(), OSError(), MemoryError())}
    assert plain | {retrying.DIED} <= set(REASONS)
