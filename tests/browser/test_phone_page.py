"""The exchange's own telephone for browsers: sound and keys pass whole, and no call outlives its page."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from exchange.media.audio import FRAME_BYTES
from exchange.media.dtmf import DtmfDetector
from tests.browser.telephony import NUMBER, Exchange, purity_db
from tests.support.servers import wait_for

PHONE = {"width": 390, "height": 844}
OWN = "+8613900000077"
NARROW_AND_WIDE = [PHONE, {"width": 1280, "height": 800}]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One exchange for all tests of this file; telephones need its token, visitors of this machine are let in."""
    running = Exchange(tmp_path_factory.mktemp("exchange"), silent_seconds=3.0)
    yield running
    running.close()


class DialPad:
    """Someone at the page."""

    def __init__(self, page: Page, exchange: Exchange) -> None:
        """Open the page and wait until its telephone is registered."""
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"{exchange.url}/phone?address={OWN.replace('+', '%2B')}&processing=off")
        self.is_in("idle")

    def is_in(self, state: str, seconds: float = 60) -> None:
        expect(self.page.locator("#phone")).to_have_attribute("data-state", state, timeout=1000 * seconds)

    def meters(self, which: str, claim: str) -> None:
        """Wait for what a meter shows."""
        # Asked from outside: the page's own policy lets nobody evaluate anything in it.
        wait_for(
            lambda: self.page.evaluate(f"document.getElementById('{which}').value {claim}"), 10, f"{which} {claim}"
        )

    def dials(self, number: str = NUMBER) -> None:
        self.page.fill("#to", number)
        self.page.keyboard.press("Enter")


@pytest.fixture
def window() -> dict[str, Any]:
    """The browser's window; a test may ask for another one."""
    return {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def pad(talker: Browser, exchange: Exchange, window: dict[str, Any]) -> Iterator[DialPad]:
    """A page with its telephone registered; in the end nothing may have gone wrong in it."""
    context = talker.new_context(**window)
    opened = DialPad(context.new_page(), exchange)
    yield opened
    assert not opened.complaints
    context.close()
    wait_for(lambda: not exchange.calls(status="in-progress") and exchange.phones() == 0, 20, "a quiet exchange")


def test_the_microphone_is_recorded_at_the_callees_leg_with_tone_and_keys_intact(
    pad: DialPad, exchange: Exchange
) -> None:
    with exchange.callee():
        pad.dials()
        pad.is_in("talking")
        callee = exchange.call(to="client:callee", status="in-progress")
        exchange.rest("POST", f"/Calls/{callee['sid']}/Recordings.json", RecordingChannels="dual")
        pad.meters("said", "> 0.7")
        expect(pad.page.locator("#clock")).to_have_text(re.compile("0:(0[4-9]|[1-5])"))
        for key in "159#":
            pad.page.keyboard.press(key)
        expect(pad.page.locator("#clock")).to_have_text(re.compile("0:(0[6-9]|[1-5])"))
        pad.page.keyboard.press("Escape")
        pad.is_in("idle")
    _said, heard = exchange.sound(callee["sid"])
    # A pause of a busy machine in the middle of a key leaves a hole in the recording, hence its two halves.
    assert [key for key, _parts in groupby(keys_in(heard))] == list("159#")
    # A machine that is busy with other things may lose a frame: one whole second without a flaw is asked for.
    seconds = [heard[at : at + 8000] for at in range(4000, 28_000, 2000)]
    best = max(seconds, key=lambda second: purity_db(second, 1000))
    assert purity_db(best, 1000) > 40
    frames = best.reshape(-1, 160).astype(float)
    assert np.sqrt((frames**2).mean(axis=1)).min() > 3000, "a gap in the tone"


def keys_in(samples: "np.ndarray[Any, Any]") -> str:
    detector, sound = DtmfDetector(), samples.astype("<i2").tobytes()
    frames = [sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)]
    return "".join(key for key in map(detector.feed, frames) if key)


def test_what_the_line_says_is_heard_and_shown(pad: DialPad, exchange: Exchange) -> None:
    exchange.pages["/voice"] = "<Gather timeout='20'><Say language='en-US'>For a booking, press one.</Say></Gather>"
    pad.dials()
    pad.is_in("talking")
    expect(pad.page.locator("#caption")).to_have_text("For a booking, press one.")
    pad.meters("heard", "> 0.3")
    pad.page.click("#stop")
    pad.is_in("idle")
    expect(pad.page.locator("#state")).to_have_text("通话已结束")


