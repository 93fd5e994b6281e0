"""Headless Chromium, and the staff pages served as in production."""

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from pydantic import SecretStr

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_context
from tests.browser.pages import Nursery
from tests.browser.telephony import tone_file
from tests.conftest import make_settings
from tests.support.morning import Morning, morning
from tests.support.person import Person
from tests.support.servers import free_port, wait_for

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
# The last list counts, so it names what Playwright turns off too. The first three: a second page for each address bar.
OFF = [
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"),
    *("HttpsUpgrades", "MediaRouter", "OptimizationHints", "PaintHolding", "ThirdPartyStoragePartitioning"),
]
FLAGS = [
    f"--disable-features={','.join(OFF)}",
    "--no-sandbox",
    "--headless=new",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
# What is expected is waited for, not timed: a machine may be slow.
expect.set_options(timeout=60_000)
MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers, once per run: there can be one only."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it (Debian: apt-get install chromium) or name it in CHROMIUM")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The browser, once per run."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def talker(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears a tone of 1000 Hz."""
    voice = tone_file(tmp_path_factory.mktemp("voice") / "tone.wav")
    flags = [*FLAGS, *MICROPHONE, f"--use-file-for-fake-audio-capture={voice}"]
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
    yield browser
    browser.close()


@pytest.fixture
def context(tmp_path: Path, sqlite_url: str, redis_server: str) -> Iterator[AppContext]:
    """Open resources on a fresh SQLite database, shared with the server."""
    opened = open_context(make_settings(tmp_path, sqlite_url, redis_server))
    opened.notifier.redis.flushdb()
    yield opened
    opened.close()


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows."""
    return morning(context, clock.now())


class Server:
    """The staff pages in a process that can be ended and started again at the same address."""

    def __init__(self, nursery: Nursery, settings: Settings, log: Path) -> None:
        """Serve for `settings`; what the server says goes to `log`."""
        self._nursery = nursery
        self._settings = settings
        self._log = log
        self._address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self._address}"
        self._process = 0

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = self._nursery.born(self._address, self._environment(), self._log)
        wait_for(self._answers, 60, f"the staff pages; see {self._log}")

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._nursery.end(self._process)
            self._process = 0

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()  # noqa: S310 (our own server)
        except (urllib.error.URLError, OSError):
            return False
        return True

    def _environment(self) -> dict[str, str]:
        pairs = ((name.upper(), value) for name, value in self._settings if value is not None)
        return {name: value.get_secret_value() if isinstance(value, SecretStr) else str(value) for name, value in pairs}


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where the servers of the staff pages come from."""
    made = Nursery(tmp_path_factory.mktemp("compiled"))
    yield made
    made.close()


@pytest.fixture
def server(nursery: Nursery, context: AppContext, made: Morning, tmp_path: Path) -> Iterator[Server]:  # noqa: ARG001 (its rows are needed)
    """The running staff pages."""
    log = tmp_path / "gunicorn.log"
    running = Server(nursery, context.settings, log)
    running.start()
    yield running
    told = log.read_text("utf-8")  # a quick end may tell of what it broke off
    running.stop()
    assert "Traceback" not in told


@pytest.fixture
def person(chromium: Browser, server: Server) -> Iterator[Person]:
    """Someone in front of a wide screen whose browser speaks Chinese."""
    with Person.at(chromium, server.url) as someone:
        yield someone
        someone.saw_no_faults()
