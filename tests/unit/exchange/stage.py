"""A stage for sequences: an exchange whose clock is stepped by hand, telephones and an application without sockets."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from exchange.calls.call_details import StatusCallback
from exchange.calls.conference.conference import Conferences
from exchange.calls.journal import Journal
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import CallParties, LegRegistry
from exchange.calls.line import LineListener, TelephoneLine
from exchange.calls.queue import CallQueues
from exchange.calls.recording.store import RecordingStore
from exchange.core.config import Config, NumberConfig, WebhookLimits
from exchange.core.errors import WebhookError
from exchange.flow.call_flow import Goto, Inline
from exchange.flow.context import ExchangeContext
from exchange.media.audio import FRAME_SECONDS, SILENCE, frames
from exchange.media.clock import Ticker
from exchange.media.tones import tone
from exchange.server.server import stop_recordings
from exchange.verbs.switch import Switch
from exchange.webhooks.sound_cache import SoundCache
from exchange.webhooks.webhook import CONNECTION, WebhookClient, WebhookRequest, WebhookResponse, WebhookTarget

ACCOUNT = "AC" + "1" * 32
HOSPITAL = "+861012345"
SITE = "http://app.test"
Params = Mapping[str, str]
Page = str | WebhookResponse | Callable[[Params], str]
SETTLE = 12


class Telephone:
    """A telephone in the hand of the test; it knows what it was told, and speaks the frames it is given."""

    shows_texts = True
    rings_late = False

    def __init__(self, address: str) -> None:
        self.address = address
        self.told: list[tuple[str, dict[str, object]]] = []
        self.traced: list[tuple[str, dict[str, object]]] = []
        self.answerer: LineListener | None = None
        self.saying: list[bytes] = []
        self.heard: list[bytes] = []

    def seize(self, answerer: LineListener) -> bool:
        if self.answerer:
            return False
        self.answerer = answerer
        return True

    def release(self) -> None:
        self.answerer = None

    def take(self) -> bytes:
        return self.saying.pop(0) if self.saying else SILENCE

    def give(self, frame: bytes) -> None:
        self.heard.append(frame)

    def tell(self, event: str, **fields: object) -> None:
        (self.traced if event == "trace" else self.told).append((event, fields))

    def say(self, pcm: bytes) -> None:
        self.saying += list(frames(pcm))

    def answer(self) -> None:
        assert self.answerer
        self.answerer.on_answer()

    def hang_up(self) -> None:
        assert self.answerer
        self.answerer.on_hang_up()

    def events(self, name: str) -> list[dict[str, object]]:
        return [fields for event, fields in self.told if event == name]

    def traces(self, name: str) -> list[dict[str, object]]:
        """What it was shown of the exchange's work under that name."""
        return [fields for _, fields in self.traced if fields["name"] == name]

    @property
    def rings(self) -> int:
        return len(self.events("ring"))

    @property
    def prompts(self) -> list[str]:
        """What began to be said or played, in order."""
        return [str(each.get("text") or each.get("url")) for each in self.events("prompt") if each["state"] == "start"]

    @property
    def ended(self) -> str:
        return str(self.events("ended")[-1]["reason"]) if self.events("ended") else ""

    @property
    def hears_now(self) -> bytes:
        return self.heard[-1] if self.heard else SILENCE


class App:
    """The application: pages by path, and what was asked in order."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[WebhookRequest] = []
        self.failures: dict[str, list[int]] = {}

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        self.requests.append(request)
        path = urlsplit(request.url).path
        failing = self.failures.get(path, [])
        status = failing.pop(0) if failing else 200
        if status == 0:
            raise WebhookError(CONNECTION, "refused", request.url)
        page = self.pages.get(path, "")
        if isinstance(page, WebhookResponse):
            return page
        body = page(dict(parse_qsl(urlsplit(request.url).query)) | dict(request.params)) if callable(page) else page
        return WebhookResponse(
            status, {"Content-Type": "text/xml"}, f"<Response>{body}</Response>".encode(), request.url
        )

    def asked(self, path: str) -> list[Params]:
        return [
            dict(parse_qsl(urlsplit(each.url).query)) | dict(each.params)
            for each in self.requests
            if urlsplit(each.url).path == path
        ]


class Speech:
    """Speaks every text as half a second of a tone."""

    async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:  # noqa: ARG002 - nor does the voice
        return tone([700], 0.5 / rate)


class Hearing:
    """Ears that hear what the test says they hear."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.asked: list[tuple[float, str, tuple[str, ...]]] = []
        self.most_at_once = self._now = 0

    def warm_up(self) -> None:
        """It is warm."""

    async def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        self.asked.append((len(pcm) / 16_000, language, tuple(phrases)))
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        text = self.answers.pop(0) if self.answers else ""
        return text, 0.9 if text else 0.0


