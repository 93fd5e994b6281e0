"""Who is there, seen from the browser: pages that are closed, left, crashed, cut off or stalled; two windows."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import APIResponse, Browser, Error, Route, expect

from accounts.users import service
from exchange.phone.client import PhoneClient
from exchange.phone.errors import PhoneRefused
from hotline.models import Agent, Call, Offer, User
from hotline.values.access import Role
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.offer import OfferState
from tests.browser.wire import Wire
from tests.calls.stage import Stage, patient, stage
from tests.support.agent_phone import AgentPhone
from tests.support.morning import PASSWORD
from tests.support.supervisor import Supervisor

pytestmark = pytest.mark.timeout(240)
AT_THE_DOOR = re.compile(r"/sign-in")
PATIENCE = {"wait_for_hang_up": {"timeout": 90, "required": False}}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A house whose only agent at work is 1001, with a sign-in of her own, and a supervisor."""
    with stage(tmp_path_factory.mktemp("house"), is_deaf=True) as house:
        with house.context.database.write() as session:
            for row in session.query(Agent):
                row.status = AgentStatus.OFFLINE
            own = session.query(Agent).filter_by(staff_number="1001").one().id
        service.create(house.context.database, "lijing", PASSWORD, "李静", Role.AGENT, own)
        service.create(house.context.database, "zhoumin", PASSWORD, "周敏", Role.SUPERVISOR)
        yield house


@pytest.fixture
def house(opened: Stage) -> Stage:
    """The house, quiet, with its agent available and no page of hers open."""
    opened.wait(lambda: not opened.rows(Call, Call.status != CallStatus.ENDED), 60, "a quiet floor")
    with opened.context.database.write() as session:
        row = session.query(Agent).filter_by(staff_number="1001").one()
        row.status, row.state, row.state_until, row.offer_id = AgentStatus.AVAILABLE, AgentState.IDLE, None, None
    is_off_the_floor(opened)
    return opened


@pytest.fixture
def wire(house: Stage) -> Iterator[Wire]:
    """The line between her browser and the staff pages."""
    line = Wire(urlsplit(house.house.environment["CONSOLE_URL"]).port or 0)
    yield line
    line.close()


@pytest.fixture
def agent(talker: Browser, house: Stage, wire: Wire) -> Iterator[AgentPhone]:
    """The agent before her desk, her telephone connected, on the floor."""
    with AgentPhone.at_desk(talker, f"http://127.0.0.1:{wire.port}", "lijing") as person:
        person.expects_faults = True  # networks fail here, which browsers note
        person.phone_is("idle")
        house.wait(lambda: house.agent().is_present, 20, "an agent who is there")
        yield person


@pytest.fixture
def supervisor(chromium: Browser, house: Stage) -> Iterator[Supervisor]:
    """A supervisor before the floor."""
    with Supervisor.at(chromium, house.house.environment["CONSOLE_URL"], locale="en-US") as person:
        person.sign_in("zhoumin")
        person.page.click(".languages >> text=English")
        yield person


def is_off_the_floor(house: Stage) -> None:
    house.wait(lambda: not house.agent().is_present, 30, "an agent who is off the floor")


def nobody_is_rung_and_nothing_missed(house: Stage, number: str) -> None:
    """A caller comes while she is gone: no phone rings, nothing is held against her, and she is shown as not there."""
    before = len(house.rows(Offer))
    with house.phones(patient(number, PATIENCE)):
        house.wait(lambda: house.call(number, status=CallStatus.WAITING), 60, "a caller in line")
        with contextlib.suppress(AssertionError):
            house.wait(lambda: len(house.rows(Offer)) > before, 4, "an offer")
    after = house.rows(Offer)
    assert len(after) == before
    assert not [offer for offer in after if offer.state is OfferState.MISSED]
    assert (house.agent().status, house.agent().state) == (AgentStatus.AVAILABLE, AgentState.IDLE)


def test_a_closed_page_takes_its_agent_off_the_floor(agent: AgentPhone, house: Stage, supervisor: Supervisor) -> None:
    house.wait(lambda: "Idle" in supervisor.tile("1001"), 20, "an idle agent on the floor")
    agent.page.close()
    is_off_the_floor(house)
    house.wait(lambda: "Phone not connected" in supervisor.tile("1001"), 20, "the words on the floor")
    nobody_is_rung_and_nothing_missed(house, "+8613900000051")


def test_signing_out_takes_its_agent_off_the_floor_and_the_other_window_leaves(agent: AgentPhone, house: Stage) -> None:
    other = agent.page.context.new_page()
    other.goto(f"{agent.url}/calls")
    other.click("text=退出")
    is_off_the_floor(house)
    expect(agent.page).to_have_url(AT_THE_DOOR)
    nobody_is_rung_and_nothing_missed(house, "+8613900000052")


