"""The page of work that failed, in a real browser: by keyboard, on a phone, in both languages."""

import pytest
from playwright.sync_api import Browser, expect

from hotline import clock
from hotline.context import AppContext
from hotline.outbox import jobs
from hotline.values.states.job import JobState
from tests.browser.conftest import Server
from tests.support.person import Person

PHONE = {"width": 390, "height": 844}


def fail(context: AppContext, subject_id: str, reason: str) -> None:
    """Work that was given up."""
    now = clock.now()
    with context.database.write() as session:
        job = jobs.add(session, context.notifier, "make_report", subject_id, now)
        job.state, job.reason, job.tries, job.first_failed_at, job.ended_at = JobState.FAILED, reason, 25, now, now


def test_failed_work_is_done_again_by_keyboard(person: Person, context: AppContext) -> None:
    for number in range(3):
        fail(context, f"r{number}", "store")
    person.sign_in()
    person.page.click("nav a:has-text('失败任务')")
    person.sees("h1", "失败任务")
    rows = person.page.locator("table.work tbody tr")
    expect(rows).to_have_count(3)
    rows.first.locator("button").focus()
    person.page.keyboard.press("Enter")
    person.sees("[role=status]", "正在重试")
    expect(rows).to_have_count(2)
    person.page.locator("button.main").focus()
    person.page.keyboard.press("Enter")
    person.sees("section.list", "没有失败的任务")


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_page_fits_a_phone_and_a_screen(
    chromium: Browser, server: Server, context: AppContext, locale: str
) -> None:
    fail(context, f"of {locale}", "recording_too_large")
    for viewport in (PHONE, {"width": 1280, "height": 800}):
        with Person.at(chromium, server.url, viewport=viewport, locale=locale) as someone:
            someone.sign_in("supervisor")
            someone.page.click(f".languages [value={locale}]")
            someone.open("/failed-work")
            someone.sees("h1")
            assert someone.width() == viewport["width"]
            someone.saw_no_faults()
