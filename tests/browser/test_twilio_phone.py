"""The telephone at Twilio: the same outside as ours, on Twilio's real browser SDK, as far as it goes without Twilio."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from hotline import clock
from hotline.context import AppContext, open_context
from hotline.models import Agent
from hotline.values.states.agent import AgentStatus
from tests.browser.conftest import Server
from tests.conftest import make_settings
from tests.support.morning import Morning, morning
from tests.support.person import Person

# What a class has of its own and gets from the class below, without what the language itself puts there.
OUTSIDE = """async (files) => {
    const names = (kind) => {
        const found = new Set();
        for (let each = kind.prototype; each !== EventTarget.prototype; each = Object.getPrototypeOf(each)) {
            for (const name of Object.getOwnPropertyNames(each)) found.add(name);
        }
        return [...found].sort();
    };
    const [ours, theirs] = await Promise.all(files.map((file) => import(file)));
    return [names(ours.Phone), names(theirs.TwilioPhone)];
}"""


@pytest.fixture
def context(tmp_path: Path, sqlite_url: str, redis_server: str) -> Iterator[AppContext]:
    """Resources of a house whose provider is Twilio."""
    key = {"twilio_api_key": "SK" + "0" * 32, "twilio_api_secret": SecretStr("the secret of an API key, long enough")}
    opened = open_context(make_settings(tmp_path, sqlite_url, redis_server, **key))
    opened.notifier.redis.flushdb()
    yield opened
    opened.close()


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows; the agent has not begun work."""
    rows = morning(context, clock.now())
    with context.database.write() as session:
        session.get_one(Agent, rows.agents["N01"].id).status = AgentStatus.OFFLINE
    return rows


def test_both_telephones_have_the_same_outside(person: Person) -> None:
    person.sign_in("agent")
    ours, theirs = person.page.evaluate(OUTSIDE, ["/desk/phone/phone.js", "/desk/phone/twilio-phone.js"])
    assert ours == theirs
    assert {"connect", "prepare", "dial", "answer", "reject", "hangUp", "press", "mute", "close"} <= set(ours)


def test_the_page_loads_twilios_sdk_and_says_when_twilio_cannot_be_reached(chromium: Browser, server: Server) -> None:
    with Person.at(chromium, server.url, offline=False) as person:
        person.sign_in("agent")
        person.open("/desk")
        assert person.page.evaluate("typeof Twilio.Device") == "function"
        person.page.route("**/*.twilio.com/**", lambda route: route.abort())
        person.expects_faults = True  # the browser itself notes that Twilio cannot be reached
        person.page.click("[name=status][value=available]")
        expect(person.page.locator("#desk")).to_have_attribute("data-phone", "connecting")
        expect(person.page.locator("#no-line")).to_be_visible()
        person.page.click("[name=status][value=offline]")
        expect(person.page.locator("#desk")).to_have_attribute("data-phone", "offline")
        policy = person.page.evaluate("fetch('/desk').then((page) => page.headers.get('Content-Security-Policy'))")
        assert "connect-src 'self' https://*.twilio.com wss://*.twilio.com" in policy