@pytest.fixture
def shut_out(house: Stage) -> Iterator[Callable[[], None]]:
    """Shuts the agent out, and lets her in again at the end."""

    def do() -> None:
        with house.context.database.write() as session:
            service.deactivate(session, session.query(User).filter_by(login="lijing").one().id)

    yield do
    with house.context.database.write() as session:
        service.activate(session, session.query(User).filter_by(login="lijing").one().id)


def test_who_is_shut_out_is_off_the_floor_and_every_page_of_theirs_leaves(
    agent: AgentPhone, house: Stage, shut_out: Callable[[], None]
) -> None:
    other = agent.page.context.new_page()
    other.goto(f"{agent.url}/calls")  # a page without a stream
    shut_out()
    at = time.monotonic()
    expect(agent.page).to_have_url(AT_THE_DOOR)
    expect(other).to_have_url(AT_THE_DOOR)
    is_off_the_floor(house)
    house.wait(lambda: not house.agent().registered, 20, "a telephone that is not registered any more")
    print(f"out after {time.monotonic() - at:.1f} s")
    nobody_is_rung_and_nothing_missed(house, "+8613900000053")


def test_a_telephone_of_a_client_of_ones_own_is_put_down_and_its_token_is_worth_nothing(
    agent: AgentPhone, house: Stage, shut_out: Callable[[], None]
) -> None:
    csrf = agent.page.locator("#desk").get_attribute("data-csrf") or ""
    got = agent.page.request.post(f"{agent.url}/desk/token", headers={"X-CSRFToken": csrf, "Referer": agent.url})
    token, line = got.json()["token"], f"ws://127.0.0.1:{house.house.environment['EXCHANGE_PORT']}/phones"
    agent.page.close()

    async def story() -> None:
        async with PhoneClient(line, house.agent().address, token=token) as phone:
            await phone.registered()
            shut_out()
            assert await phone.until(lambda: not phone.is_registered, 60)
        async with PhoneClient(line, house.agent().address, token=token) as again:
            with pytest.raises(PhoneRefused):
                await again.registered()

    with ThreadPoolExecutor(1) as aside:  # the browser's driver has a loop of its own here
        aside.submit(asyncio.run, story()).result()


def test_who_is_shut_out_in_a_conversation_loses_it_and_the_caller_is_first_in_line(
    agent: AgentPhone, house: Stage, shut_out: Callable[[], None]
) -> None:
    number = "+8613900000057"
    with house.phones(patient(number, PATIENCE)):
        agent.answers()
        house.wait(lambda: house.call(number, status=CallStatus.TALKING), 30, "a conversation")
        shut_out()
        house.wait(lambda: house.call(number, status=CallStatus.WAITING), 60, "a caller in line again")
        expect(agent.page).to_have_url(AT_THE_DOOR)
        assert house.agent().state is not AgentState.TALKING


def test_a_page_that_crashes_in_mid_ring_has_missed_nothing(agent: AgentPhone, house: Stage) -> None:
    with house.phones(patient("+8613900000054", PATIENCE)):
        agent.rings()
        with contextlib.suppress(Error):
            agent.page.goto("chrome://crash", timeout=10_000)
        is_off_the_floor(house)
        house.wait(lambda: house.rows(Offer, Offer.state == OfferState.UNREACHABLE), 20, "an offer that reached nobody")
        assert house.agent().state is not AgentState.NOT_READY
    assert not house.rows(Offer, Offer.state == OfferState.MISSED)


def test_a_page_that_is_cut_off_is_off_the_floor_and_back_with_the_network(
    agent: AgentPhone, house: Stage, wire: Wire
) -> None:
    with wire.held():
        expect(agent.page.locator("#stalled")).to_be_visible(timeout=10_000)
        expect(agent.page.locator("#pulse")).to_have_attribute("data-state", "lost")
        is_off_the_floor(house)
        nobody_is_rung_and_nothing_missed(house, "+8613900000055")
        expect(agent.page.locator("body")).not_to_contain_text("漏接")
    expect(agent.page.locator("#stalled")).to_be_hidden(timeout=30_000)
    house.wait(lambda: house.agent().is_present, 30, "an agent who is back")
    expect(agent.page.locator("#pulse")).to_have_attribute("data-state", "live")


