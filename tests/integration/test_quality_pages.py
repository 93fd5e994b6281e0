"""The pages of quality without a browser: everybody sees what is theirs, and every look is written down."""

import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event, select

from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, Call, Job, Report, Review
from hotline.values.access import Role
from hotline.values.states.job import JobState
from hotline.values.states.report import ReportState
from hotline.values.states.review import ReviewState
from qa.reports import service
from qa.reviews import appeal_service, calibration_service, comment_service
from qa.reviews import service as reviews_service
from qa.sampling import service as sampling_service
from qa.sampling import targeted_service
from tests.support.quality_data import House, days_of_calls, filled, house, published, read
from tests.support.staff import Staff, signed_in
from workers.registry import JOB_KINDS


@pytest.fixture
def here(context: AppContext) -> House:
    """The morning with two supervisors."""
    return house(context, clock.now())


@pytest.fixture
def app(context: AppContext, here: House) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
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


def person(app: Flask, login: str) -> Staff:
    staff = Staff(app)
    assert staff.sign_in(login).status_code == 302
    return staff


def test_an_agent_reads_only_what_was_published_of_their_own_calls(
    app: Flask, context: AppContext, here: House
) -> None:
    now, user = clock.now(), here.users["supervisor"]
    agent = signed_in(app, Role.AGENT)
    draft = targeted_service.choose(context.database, context.settings, here.call.id, user, now)
    reviews_service.take(context.database, context.settings, draft, user, now)
    assert agent.open(f"/reviews/{draft}").status_code == 404
    other = days_of_calls(context, here.made, 1, 1, now)[0]
    with context.database.write() as session:
        session.get_one(Call, other.id).agent_id = here.made.agents["N03"].id
    foreign = published(context, here_again(context, other.id), user, now)
    assert agent.open(f"/reviews/{foreign}").status_code == 404
    answers = filled(context, read(context, draft))
    reviews_service.publish(
        context.database,
        context.settings,
        draft,
        user,
        reviews_service.ReviewDraft(0, answers, {"remark": "很好"}),
        now,
    )
    page = agent.open(f"/reviews/{draft}")
    assert page.status_code == 200
    assert "很好" in page.text
    listing = agent.open("/reviews").text
    assert draft in listing
    assert foreign not in listing
    assert looks(context, draft)[-1] == "view_review"


def here_again(context: AppContext, call_id: str) -> Call:
    """The call as it is now."""
    with context.database.read() as session:
        return session.get_one(Call, call_id)


def test_a_save_on_an_older_page_is_answered_with_a_conflict_and_the_newer_version(
    app: Flask, context: AppContext, here: House
) -> None:
    review_id = targeted_service.choose(
        context.database, context.settings, here.call.id, here.users["supervisor"], clock.now()
    )
    staff = signed_in(app, Role.SUPERVISOR)
    assert staff.send(f"/reviews/{review_id}/take").status_code == 302
    token = staff.token()

    def save(version: int, answer: str) -> tuple[int, object]:
        form = {"csrf_token": token, "version": version, "answer-greeting": answer}
        sent = staff.client.post(f"/reviews/{review_id}/save", data=form, headers={"Accept": "application/json"})
        return sent.status_code, sent.json

    code, said = save(0, "yes")
    assert (code, said["version"]) == (200, 1)  # type: ignore[index] # an object
    assert save(0, "no") == (409, {"code": "stale", "version": 1})
    assert read(context, review_id).answers == {"greeting": "yes"}
    assert looks(context, review_id) == ["take_review", "save_review"]


def test_whoever_calibrates_a_call_reads_nothing_of_the_machine_or_of_others(
    app: Flask, context: AppContext, here: House
) -> None:
    now, one, two = clock.now(), here.users["supervisor"], here.users["second"]
    plain = published(context, here.call, two, now)
    made = calibration_service.open_round(
        context.database, context.settings, one, "三月", "service", now, calls=[here.call.id], people=[one, two]
    )
    with context.database.read() as session:
        own, other = sorted(
            calibration_service.reviews_of_round(session, made), key=lambda review: review.reviewer_id != one
        )
    staff = person(app, "supervisor")
    assert "校准中" in staff.open(f"/reviews/{own.id}").text
    assert "把握" not in staff.open(f"/reviews/{own.id}").text
    for review_id in (plain, other.id):
        assert staff.open(f"/reviews/{review_id}").status_code == 404
    assert "问候语合格" not in staff.open("/calls?day=all").text
    assert "完成您自己的部分后" in staff.open(f"/calibrations/{made}").text
    reviews_service.take(context.database, context.settings, own.id, one, now)
    reviews_service.publish(
        context.database, context.settings, own.id, one, reviews_service.ReviewDraft(0, filled(context, own)), now
    )
    assert staff.open(f"/reviews/{plain}").status_code == 200
    assert "问候语合格" in staff.open("/calls?day=all").text
    assert "Fleiss" in staff.open(f"/calibrations/{made}").text


