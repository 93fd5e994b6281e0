"""Words in a real browser: corrected by keyboard alone, found by the search, on a telephone's screen too."""

import re

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from hotline.context import AppContext
from hotline.models import Transcript, Utterance
from recordings.search import service
from recordings.transcripts import correction_service
from tests.browser.conftest import Server
from tests.support.morning import Morning
from tests.support.person import Person

PHONE = {"width": 390, "height": 844}


def spoken(context: AppContext) -> Utterance:
    """What the caller says first; findable from now on."""
    with context.database.write() as session:
        transcript = session.scalars(select(Transcript)).one()
        service.index_transcript(session, context.keyring, transcript)
        return sorted(transcript.utterances, key=lambda one: one.start)[1]


def test_a_line_is_corrected_by_keyboard_and_then_found(person: Person, made: Morning, context: AppContext) -> None:
    row = spoken(context)
    person.sign_in()
    person.open(f"/calls/{made.calls['answered'].id}")
    page = person.page
    page.get_by_role("link", name="查看原文").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("words=original"))
    line = page.locator(f"#said-{row.id}")
    line.locator("button").first.focus()
    page.keyboard.press("e")
    expect(line.locator("textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(line.locator("textarea")).to_be_hidden()
    expect(line.locator("button").first).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("我想预约明天上午的肾内科专家号。")
    page.keyboard.press("Enter")
    person.sees(".notice", "已更正")
    expect(page.locator(f"#said-{row.id} .machine")).to_contain_text("心内科")
    with context.database.read() as session:
        [correction] = session.get_one(Utterance, row.id).corrections
    correction_service.reindex(context, correction.id, correction.at)  # what the worker does
    page.click("nav >> text=搜索")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.insert_text("肾内科")
    page.keyboard.press("Enter")
    expect(page.locator(".hits li")).to_have_count(1)
    page.click(".hits a")
    page.wait_for_url(re.compile(f"#said-{row.id}$"))


def test_search_and_corrections_fit_a_telephone(
    chromium: Browser, server: Server, made: Morning, context: AppContext
) -> None:
    row = spoken(context)
    with Person.at(chromium, server.url, viewport=PHONE) as person:
        person.sign_in()
        for path in ("/search", f"/calls/{made.calls['answered'].id}?words=original"):
            person.open(path)
            assert person.width() == PHONE["width"], path
        person.page.locator(f"#said-{row.id} summary").click()
        assert person.width() == PHONE["width"]
        person.saw_no_faults()