def test_a_page_that_stalls_in_mid_call_says_so_and_the_call_goes_on(
    agent: AgentPhone, house: Stage, wire: Wire
) -> None:
    page, number = agent.page, "+8613900000056"
    with house.phones(patient(number, PATIENCE)):
        agent.answers()
        expect(page.locator("#card")).to_contain_text("正在通话")
        with wire.held():
            expect(page.locator("#stalled")).to_be_visible(timeout=10_000)
            clock = page.locator("#card .count").first
            stands = clock.inner_text()
            page.click("#hold")
            expect(page.locator(".fault.beside")).to_contain_text(re.compile("没有及时回应|网络不通"))
            assert clock.inner_text() == stands
            expect(page.locator("body")).not_to_contain_text("漏接")
            is_off_the_floor(house)
            assert house.agent().state is AgentState.TALKING
        expect(page.locator("#stalled")).to_be_hidden(timeout=30_000)
        assert house.call(number, status=CallStatus.TALKING)
        agent.hangs_up()
        house.wait(lambda: house.agent().state is AgentState.IDLE, 60, "an agent after the call")
    assert not house.rows(Offer, Offer.state == OfferState.MISSED)


def test_a_server_that_stands_still_is_seen_on_every_live_page(house: Stage, supervisor: Supervisor) -> None:
    page = supervisor.page
    supervisor.expects_faults = True
    supervisor.sees_live()
    running = house.house.processes.processes["console"].running
    assert running is not None
    house.freeze("console")
    try:
        expect(page.locator("#stalled")).to_be_visible(timeout=10_000)
        expect(page.locator("#stalled")).to_have_attribute("role", "alert")
        expect(page.locator("#pulse")).to_have_text("Connection lost, reconnecting…")
    finally:
        os.killpg(running.pid, signal.SIGCONT)
    expect(page.locator("#stalled")).to_be_hidden(timeout=40_000)
    supervisor.sees_live()


def test_of_two_windows_the_newer_has_the_telephone_and_the_older_can_take_it_back(
    agent: AgentPhone, house: Stage
) -> None:
    older, newer = in_two_windows(agent)
    expect(older.page.locator("#elsewhere")).to_contain_text("另一个窗口")
    older.phone_is("offline")
    older.page.click("#take-over")
    older.phone_is("idle")
    expect(newer.page.locator("#elsewhere")).to_be_visible()
    house.wait(lambda: house.agent().is_present, 20, "an agent who is there")
    older.page.close()
    newer.phone_is("idle")
    house.wait(lambda: house.agent().is_present, 20, "an agent who is there in the other window")


def in_two_windows(agent: AgentPhone) -> tuple[AgentPhone, AgentPhone]:
    """Her older window, which gave the telephone up, and the newer one, which has it."""
    newer = agent.second_window()
    newer.phone_is("idle")
    expect(agent.page.locator("#elsewhere")).to_be_visible()
    return agent, newer


def has_taken_over(older: AgentPhone, newer: AgentPhone) -> None:
    """The older window has the telephone, and the newer one says so."""
    expect(newer.page.locator("#elsewhere")).to_be_visible()
    older.phone_is("idle")
    expect(older.page.locator("#elsewhere")).to_be_hidden()


def test_an_answer_from_before_does_not_undo_what_was_taken_over(agent: AgentPhone) -> None:
    older, newer = in_two_windows(agent)
    asked: list[tuple[Route, APIResponse]] = []
    older.page.route("**/presence", lambda route: asked.append((route, route.fetch())))
    while not asked:  # the page asks every other second
        older.page.wait_for_timeout(100)
    older.page.click("#take-over")
    older.phone_is("idle")
    for route, answer in asked:
        route.fulfill(response=answer)
    older.page.unroute("**/presence")
    has_taken_over(older, newer)


def test_an_answer_on_the_way_does_not_undo_what_is_being_taken_over(agent: AgentPhone) -> None:
    older, newer = in_two_windows(agent)
    tokens: list[Route] = []
    asked: list[str] = []

    def elsewhere(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "phone": "elsewhere"})
        asked.append(route.request.post_data or "")

    older.page.route("**/desk/token", lambda route: tokens.append(route))
    older.page.route("**/presence", elsewhere)
    older.page.click("#take-over")
    while not (tokens and any("phone=connecting" in each for each in asked)):
        older.page.wait_for_timeout(100)
    older.page.unroute("**/presence")
    tokens[0].continue_()
    has_taken_over(older, newer)


def test_every_page_without_the_telephone_says_so_and_leads_to_it(agent: AgentPhone, house: Stage) -> None:
    page = agent.page
    for path in ("/", "/calls"):
        page.goto(f"{agent.url}{path}")
        expect(page.locator("#presence")).to_contain_text("电话未连接", timeout=20_000)
    is_off_the_floor(house)
    page.click("#connect")
    agent.phone_is("idle")
    expect(page.locator("#presence")).to_be_hidden(timeout=20_000)
    house.wait(lambda: house.agent().is_present, 20, "an agent who is there")