def test_an_agents_report_is_about_nobody_else(app: Flask, context: AppContext, here: House) -> None:
    published(context, here.call, here.users["supervisor"], clock.now())
    other = here.made.agents["N03"]
    agent = signed_in(app, Role.AGENT)
    text = agent.open(f"/reports?agent={other.id}").text
    assert other.name not in text
    assert "N01" in text
    assert agent.send("/reports", format="xlsx", agent=other.id).status_code == 302
    with context.database.read() as session:
        row = session.scalars(select(Report)).one()
    assert row.parameters["agent_id"] == here.made.agents["N01"].id


def test_a_report_is_made_by_its_job_and_fetched_by_whoever_asked(app: Flask, context: AppContext, here: House) -> None:
    published(context, here.call, here.users["supervisor"], clock.now())
    staff = signed_in(app, Role.SUPERVISOR)
    staff.send("/reports", format="xlsx", kind="quality", unit="week")
    with context.database.read() as session:
        row = session.scalars(select(Report)).one()
        job = session.scalars(select(Job).where(Job.kind == service.JOB)).one()
    assert (job.subject_id, job.state) == (row.id, JobState.DUE)
    assert staff.open(f"/reports/{row.id}").json == {"state": "requested", "progress": 0.0}
    assert staff.open(f"/reports/{row.id}/file").status_code == 404
    JOB_KINDS[job.kind].do(context, None, row.id, clock.now())
    got = staff.open(f"/reports/{row.id}/file")
    book = openpyxl.load_workbook(io.BytesIO(got.data))
    assert "评分项" in book.sheetnames
    assert person(app, "second").open(f"/reports/{row.id}/file").status_code == 404
    assert looks(context, row.id) == ["export_report", "fetch_report"]
    with context.database.read() as session:
        assert session.scalars(select(Report)).one().state is ReportState.READY


@pytest.mark.parametrize("query", ["period=own&since=2026-01-01&until=2028-01-01", "unit=year", "kind=x", "period=own"])
def test_a_report_that_cannot_be_is_refused(app: Flask, query: str) -> None:
    assert signed_in(app, Role.SUPERVISOR).open(f"/reports?{query}").status_code == 400


def test_the_queue_reads_the_database_a_fixed_number_of_times(app: Flask, context: AppContext, here: House) -> None:
    for call in days_of_calls(context, here.made, 4, 5, clock.now()):
        targeted_service.choose(context.database, context.settings, call.id, here.users["supervisor"], clock.now())
    staff = signed_in(app, Role.SUPERVISOR)
    statements: list[str] = []
    listener = lambda _c, _cursor, statement, *_rest: statements.append(statement)  # noqa: E731 (kept to remove it)
    event.listen(context.database.engine, "before_cursor_execute", listener)
    assert staff.open("/reviews").status_code == 200
    event.remove(context.database.engine, "before_cursor_execute", listener)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 16


def test_words_of_people_are_text_and_never_markup(app: Flask, context: AppContext, here: House) -> None:
    attack, now = "<script>alert(1)</script>{{7*7}}", clock.now()
    review_id = targeted_service.choose(context.database, context.settings, here.call.id, here.users["supervisor"], now)
    reviews_service.take(context.database, context.settings, review_id, here.users["supervisor"], now)
    comment_service.add_comment(
        context.database, review_id, here.users["supervisor"], attack, now, recording_id=here.made.sound.id, second=1.0
    )
    draft = reviews_service.ReviewDraft(0, filled(context, read(context, review_id)), {"remark": attack})
    reviews_service.publish(context.database, context.settings, review_id, here.users["supervisor"], draft, now)
    appeal_service.appeal(context.database, review_id, here.users["agent"], attack, now)
    text = signed_in(app, Role.SUPERVISOR).open(f"/reviews/{review_id}").text
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)") >= 3


def test_samples_show_their_proof(app: Flask, context: AppContext, here: House) -> None:
    now = clock.now()
    days_of_calls(context, here.made, 1, 3, now)
    sampling_service.make(context, context.settings.day(now - timedelta(days=1)).isoformat(), now)
    assert "重抽一致" in signed_in(app, Role.SUPERVISOR).open("/samples").text
    with context.database.read() as session:
        assert session.scalars(select(Review.state).where(Review.is_random)).all() == [ReviewState.DUE]
