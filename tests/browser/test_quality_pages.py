"""Quality in a real browser: a supervisor reviews by keyboard alone, the agent appeals, another supervisor rules."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from hotline import clock
from hotline.context import AppContext
from hotline.models import Calibration, Call, Review, User
from hotline.values.language import Language
from hotline.values.states.review import ReviewState
from qa.reports import service
from qa.reviews import calibration_service, coaching_service
from qa.reviews import service as reviews_service
from qa.reviews.coaching_service import CoachingFinding, RecordingClip
from qa.sampling import service as sampling_service
from qa.sampling import targeted_service
from tests.browser.conftest import Server
from tests.browser.pages import Nursery
from tests.support.person import Person
from tests.support.quality_data import House, days_of_calls, house, published, read
from tests.support.supervisor import Supervisor

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def here(context: AppContext) -> House:
    """A morning with two supervisors and the machine's marks."""
    return house(context, clock.now())


@pytest.fixture
def served(nursery: Nursery, context: AppContext, here: House, tmp_path: Path) -> Iterator[Server]:  # noqa: ARG001 (its rows are needed)
    """The running staff pages."""
    log = tmp_path / "gunicorn.log"
    running = Server(nursery, context.settings, log)
    try:
        running.start()
        yield running
    finally:
        running.stop()
    assert "Traceback" not in log.read_text("utf-8")


def state(context: AppContext, review_id: str) -> ReviewState:
    return read(context, review_id).state


def appeals(agent: Person) -> None:
    """The agent reads the review and says why it is wrong, once."""
    agent.sign_in("agent")
    agent.page.click("nav >> text=质检")
    agent.page.click(".review-list tbody a")
    agent.sees(".comments p", "这里请先报工号")
    agent.page.click("summary >> text=申诉")
    agent.page.fill("[name=reasons]", "我在开头说了“这里是示范医院热线”。")
    agent.page.click("text=提交申诉")
    agent.sees(".notice", "申诉已提交")
    expect(agent.page.locator("[name=reasons]")).to_have_count(0)
    agent.saw_no_faults()


def may_not_rule(supervisor: Person, path: str) -> None:
    """Whoever reviewed leaves the appeal to somebody else."""
    supervisor.sign_in()
    supervisor.open(path)
    supervisor.sees(".appeal", "由另一位主管裁定")
    expect(supervisor.page.locator("#ruling")).to_have_count(0)


def test_a_supervisor_reviews_by_keyboard_alone_the_agent_appeals_and_another_rules(
    chromium: Browser, served: Server, context: AppContext, here: House
) -> None:
    review_id = targeted_service.choose(
        context.database, context.settings, here.call.id, here.users["supervisor"], clock.now()
    )
    with Supervisor.at(chromium, served.url) as supervisor:
        supervisor.sign_in()
        supervisor.scores_by_keyboard("这里请先报工号")
        supervisor.saw_no_faults()
    assert state(context, review_id) is ReviewState.PUBLISHED
    with Person.at(chromium, served.url) as agent:
        appeals(agent)
    with Person.at(chromium, served.url) as supervisor:
        may_not_rule(supervisor, f"/reviews/{review_id}")
    with Supervisor.at(chromium, served.url) as other:
        other.sign_in("second")
        other.rules("self_id", "工号说得很快，但说了。")
        other.saw_no_faults()
    assert state(context, review_id) is ReviewState.CHANGED


def test_evidence_leads_to_its_second(chromium: Browser, served: Server, context: AppContext, here: House) -> None:
    review_id = targeted_service.choose(
        context.database, context.settings, here.call.id, here.users["supervisor"], clock.now()
    )
    reviews_service.take(context.database, context.settings, review_id, here.users["supervisor"], clock.now())
    with Supervisor.at(chromium, served.url) as supervisor:
        supervisor.sign_in()
        supervisor.opens_review(review_id)
        supervisor.sound_is_there()
        page = supervisor.page
        page.locator("[data-item=closing] .jump").click()
        page.wait_for_function("document.querySelector('audio').currentTime >= 8.7")
        supervisor.is_listening()
        expect(page.locator("#comment-label")).to_contain_text("0:0")
        supervisor.saw_no_faults()


