"""Campaigns and a patient's history in a real browser: the funnel moves by itself, one way leads to the other."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from campaigns.dialling import service
from campaigns.dialogue import after_call_service, conversation, progress_service
from hotline import clock
from hotline.context import AppContext
from hotline.models import Call, Recipient
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.call import CallStatus, Direction
from tests.browser.conftest import Server
from tests.browser.test_console_pages import PHONE
from tests.integration.campaign_house import NOW, attempts_of, campaign
from tests.integration.campaign_storm import exchange_of
from tests.support.person import Person


@pytest.fixture
def recipient_id(context: AppContext, made: object) -> str:  # noqa: ARG001 (the morning's users sign in)
    """A campaign with one patient, whom we call at this moment."""
    (only,) = campaign(context, 1)
    attempt_id = service.reserve(context, only, NOW)
    assert attempt_id is not None
    service.start_dialling(context, attempt_id, NOW)
    progress_service.answered(context.database, attempt_id, "CAspring", NOW)
    return only


def warns(context: AppContext, recipient_id: str) -> None:
    """The patient says who they are, and tells of pain in the chest."""
    attempt_id = attempts_of(context, recipient_id)[-1].id
    with context.database.write() as session:
        progress_service.note_verified(session, attempt_id, clock.now())
        progress_service.file_answer(
            session,
            context.notifier,
            attempt_id,
            conversation.GivenAnswer("pain", "8", 8.0, is_warning=True),
            clock.now(),
        )
        progress_service.note_warning(session, context.notifier, attempt_id, "chest_pain", clock.now())
        progress_service.note_agent_connected(session, attempt_id, clock.now() + timedelta(seconds=4))
        progress_service.conclude(session, attempt_id, AttemptOutcome.DONE)


def test_the_funnel_moves_by_itself_and_leads_to_the_patient(
    person: Person, context: AppContext, recipient_id: str, server: Server, chromium: Browser
) -> None:
    person.sign_in()
    person.open("/campaigns")
    person.sees_live()
    signs = person.page.locator("#floor-campaigns tbody td").nth(6)
    expect(signs).to_contain_text("0")
    person.page.evaluate("window.untouched = true")
    warns(context, recipient_id)
    expect(signs).to_contain_text("1")
    assert person.page.evaluate("window.untouched")
    person.page.click("text=spring")
    person.sees("#by-ward")
    person.sees("#by-month")
    person.page.locator("a", has_text="患者记录").first.focus()
    person.page.keyboard.press("Enter")
    person.sees("h1", "王芳")
    person.sees("td .badge", "胸痛")
    person.sees("td", "疼痛: 8")
    person.sees("td small", "出院后第1周")
    with context.database.read() as session:
        patient_id = session.scalars(select(Recipient.patient_id)).one()
    with Person.at(chromium, server.url, viewport=PHONE) as someone:
        someone.sign_in("administrator")
        someone.open(f"/patients/{patient_id}")
        someone.sees("td .badge", "胸痛")
        assert someone.width() == PHONE["width"]
        _keep(someone, "phone")
        someone.page.click("button[lang=en-US]")
        someone.sees("td", "Pain: 8")
        assert someone.width() == PHONE["width"]
        _keep(someone, "phone-en")
    _keep(person, "patient")


def unheard(context: AppContext, recipient_id: str) -> None:
    """A warning sign that no nurse has taken within three rings; the patient is still in line."""
    attempt = attempts_of(context, recipient_id)[-1]
    now = clock.now()
    with context.database.write() as session:
        call = Call(
            id=clock.new_id(),
            provider_sid="CAworse",
            caller_number=session.get_one(Recipient, recipient_id).number,
            direction=Direction.OUTBOUND,
            status=CallStatus.WAITING,
            language=Language.MANDARIN,
            started_at=now,
            last_report_at=now,
        )
        session.add(call)
        session.flush()
        progress_service.note_call(session, attempt.id, call.id)
        progress_service.note_warning(session, context.notifier, attempt.id, "chest_pain", now - timedelta(seconds=30))
    assert after_call_service.alarm(context, exchange_of(1, 0.0), now) == 1


def test_a_warning_sign_that_no_nurse_hears_is_on_every_live_page_until_somebody_takes_it(
    person: Person, context: AppContext, recipient_id: str, server: Server, chromium: Browser
) -> None:
    person.sign_in()
    person.sees_live()
    with Person.at(chromium, server.url, locale="en-US", viewport=PHONE) as nurse:
        nurse.sign_in("agent")
        nurse.page.click("button[lang=en-US]")
        nurse.open("/desk")
        nurse.sees_live()
        expect(nurse.page.locator(".alarm")).to_have_count(0)
        unheard(context, recipient_id)
        for someone, sign, words in ((person, "胸痛", "尚无护士接听"), (nurse, "Chest pain", "no nurse has answered")):
            someone.sees("#alarms[aria-live=assertive] .alarm", sign)
            someone.sees("#alarms .alarm", words)
            expect(someone.page).to_have_title(re.compile("^⚠ 1 · "))
            assert "王芳" not in someone.page.locator("#alarms").inner_text()
        assert nurse.width() == PHONE["width"]
        _keep(nurse, "alarm-desk")
        _keep(person, "alarm-floor")
        with nurse.page.expect_popup() as opened:
            nurse.page.locator("#alarms a").focus()
            nurse.page.keyboard.press("Enter")
        opened.value.locator("button[name=agent]").click()
        expect(nurse.page.locator(".alarm")).to_have_count(0)
    expect(person.page.locator(".alarm")).to_have_count(0)
    expect(person.page).not_to_have_title(re.compile("⚠"))


def _keep(person: Person, name: str) -> None:
    if os.environ.get("PICTURES"):
        person.page.screenshot(path=Path(os.environ["PICTURES"]) / f"{name}.png", full_page=True)
