"""Who a patient is by several reports, and where one is signed in: both pages on a phone and by keyboard."""

import pytest
from playwright.sync_api import Browser, expect

from hotline.context import AppContext
from tests.browser.conftest import Server
from tests.integration.test_identities import OTHER, correction, hears
from tests.integration.test_visits import planned
from tests.support.person import Person

VIEWPORTS = ({"width": 390, "height": 844}, {"width": 1280, "height": 800})


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("viewport", VIEWPORTS, ids=["phone", "screen"])
def test_pages_fit(
    chromium: Browser, server: Server, context: AppContext, locale: str, viewport: dict[str, int]
) -> None:
    planned(context)
    hears(context, correction(number=OTHER, name="李四"))
    with Person.at(chromium, server.url, viewport=viewport, locale=locale) as someone:
        someone.sign_in("supervisor")
        someone.page.click(f".languages [value={locale}]")
        for path in ("/identities", "/account"):
            someone.open(path)
            someone.sees("h1")
            assert someone.width() == viewport["width"]
        someone.saw_no_faults()


def test_a_supervisor_decides_by_keyboard(person: Person, context: AppContext) -> None:
    planned(context)
    hears(context, correction(number=OTHER))
    person.sign_in()
    person.open("/identities")
    person.sees("main", OTHER)
    person.page.focus("button[name=accept][value=yes]")
    person.page.keyboard.press("Enter")
    person.sees("[role=status]", "已采用")
    expect(person.page.locator("button[name=accept]")).to_have_count(0)


def test_a_session_elsewhere_is_ended_by_keyboard(chromium: Browser, server: Server, person: Person) -> None:
    with Person.at(chromium, server.url) as elsewhere:
        elsewhere.sign_in()
        person.sign_in()
        person.open("/account")
        person.page.focus("form[action*='/sessions/'] button")
        person.page.keyboard.press("Enter")
        person.sees("[role=status]")
        elsewhere.expects_faults = True
        expect(elsewhere.page.locator("[name=password]")).to_be_visible()  # the page itself goes to the door
        elsewhere.open("/calls")
        expect(elsewhere.page.locator("[name=password]")).to_be_visible()