def test_nothing_is_lost_by_a_reload_or_a_second_window(
    chromium: Browser, served: Server, context: AppContext, here: House
) -> None:
    review_id = targeted_service.choose(
        context.database, context.settings, here.call.id, here.users["supervisor"], clock.now()
    )
    reviews_service.take(context.database, context.settings, review_id, here.users["supervisor"], clock.now())
    with Supervisor.at(chromium, served.url) as supervisor:
        supervisor.sign_in()
        supervisor.opens_review(review_id)
        page = supervisor.page
        page.locator("[data-item=knowledge] span", has_text="部分").click()
        page.fill("[name=remark]", "讲得清楚")
        page.fill("#comment", "还没写完")
        page.reload()  # at once: nothing waits for the half second
        expect(page.locator("[name=remark]")).to_have_value("讲得清楚")
        expect(page.locator("#comment")).to_have_value("还没写完")
        expect(page.locator("[data-item=knowledge] input[value=partly]")).to_be_checked()
        expect(page.locator("#saved")).to_contain_text("已保存")  # what it filled in again has arrived
        second = page.context.new_page()
        second.goto(page.url)
        second.locator("[data-item=knowledge] input[value=no]").check(force=True)
        expect(second.locator("#saved")).to_contain_text("已保存")
        supervisor.expects_faults = True  # the browser itself notes the conflict
        page.locator("[data-item=process] span", has_text="部分").click()
        expect(page.locator("#stale")).to_be_visible()
        assert read(context, review_id).answers["knowledge"] == "no"
        page.click("#mine")
        expect(page.locator("#stale")).to_be_hidden()
        expect(page.locator("#saved")).to_contain_text("已保存")
    answers = read(context, review_id).answers
    assert (answers["knowledge"], answers["process"]) == ("partly", "partly")


@pytest.mark.parametrize("language", list(Language))
def test_every_page_of_quality_fits_a_narrow_screen_in_both_languages(
    chromium: Browser, served: Server, context: AppContext, here: House, language: Language
) -> None:
    fill(context, here, language)
    with Person.at(chromium, served.url, viewport=PHONE) as supervisor:
        supervisor.sign_in()
        for path in pages(context, here):
            supervisor.open(path)
            supervisor.sees("h1")
            assert supervisor.width() <= PHONE["width"], path
        supervisor.saw_no_faults()
    with Person.at(chromium, served.url, viewport=PHONE) as agent:
        agent.sign_in("agent")
        for path in ("/reviews", "/coaching", "/reports"):
            agent.open(path)
            agent.sees("h1")
            assert agent.width() <= PHONE["width"], path
        agent.saw_no_faults()


def test_a_report_is_made_as_a_file_while_one_waits(
    chromium: Browser, served: Server, context: AppContext, here: House
) -> None:
    fill(context, here, Language.MANDARIN)
    with Person.at(chromium, served.url) as supervisor:
        supervisor.sign_in()
        supervisor.open("/reports")
        supervisor.sees(".chart svg circle")
        supervisor.page.click("text=导出 PDF")
        supervisor.sees("[data-state=requested]", "正在生成")
        with context.database.read() as session:
            row = service.of_user(session, here.users["supervisor"])[0]
        service.make_report(context, row.id, clock.now())  # the worker's part
        supervisor.sees("[data-state=ready] a", "下载")
        with supervisor.page.expect_download() as download:
            supervisor.page.click("[data-state=ready] a")
        assert download.value.path().read_bytes().startswith(b"%PDF")
        supervisor.saw_no_faults()


def fill(context: AppContext, here: House, language: Language) -> None:
    """Weeks of quality: drawn days, published reviews, a calibration, coaching."""
    now = clock.now()
    with context.database.write() as session:
        for user in session.query(User):
            user.language = language
    days_of_calls(context, here.made, 3, 3, now)
    for number in range(1, 4):
        sampling_service.make(context, context.settings.day(now - timedelta(days=number)).isoformat(), now)
    supervisor, second = here.users["supervisor"], here.users["second"]
    with context.database.read() as session:
        drawn = list(session.scalars(select(Review).where(Review.is_random).order_by(Review.day)))
        calls = {review.call_id: session.get_one(Call, review.call_id) for review in drawn}
    for review in drawn[:2]:
        published(context, calls[review.call_id], supervisor, now, self_id="no")
    if drawn:
        clip = RecordingClip(here.made.sound.id, 0.5, 3.0)
        finding = CoachingFinding("self_id", "开头报工号 / say the number", context.settings.day(now), clip)
        coaching_service.begin(context.database, context.settings, drawn[0].id, supervisor, finding, now)
    calibration_service.open_round(
        context.database,
        context.settings,
        supervisor,
        "March",
        "service",
        now,
        calls=[here.call.id],
        people=[supervisor, second],
    )


def pages(context: AppContext, here: House) -> list[str]:
    """Every page that a supervisor opens."""
    with context.database.read() as session:
        blind = Review.calibration_id.is_(None) | (Review.reviewer_id == here.users["supervisor"])
        ids = {review.state: review.id for review in session.scalars(select(Review).where(blind))}
        made = session.scalars(select(Calibration.id)).first()
    own = targeted_service.choose(
        context.database, context.settings, here.call.id, here.users["supervisor"], clock.now()
    )
    reviews_service.take(context.database, context.settings, own, here.users["supervisor"], clock.now())
    found = ["/reviews", "/reviews?tab=appeals", "/reviews?tab=done", *(f"/reviews/{one}" for one in ids.values())]
    rest = ["/calibrations", f"/calibrations/{made}", "/coaching", "/samples", "/reports", "/reports?kind=assessment"]
    return [*found, f"/reviews/{own}", *rest]
