"""A house for whole calls: an exchange, an application behind it, and telephones, on real sockets in one loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from aiohttp import web
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from exchange.core.config import from_values
from exchange.phone.client import PhoneClient
from exchange.phone.phone_call import CallStage, PhoneCall
from exchange.server.server import Exchange, running
from exchange.webhooks.webhook import signature

ACCOUNT, TOKEN = "AC" + "0" * 32, "secret-of-the-tests"
NUMBER = "+861012345"
# Only a fault lasts so long: a busy machine takes its time, and what comes true is not waited for any longer.
PATIENCE_SECONDS = 90.0
Page = str | Callable[[dict[str, str]], str]


@dataclass
class Seen:
    """One request the application got."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    is_signed: bool


@dataclass
class Application:
    """Answers TwiML from its pages and remembers what it was asked."""

    pages: dict[str, Page]
    seen: list[Seen] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    url: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        params = form or dict(request.query)
        signed = signature(TOKEN, str(request.url), form) == request.headers.get("X-Twilio-Signature")
        self.seen.append(Seen(request.path, params, dict(request.headers), signed))
        self.changed.set()
        if request.path in self.missing:
            return web.Response(status=404)
        if request.path in self.files:
            return web.Response(body=self.files[request.path], content_type="audio/wav")
        page = self.pages.get(request.path, "")
        body = page(params) if callable(page) else page
        return web.Response(text=f"<Response>{body}</Response>", content_type="text/xml")

    def asked(self, path: str) -> list[dict[str, str]]:
        return [seen.params for seen in self.seen if seen.path == path]

    async def until(self, is_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until what the application was told makes this true."""
        async with asyncio.timeout(seconds):
            while not is_true():
                self.changed.clear()
                await self.changed.wait()


@dataclass
class House:
    """Everything one story needs."""

    exchange: Exchange
    app: Application
    client: Client

    def phone(self, address: str, token: str = "") -> PhoneClient:
        return PhoneClient(f"ws://127.0.0.1:{self.exchange.port}/phones", address, token=token, keeps_sound=True)

    async def rest(self, work: Callable[[], Any]) -> Any:
        """Something done with Twilio's own library, which blocks."""
        return await asyncio.to_thread(work)


Story = Callable[[House], Awaitable[None]]


def share_speech(folder: Path) -> None:
    """What was spoken in one test need not be spoken again in the next, nor the model of speech be put together."""
    folder.mkdir(exist_ok=True)
    for name in ("speech", "whisper-base"):
        shared = folder.parent / name
        shared.mkdir(exist_ok=True)
        (folder / name).symlink_to(shared)


class Tell(Protocol):
    """Runs a story in a house with these pages."""

    def __call__(self, story: Story, pages: dict[str, Page], phone_token: str = "") -> None: ...


@contextlib.asynccontextmanager
async def opened(folder: Path, pages: dict[str, Page], **more: Any) -> AsyncIterator[House]:
    """An exchange with these settings besides the usual ones, and the application behind its number."""
    share_speech(folder)
    app = Application(pages)
    web_app = web.Application()
    web_app.router.add_route("*", "/{path:.*}", app.answer)
    runner = web.AppRunner(web_app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "port": 0,
        "data_dir": str(folder),
        "ring_seconds": 0.3,
        "numbers": [{"number": NUMBER, "voice_url": f"{app.url}/voice", "status_callback": f"{app.url}/status"}],
        **more,
    }
    try:
        async with running(from_values(config)) as exchange:
            client = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(pool_connections=False))
            client.api.base_url = f"http://127.0.0.1:{exchange.port}"
            yield House(exchange, app, client)
    finally:
        await runner.cleanup()


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Run a story in a house of its own."""

    def run(story: Story, pages: dict[str, Page], phone_token: str = "") -> None:
        async def whole() -> None:
            async with asyncio.timeout(4 * PATIENCE_SECONDS), opened(tmp_path, pages, phone_token=phone_token) as house:
                await story(house)

        asyncio.run(whole())

    return run


async def until(is_true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look every few milliseconds whether it has come true, where nobody tells of changes."""
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.01)


async def until_over(call: PhoneCall) -> None:
    """Wait for the end of a call."""
    await until(lambda: call.stage is CallStage.OVER)


@contextlib.asynccontextmanager
async def saying(phone: PhoneClient, pcm: bytes, call: PhoneCall) -> AsyncIterator[None]:
    """It speaks all the while, so that nothing depends on how long the others take to hear it."""
    talking = asyncio.create_task(phone.say(pcm * 60, call))
    try:
        yield
    finally:
        talking.cancel()
        await asyncio.wait({talking})
        call.to_say.clear()


def loudest(pcm: bytes) -> float:
    """The strongest frequency in hertz, 0 where nothing was heard yet."""
    if not pcm:
        return 0.0
    samples = np.frombuffer(pcm, dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 8000 / len(samples))


def is_tone(pcm: bytes, hertz: float) -> bool:
    """Whether this frequency is the strongest."""
    return abs(loudest(pcm) - hertz) < 5


def hears(sound: bytearray, hertz: float) -> bool:
    """Whether the last half second is this tone, in both its halves."""
    last = bytes(sound[-8000:])
    return len(last) == 8000 and is_tone(last[:4000], hertz) and is_tone(last[4000:], hertz)
