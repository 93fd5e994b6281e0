"""An agent's page in a whole house: a real patient rings at it, and is answered, talked to and left by keyboard."""

import io
import re
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from accounts.users import service
from exchange.media.audio import RATE
from hotline import clock
from hotline.models import Agent, Offer
from hotline.outbox.notifier import FLOOR
from hotline.values.access import Role
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from recordings.storage import sealed_sound_service
from tests.browser.telephony import purity_db
from tests.calls.stage import QUESTION, Stage, patient, stage
from tests.support.agent_phone import AgentPhone
from tests.support.morning import PASSWORD

NUMBER = "+8613900000031"
MASKED = "+86139****0031"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A house whose only agent at work is 1001, with a sign-in of her own."""
    with stage(tmp_path_factory.mktemp("house"), is_deaf=True) as house:
        with house.context.database.write() as session:
            for row in session.query(Agent):
                row.status = AgentStatus.OFFLINE
            own = session.query(Agent).filter_by(staff_number="1001").one().id
        service.create(house.context.database, "lijing", PASSWORD, "李静", Role.AGENT, own)
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house, quiet, with its agent away from work."""
    opened.wait(opened.nothing_is_stuck, 60, "a quiet floor")
    with opened.context.database.write() as session:
        row = session.query(Agent).filter_by(staff_number="1001").one()
        row.status, row.state, row.state_until, row.offer_id = AgentStatus.OFFLINE, AgentState.IDLE, None, None
    return opened


@pytest.fixture
def window() -> dict[str, Any]:
    """The browser's window; a test may ask for another one."""
    return {"locale": "zh-CN"}


@pytest.fixture
def agent(talker: Browser, house: Stage, window: dict[str, Any]) -> Iterator[AgentPhone]:
    """The agent before her desk, at first offline."""
    with AgentPhone.at_desk(talker, house.house.environment["CONSOLE_URL"], "lijing", **window) as person:
        yield person
        person.saw_no_faults()


def test_an_agent_answers_a_real_ring_with_the_keyboard_and_is_heard(agent: AgentPhone, house: Stage) -> None:
    page = agent.page
    agent.becomes("available")
    patience = {"wait_for_hang_up": {"timeout": 60, "required": False}}
    with house.phones(patient(NUMBER, {"speak": QUESTION}, patience)):
        agent.rings()
        expect(page.locator("#card .number")).to_have_text(MASKED)
        for fact in ("预约挂号", "英语"):
            expect(page.locator("#card .badges")).to_contain_text(fact)
        expect(page.locator("#rings")).to_have_text(re.compile("第 [123] 声"))
        expect(page.locator("#answer")).to_be_focused()
        assert MASKED in page.title()
        agent.press("Enter")
        agent.phone_is("talking")
        agent.card_says("正在通话")
        call = house.wait(lambda: house.call(NUMBER, status=CallStatus.TALKING), 20, "a conversation")
        house.wait(lambda: page.evaluate("document.getElementById('heard').value > 0.3"), 20, "the patient's voice")
        page.keyboard.press("m")
        expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("m")
        page.keyboard.press("5")
        expect(page.locator("#pressed")).to_have_text("5")
        expect(page.locator("#card .count").first).to_have_text(re.compile("0:(0[4-9]|[1-5])"))
        agent.hangs_up()
    ended = house.wait(lambda: house.call(NUMBER, status=CallStatus.ENDED), 30, "the end of the call")
    assert ended.outcome is CallOutcome.ANSWERED
    assert ended.agent_id == house.agent().id
    house.wait(lambda: house.recording(call).blob, 30, "a recording")
    heard = heard_by_caller(
        sealed_sound_service.read_all(house.context.objects, house.context.keyring, house.recording(call))
    )
    seconds = [heard[at : at + 8000] for at in range(0, len(heard) - 8000, 4000)]
    assert max(purity_db(second, 1000) for second in seconds) > 30


def heard_by_caller(sound: bytes) -> "np.ndarray[Any, Any]":
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")[1::2]


def test_who_lets_it_ring_is_set_aside_with_the_reason_and_comes_back_with_one_click(
    agent: AgentPhone, house: Stage
) -> None:
    page = agent.page
    agent.becomes("available")
    with house.phones(patient("+8613900000032", {"wait_for_hang_up": {"timeout": 8, "required": False}}, "hang_up")):
        agent.rings()
        house.wait(lambda: house.agent().state is AgentState.NOT_READY, 30, "an agent who is set aside")
        agent.card_says("未就绪")
        agent.card_says("振铃未接")
        agent.phone_is("idle")
    house.wait(house.nothing_is_stuck, 30, "a quiet floor")
    page.click("text=恢复接听")
    agent.card_says("等待来电")
    assert house.agent().state is AgentState.IDLE


def test_declining_with_a_key_stops_the_ring_at_once(agent: AgentPhone, house: Stage) -> None:
    agent.becomes("available")
    with house.phones(patient("+8613900000033", {"wait": 2.0}, "hang_up")):
        agent.rings()
        agent.hangs_up()
        offer = house.wait(lambda: house.rows(Offer, Offer.state == OfferState.REJECTED), 10, "a declined offer")
        assert offer[-1].agent_id == house.agent().id
        agent.card_says("拒接或占线")


def test_a_page_that_is_loaded_again_in_mid_call_gets_its_caller_back(agent: AgentPhone, house: Stage) -> None:
    page = agent.page
    agent.becomes("available")
    with house.phones(patient("+8613900000034", {"wait_for_hang_up": {"timeout": 60, "required": False}})):
        agent.answers()
        house.wait(lambda: house.call("+8613900000034", status=CallStatus.TALKING), 20, "a conversation")
        page.reload()
        agent.rings()
        agent.card_says("此前线路中断")
        agent.answers()
        house.wait(lambda: house.call("+8613900000034", status=CallStatus.TALKING), 20, "a conversation again")
        agent.hangs_up()
        house.wait(lambda: house.call("+8613900000034", status=CallStatus.ENDED), 30, "the end of the call")


def test_the_status_is_chosen_by_the_agent_and_seen_on_the_floor(agent: AgentPhone, house: Stage) -> None:
    agent.phone_is("offline")
    agent.becomes("available")
    agent.becomes("away")
    agent.card_says("您现在不会接到来电")
    assert house.agent().status is AgentStatus.AWAY
    agent.becomes("offline")
    assert house.agent().status is AgentStatus.OFFLINE


@pytest.mark.parametrize("window", [{"locale": "en-US", "viewport": {"width": 390, "height": 844}}])
def test_the_page_speaks_english_and_fits_a_phone(agent: AgentPhone, house: Stage) -> None:
    page = agent.page
    page.click(".languages >> text=English")
    agent.sees("h1", "My phone")
    agent.becomes("available")
    agent.card_says("Waiting for a call")
    assert agent.width() == 390
    with house.context.database.write() as session:
        own = session.query(Agent).filter_by(staff_number="1001").one()
        own.state, own.state_since = AgentState.NOT_READY, clock.now()
        own.state_reason = AgentStateReason.RING_NO_ANSWER
        house.context.notifier.notify_after(session, FLOOR)
    page.reload()
    agent.sees("#back", "Ready again")
    assert agent.width() == 390
    page.click(".languages >> text=中文")
    agent.sees("h1", "我的电话")