class Wire:
    """A WebSocket whose other end is in the hand of the test."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.is_closed = False
        self._coming: asyncio.Queue[str | None] = asyncio.Queue()

    async def send(self, text: str) -> None:
        self.got.append(json.loads(text))

    async def receive(self) -> str | None:
        return await self._coming.get()

    async def close(self) -> None:
        self.is_closed = True

    def put(self, message: object) -> None:
        """The application sends something; None closes."""
        self._coming.put_nowait(None if message is None else json.dumps(message))

    def events(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.got if each["event"] == name]


class Wires:
    """All WebSockets that were opened."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, Mapping[str, str]]] = []
        self.wires: list[Wire] = []
        self.is_down = False

    async def open(self, url: str, headers: Mapping[str, str]) -> Wire:
        if self.is_down:
            raise WebhookError(31920, "handshake failed", url)
        self.opened.append((url, headers))
        self.wires.append(Wire())
        return self.wires[-1]


class Stage:
    """One exchange under the test's hand."""

    def __init__(self, folder: Path, ring_seconds: float = 5.0) -> None:
        self.app = App()
        self.telephones: dict[str, Telephone] = {}
        self.hearing = Hearing()
        self.sockets = Wires()
        number = NumberConfig(
            HOSPITAL, f"{SITE}/voice", fallback_url=f"{SITE}/fallback", status_callback=f"{SITE}/status"
        )
        config = Config(ACCOUNT, "token", data_dir=folder, ring_seconds=ring_seconds, numbers=(number,))
        ticker = Ticker()
        webhooks = WebhookClient(self.app, WebhookLimits(), config.auth_token)
        self.journal = Journal(folder / "calls.jsonl")
        legs = LegRegistry(config, ticker, webhooks, self.journal)
        recordings = RecordingStore(folder / "recordings", ticker, ACCOUNT, lambda: "http://exchange.test")
        legs.on_end.append(stop_recordings)
        self.context = ExchangeContext(
            config=config,
            ticker=ticker,
            webhooks=webhooks,
            synthesiser=Speech(),
            sounds=SoundCache(webhooks, ticker),
            directory=self,
            recogniser=self.hearing,
            sockets=self.sockets,
            legs=legs,
            queues=CallQueues(ticker),
            conferences=Conferences(ticker, ACCOUNT, self._report),
            recordings=recordings,
        )
        recordings.report = self._report
        self.switch = Switch(self.context)

    def _report(self, order: str, callback: StatusCallback, params: dict[str, str]) -> None:
        self.context.report(order, callback, params)

    def find(self, address: str) -> TelephoneLine | None:
        return self.telephones.get(address)

    def listed(self) -> list[tuple[str, str | None, str]]:
        return [(address, address, "") for address in self.telephones]

    def telephone(self, address: str) -> Telephone:
        return self.telephones.setdefault(address, Telephone(address))

    async def passes(self, seconds: float) -> None:
        """Let so much time pass, frame by frame."""
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.context.tick()
            await self.settles()

    async def settles(self) -> None:
        """Let everything happen that needs no time."""
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined] # what the loop would run next
        for _ in range(SETTLE):
            if not ready:
                return
            await asyncio.sleep(0)

    async def dials(self, address: str = "+8613800000001", to: str = HOSPITAL) -> tuple[Telephone, CallLeg]:
        """Somebody calls."""
        telephone = self.telephone(address)
        leg = self.switch.inbound(telephone, to)
        assert leg
        await self.passes(0.1)
        return telephone, leg

    async def calls(self, address: str, twiml: str = "", seconds: float = 60, events: str = "completed") -> CallLeg:
        """REST calls somebody; without TwiML the page `/out` is asked."""
        ends = CallParties(
            HOSPITAL, address, "outbound-api", callback=StatusCallback(f"{SITE}/calls", "POST", tuple(events.split()))
        )
        leg = self.switch.originate(ends, document(twiml) if twiml else Goto(WebhookTarget(f"{SITE}/out"), {}), seconds)
        await self.passes(0.1)
        return leg

    async def redirects(self, leg: CallLeg, twiml: str) -> None:
        self.switch.redirect(leg, document(twiml))
        await self.passes(0.1)


def document(twiml: str) -> Inline:
    return Inline(f"<Response>{twiml}</Response>".encode())


Story = Callable[[Stage], Awaitable[None]]


def play(story: Story, folder: Path, ring_seconds: float = 5.0) -> None:
    """Run one story; a fault in any call's work fails it."""

    async def whole() -> None:
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        stage = Stage(folder, ring_seconds)
        with closing(stage.journal):
            await story(stage)
            for leg in list(stage.context.legs.active.values()):
                leg.end()
            await stage.settles()
            await stage.settles()
        assert not faults

    asyncio.run(whole())
