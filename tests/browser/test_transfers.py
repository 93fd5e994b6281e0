"""Two agents at their pages in a whole house: handing a caller on by keyboard, and a browser that dies in mid-call."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from accounts.users import service
from hotline.models import Agent, Call, QueueEntry, Transfer
from hotline.values.access import Role
from hotline.values.reason_codes import RequeueReason
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.transfer import TransferState
from tests.browser.conftest import CHROMIUM, FLAGS, MICROPHONE
from tests.browser.person import Person
from tests.calls.stage import Stage, patient, stage
from tests.support.morning import PASSWORD

STAYS = {"wait_for_hang_up": {"timeout": 60, "required": False}}
NAMES = {"1001": "lijing", "1002": "wangfang"}

IS_LOST = QueueEntry.requeue_reason == RequeueReason.LINE_LOST


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A house where 1001 and 1002 have a sign-in each."""
    with stage(tmp_path_factory.mktemp("house")) as house:
        with house.context.database.read() as session:
            ids = {n: session.query(Agent).filter_by(staff_number=n).one().id for n in NAMES}
        for number, login in NAMES.items():
            service.create(house.context, login, PASSWORD, login, Role.AGENT, ids[number])
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house, quiet, with everyone away from work."""
    opened.calm(status=AgentStatus.OFFLINE, page_phone_since=None)
    return opened


def at_work(browser: Browser, house: Stage, number: str) -> Iterator[Person]:
    with Person.at(browser, house.house.environment["CONSOLE_URL"], locale="zh-CN") as person:
        person.sign_in(NAMES[number])
        person.open("/desk?processing=off")
        becomes(person.page, "available")
        yield person


@pytest.fixture
def first(talker: Browser, house: Stage) -> Iterator[Person]:
    """1001 at her page."""
    yield from at_work(talker, house, "1001")


@pytest.fixture
def second(talker: Browser, house: Stage, first: Person) -> Iterator[Person]:
    """1002 at hers, away: whoever calls comes to 1001."""
    del first
    for person in at_work(talker, house, "1002"):
        becomes(person.page, "away")
        yield person


def becomes(page: Page, status: str) -> None:
    page.click(f"[name=status][value={status}]")
    expect(page.locator(f"[value={status}]")).to_have_attribute("aria-pressed", "true")
    phone_is(page, "idle")


def phone_is(page: Page, state: str, seconds: float = 60) -> None:
    expect(page.locator("#desk")).to_have_attribute("data-phone", state, timeout=1000 * seconds)


def talks(page: Page, house: Stage, number: str) -> Call:
    phone_is(page, "ringing", 80)
    page.keyboard.press("a")
    phone_is(page, "talking")
    call = house.wait(lambda: house.call(number, status=CallStatus.TALKING), 20, "a conversation")
    assert isinstance(call, Call)
    return call


def hands_on(page: Page, how: str) -> None:
    """By keyboard alone: T, the colleague, the reason, and the button."""
    page.keyboard.press("t")
    expect(page.locator("#transfer-to")).to_be_focused()
    page.keyboard.press("w")  # 1002 is found by the first letter of her name, or by the arrow
    page.locator("#transfer-to").select_option(index=0)
    page.keyboard.press("Tab")
    page.keyboard.type("asks for a bed")
    for _ in range(1 if how == "consult" else 2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def transfer_is(house: Stage, call: Call, state: TransferState) -> Transfer:
    found = house.wait(
        lambda: house.rows(Transfer, Transfer.call_id == call.id, Transfer.state == state), 20, f"a transfer {state}"
    )
    assert isinstance(found[-1], Transfer)
    return found[-1]


def test_a_caller_is_handed_on_after_a_talk_by_keyboard_alone(first: Person, second: Person, house: Stage) -> None:
    with house.phones(patient("+8613900000061", STAYS)):
        call = talks(first.page, house, "+8613900000061")
        becomes(second.page, "available")
        hands_on(first.page, "consult")
        phone_is(second.page, "ringing")
        expect(first.page.locator("#card .held")).to_be_visible()
        expect(second.page.locator("#card")).to_contain_text("想与您商议")
        expect(second.page.locator("#card .note")).to_have_text("asks for a bed")
        second.page.keyboard.press("a")
        expect(first.page.locator("[data-transfer=consulting]")).to_be_visible()
        first.page.keyboard.press("g")
        expect(first.page.locator("[data-transfer=merged]")).to_be_visible()
        expect(first.page.locator("#card .held")).to_have_count(0)
        first.page.keyboard.press("c")
        phone_is(first.page, "idle")
        transfer_is(house, call, TransferState.COMPLETED)
        phone_is(second.page, "talking")
        (row,) = house.rows(Agent, Agent.staff_number == "1002")
        house.wait(lambda: house.call("+8613900000061", agent_id=row.id), 10, "the colleague's caller")
        second.page.keyboard.press("h")
        house.wait(lambda: house.call("+8613900000061", status=CallStatus.ENDED), 20, "the end")
    assert len(house.rows(QueueEntry, QueueEntry.call_id == call.id, IS_LOST)) == 0


def test_a_caller_is_handed_on_at_once_and_comes_back_when_the_colleague_declines(
    first: Person, second: Person, house: Stage
) -> None:
    with house.phones(patient("+8613900000062", STAYS)):
        call = talks(first.page, house, "+8613900000062")
        becomes(second.page, "available")
        hands_on(first.page, "blind")
        phone_is(second.page, "ringing")
        expect(second.page.locator("#card")).to_contain_text("转来")
        phone_is(first.page, "idle")
        second.page.keyboard.press("h")
        transfer_is(house, call, TransferState.FAILED)
        phone_is(first.page, "ringing")
        first.page.keyboard.press("a")
        phone_is(first.page, "talking")
        house.wait(lambda: house.call("+8613900000062", status=CallStatus.TALKING), 20, "a conversation again")
        first.page.keyboard.press("h")
        house.wait(lambda: house.call("+8613900000062", status=CallStatus.ENDED), 20, "the end")


def test_the_caller_is_on_hold_while_the_agent_wants_it(first: Person, house: Stage) -> None:
    with house.phones(patient("+8613900000063", STAYS)):
        call = talks(first.page, house, "+8613900000063")
        first.page.keyboard.press("o")
        expect(first.page.locator("#hold")).to_have_attribute("aria-pressed", "true")
        house.wait(lambda: house.rows(Call, Call.id == call.id)[0].conference_applied_held, 10, "music")
        first.page.keyboard.press("o")
        house.wait(lambda: not house.rows(Call, Call.id == call.id)[0].conference_applied_held, 10, "no music")
        first.page.keyboard.press("h")
        house.wait(lambda: house.call("+8613900000063", status=CallStatus.ENDED), 20, "the end")


def test_a_browser_killed_in_mid_call_puts_its_caller_first_in_line(
    playwright: Playwright, house: Stage, tmp_path: Path
) -> None:
    mark = f"--crash-dumps-dir={tmp_path}"
    flags = [*FLAGS, *MICROPHONE, mark]
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
    with house.phones(patient("+8613900000064", STAYS)):
        person = Person(browser.new_context(locale="zh-CN").new_page(), house.house.environment["CONSOLE_URL"])
        person.sign_in(NAMES["1001"])
        person.open("/desk?processing=off")
        becomes(person.page, "available")
        call = talks(person.page, house, "+8613900000064")
        for pid in _processes(mark):
            os.kill(pid, signal.SIGKILL)
        place = house.wait(
            lambda: house.rows(
                QueueEntry, QueueEntry.call_id == call.id, QueueEntry.requeue_reason == RequeueReason.LINE_LOST
            ),
            20,
            "a place at the front",
        )[0]
        assert (place.is_at_front, place.preferred_agent_id) == (
            True,
            house.rows(Agent, Agent.staff_number == "1001")[0].id,
        )
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
