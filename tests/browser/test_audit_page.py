"""The page of the audit log in a real browser: on a telephone, and by keyboard."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server
from tests.support.morning import PASSWORD
from tests.support.person import Person

PHONE = {"width": 390, "height": 844}


def enter(someone: Person) -> None:
    """Sign in as the auditor, by keyboard, and stand before the log."""
    someone.open("/sign-in")
    someone.page.fill("[name=login]", "auditor")
    someone.page.fill("[name=password]", PASSWORD)
    someone.page.keyboard.press("Enter")
    someone.sees("h1", "审计日志")


def test_an_auditor_filters_and_checks_the_log_by_keyboard(chromium: Browser, server: Server) -> None:
    with Person.at(chromium, server.url) as someone:
        enter(someone)
        someone.page.focus("[name=action]")
        someone.page.keyboard.press("Tab")
        someone.page.keyboard.press("Tab")
        expect(someone.page.locator("[name=object]")).to_be_focused()
        someone.page.keyboard.type("0" * 32)
        someone.page.keyboard.press("Enter")
        someone.sees(".empty", "没有符合条件的记录")
        someone.page.focus(".facts button")
        someone.page.keyboard.press("Enter")
        someone.sees(".notice", "完好")
        someone.sees(".badge.is-good", "已校验至")
        someone.saw_no_faults()


def test_the_log_fits_a_telephone_in_both_languages(chromium: Browser, server: Server) -> None:
    with Person.at(chromium, server.url, viewport=PHONE) as someone:
        enter(someone)
        assert someone.width() == PHONE["width"]
        someone.page.click("button[value=en-US]")
        someone.sees("h1", "Audit log")
        someone.sees("td", "Signed in")
        assert someone.width() == PHONE["width"]
        someone.saw_no_faults()