def test_muting_sends_silence_and_keys_still_work(pad: DialPad, exchange: Exchange) -> None:
    exchange.pages["/voice"] = "<Gather numDigits='1' timeout='30' action='/pressed'/>"
    exchange.pages["/pressed"] = "<Say language='en-US'>Thank you</Say><Pause length='20'/>"
    pad.dials()
    pad.is_in("talking")
    pad.meters("said", "> 0.7")
    pad.page.keyboard.press("m")
    expect(pad.page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    expect(pad.page.locator("#state")).to_have_text("已静音")
    pad.meters("said", "< 0.1")
    pad.page.click("#keypad button:has-text('7')")
    expect(pad.page.locator("#caption")).to_have_text("Thank you")
    pad.page.keyboard.press("Escape")
    pad.is_in("idle")


def test_a_page_that_is_loaded_again_leaves_no_call_behind(pad: DialPad, exchange: Exchange) -> None:
    exchange.pages["/voice"] = "<Pause length='60'/>"
    pad.dials()
    pad.is_in("talking")
    sid = exchange.call(status="in-progress")["sid"]
    pad.page.reload()
    pad.is_in("idle")
    assert exchange.rest("GET", f"/Calls/{sid}.json")["status"] == "completed"
    assert exchange.phones() == 1


@contextlib.contextmanager
def asleep(browser: Browser) -> Iterator[None]:
    """Nothing in any page moves, as when a machine sleeps; the browser itself still answers the network."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [int(each["id"]) for each in processes if each["type"] == "renderer"]
    assert renderers
    for renderer in renderers:
        os.kill(renderer, signal.SIGSTOP)
    try:
        yield
    finally:
        for renderer in renderers:
            os.kill(renderer, signal.SIGCONT)


def test_a_page_that_sleeps_is_hung_up_and_is_a_telephone_again_when_it_wakes(
    pad: DialPad, exchange: Exchange, talker: Browser
) -> None:
    exchange.pages["/voice"] = "<Pause length='60'/>"
    pad.dials()
    pad.is_in("talking")
    sid = exchange.call(status="in-progress")["sid"]
    with asleep(talker):
        wait_for(lambda: exchange.rest("GET", f"/Calls/{sid}.json")["status"] == "completed", 25, "the end of the call")
    pad.is_in("idle")
    exchange.rest("POST", "/Messages.json", To=OWN, From=NUMBER, Body="醒了")
    expect(pad.page.locator("#messages li")).to_contain_text("醒了")


def test_a_call_to_the_page_rings_and_is_answered_with_the_keyboard(pad: DialPad, exchange: Exchange) -> None:
    twiml = "<Response><Pause length='60'/></Response>"
    exchange.rest("POST", "/Calls.json", To=OWN, From=NUMBER, Twiml=twiml)
    pad.is_in("ringing")
    expect(pad.page.locator("#who")).to_have_text(NUMBER)
    expect(pad.page.locator("#state")).to_contain_text("第 2 声")
    expect(pad.page.locator("#go")).to_be_focused()
    assert NUMBER in pad.page.title()
    pad.page.keyboard.press("Enter")
    pad.is_in("talking")
    exchange.call(to=OWN, status="in-progress")
    pad.page.keyboard.press("Escape")
    pad.is_in("idle")


def test_a_call_that_nobody_can_take_is_explained(pad: DialPad) -> None:
    pad.dials("+8613000000000")
    expect(pad.page.locator("#state")).to_have_text("无法接通")
    pad.is_in("idle")


def test_text_messages_are_shown(pad: DialPad, exchange: Exchange) -> None:
    expect(pad.page.locator("#none")).to_be_visible()
    exchange.rest("POST", "/Messages.json", To=OWN, From=NUMBER, Body="明天上午九点，三号楼二层。<b>")
    message = pad.page.locator("#messages li")
    expect(message).to_contain_text("明天上午九点，三号楼二层。<b>")
    expect(message).to_contain_text(NUMBER)
    expect(pad.page.locator("#none")).to_be_hidden()


@pytest.mark.parametrize("window", [{"locale": "en-US", "viewport": size} for size in NARROW_AND_WIDE])
def test_the_page_speaks_both_languages_and_fits_every_window(pad: DialPad, window: dict[str, Any]) -> None:
    expect(pad.page.locator("#state")).to_have_text("Ready to dial")
    expect(pad.page.locator("#go")).to_have_attribute("aria-label", "Call")
    pad.page.click("text=中文")
    expect(pad.page.locator("#state")).to_have_text("可以拨号")
    assert pad.page.locator("html").get_attribute("lang") == "zh-CN"
    assert pad.page.evaluate("document.documentElement.scrollWidth") == window["viewport"]["width"]
    pad.page.reload()
    expect(pad.page.locator("#state")).to_have_text("可以拨号")
