"""Campaigns and a patient's history in a real browser: the funnel moves by itself, one way leads to the other."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from campaigns import calling, talking
from hotline import clock
from hotline.ground import Ground
from hotline.models import Recipient
from hotline.values import AttemptOutcome
from tests.browser.conftest import Server
from tests.browser.person import Person
from tests.browser.test_console_pages import PHONE
from tests.integration.campaign_house import NOW, attempts_of, campaign


@pytest.fixture
def recipient_id(ground: Ground, made: object) -> str:  # noqa: ARG001 (the morning's users sign in)
    """A campaign with one patient, whom we call at this moment."""
    (only,) = campaign(ground, 1)
    attempt_id = calling.mark(ground, only, NOW)
    assert attempt_id is not None
    calling.take(ground, attempt_id, NOW)
    talking.answered(ground, attempt_id, "CAspring", NOW)
    return only


def warns(ground: Ground, recipient_id: str) -> None:
    """The patient says who they are, and tells of pain in the chest."""
    attempt_id = attempts_of(ground, recipient_id)[-1].id
    with ground.database.write() as session:
        talking.verified(session, attempt_id, clock.now())
        talking.give(session, ground, attempt_id, talking.Given("pain", "8", 8.0, is_warning=True), clock.now())
        talking.warn(session, ground, attempt_id, "chest_pain", clock.now())
        talking.caught(session, attempt_id, clock.now() + timedelta(seconds=4))
        talking.conclude(session, attempt_id, AttemptOutcome.DONE)


def test_the_funnel_moves_by_itself_and_leads_to_the_patient(
    person: Person, ground: Ground, recipient_id: str, server: Server, chromium: Browser
) -> None:
    person.sign_in()
    person.open("/campaigns")
    person.sees_live()
    signs = person.page.locator("#floor-campaigns tbody td").nth(6)
    expect(signs).to_contain_text("0")
    person.page.evaluate("window.untouched = true")
    warns(ground, recipient_id)
    expect(signs).to_contain_text("1", timeout=10_000)
    assert person.page.evaluate("window.untouched")
    person.page.click("text=spring")
    person.sees("#by-ward")
    person.sees("#by-month")
    person.page.locator("a", has_text="患者记录").first.focus()
    person.page.keyboard.press("Enter")
    person.sees("h1", "王芳")
    person.sees("td .badge", "胸痛")
    with ground.database.read() as session:
        patient_id = session.scalars(select(Recipient.patient_id)).one()
    with Person.at(chromium, server.url, viewport=PHONE) as someone:
        someone.sign_in("administrator")
        someone.open(f"/patients/{patient_id}")
        someone.sees("td .badge", "胸痛")
        assert someone.width() == PHONE["width"]
        _keep(someone, "phone")
    _keep(person, "patient")


def _keep(person: Person, name: str) -> None:
    if os.environ.get("PICTURES"):
        person.page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}.png", full_page=True)
