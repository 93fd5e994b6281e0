"""Two agents at their pages in a whole house: handing a caller on by keyboard, and a browser that dies in mid-call."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from accounts.users import service
from hotline.models import Agent, Call, QueueEntry, Transfer
from hotline.values.access import Role
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.transfer import TransferState
from tests.browser.conftest import CHROMIUM, FLAGS, MICROPHONE
from tests.calls.stage import Stage, patient, stage
from tests.support.agent_phone import AgentPhone
from tests.support.morning import PASSWORD

STAYS = {"wait_for_hang_up": {"timeout": 60, "required": False}}
NAMES = {"1001": "lijing", "1002": "wangfang"}

IS_LOST = QueueEntry.requeue_reason == RequeueReason.LINE_LOST


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A house where 1001 and 1002 have a sign-in each."""
    with stage(tmp_path_factory.mktemp("house"), is_deaf=True) as house:
        with house.context.database.read() as session:
            ids = {n: session.query(Agent).filter_by(staff_number=n).one().id for n in NAMES}
        for number, login in NAMES.items():
            service.create(house.context.database, login, PASSWORD, login, Role.AGENT, ids[number])
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house, quiet, with everyone away from work."""
    opened.calm(status=AgentStatus.OFFLINE, page_phone_since=None)
    return opened


@contextmanager
def at_work(browser: Browser, house: Stage, number: str) -> Iterator[AgentPhone]:
    with AgentPhone.at_desk(browser, house.house.environment["CONSOLE_URL"], NAMES[number]) as agent:
        agent.becomes("available")
        yield agent


@pytest.fixture
def first(talker: Browser, house: Stage) -> Iterator[AgentPhone]:
    """1001 at her desk."""
    with at_work(talker, house, "1001") as agent:
        yield agent


@pytest.fixture
def second(talker: Browser, house: Stage, first: AgentPhone) -> Iterator[AgentPhone]:
    """1002 at hers, away: whoever calls comes to 1001."""
    del first
    with at_work(talker, house, "1002") as agent:
        agent.becomes("away")
        yield agent


def talks(agent: AgentPhone, house: Stage, number: str) -> Call:
    agent.answers()
    call = house.wait(lambda: house.call(number, status=CallStatus.TALKING), 20, "a conversation")
    assert isinstance(call, Call)
    return call


def transfer_is(house: Stage, call: Call, state: TransferState) -> Transfer:
    found = house.wait(
        lambda: house.rows(Transfer, Transfer.call_id == call.id, Transfer.state == state), 20, f"a transfer {state}"
    )
    assert isinstance(found[-1], Transfer)
    return found[-1]


def test_a_caller_is_handed_on_after_a_talk_by_keyboard_alone(
    first: AgentPhone, second: AgentPhone, house: Stage
) -> None:
    with house.phones(patient("+8613900000061", STAYS)):
        call = talks(first, house, "+8613900000061")
        second.becomes("available")
        first.hands_on("consult")
        second.rings()
        expect(first.page.locator("#card .held")).to_be_visible()
        second.card_says("向您咨询")
        expect(second.page.locator("#card .note")).to_have_text("asks for a bed")
        second.press("a")
        expect(first.page.locator("[data-transfer=consulting]")).to_be_visible()
        first.press("g")
        expect(first.page.locator("[data-transfer=merged]")).to_be_visible()
        expect(first.page.locator("#card .held")).to_have_count(0)
        first.press("c")
        first.phone_is("idle")
        transfer_is(house, call, TransferState.COMPLETED)
        second.phone_is("talking")
        colleague = house.agent("1002").id
        house.wait(lambda: house.call("+8613900000061", agent_id=colleague), 10, "the colleague's caller")
        second.press("h")
        house.wait(lambda: house.call("+8613900000061", status=CallStatus.ENDED), 20, "the end")
    assert len(house.rows(QueueEntry, QueueEntry.call_id == call.id, IS_LOST)) == 0


def test_a_caller_is_handed_on_at_once_and_comes_back_when_the_colleague_declines(
    first: AgentPhone, second: AgentPhone, house: Stage
) -> None:
    with house.phones(patient("+8613900000062", STAYS)):
        call = talks(first, house, "+8613900000062")
        second.becomes("available")
        first.hands_on("blind")
        second.rings()
        second.card_says("转来")
        first.phone_is("idle")
        second.hangs_up()
        transfer_is(house, call, TransferState.FAILED)
        first.answers()
        house.wait(lambda: house.call("+8613900000062", status=CallStatus.TALKING), 20, "a conversation again")
        first.press("h")
        house.wait(lambda: house.call("+8613900000062", status=CallStatus.ENDED), 20, "the end")


def test_the_caller_is_on_hold_while_the_agent_wants_it(first: AgentPhone, house: Stage) -> None:
    with house.phones(patient("+8613900000063", STAYS)):
        call = talks(first, house, "+8613900000063")
        first.press("o")
        expect(first.page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        house.wait(lambda: house.rows(Call, Call.id == call.id)[0].conference_applied_held, 10, "music")
        first.press("o")
        house.wait(lambda: not house.rows(Call, Call.id == call.id)[0].conference_applied_held, 10, "no music")
        first.press("h")
        house.wait(lambda: house.call("+8613900000063", status=CallStatus.ENDED), 20, "the end")


def test_a_browser_killed_in_mid_call_puts_its_caller_first_in_line(
    playwright: Playwright, house: Stage, tmp_path: Path
) -> None:
    mark = f"--crash-dumps-dir={tmp_path}"
    flags = [*FLAGS, *MICROPHONE, mark]
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
    with house.phones(patient("+8613900000064", STAYS)):
        agent = AgentPhone(browser.new_context(locale="zh-CN").new_page(), house.house.environment["CONSOLE_URL"])
        agent.sign_in(NAMES["1001"])
        agent.opens_desk()
        agent.becomes("available")
        call = talks(agent, house, "+8613900000064")
        for pid in _processes(mark):
            os.kill(pid, signal.SIGKILL)
        places = house.wait(
            lambda: house.rows(QueueEntry, QueueEntry.call_id == call.id, IS_LOST), 20, "a place at the front"
        )
        assert (places[0].is_at_front, places[0].preferred_agent_id) == (True, house.agent().id)
        house.wait(lambda: house.call("+8613900000064", status=CallStatus.WAITING), 5, "a caller who stays")
    house.wait(lambda: house.call("+8613900000064", status=CallStatus.ENDED), 20, "the end")


def _processes(mark: str) -> list[int]:
    """The processes of the browser that was started with this flag."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark.encode() in words:
                found.append(int(entry.name))
    return found
