"""Puts the exchange together and serves it: telephones, REST and health on one port, and the media clock beside."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from exchange import clock, deliver, forms, hear
from exchange.aftermath import Aftermath
from exchange.call import Leg
from exchange.clock import Ticker, wall_clock
from exchange.conference import Conferences
from exchange.config import Config
from exchange.decoder import Decoder
from exchange.journal import Journal
from exchange.legs import Legs
from exchange.mapping import Mapped, MappedSockets
from exchange.media import Media
from exchange.office import Office, trace_recording
from exchange.pages import Pages
from exchange.phones import PhoneLine, Phones
from exchange.queue import Queues
from exchange.recorder import Recordings
from exchange.recording import Recording
from exchange.rest import ROUTES, api
from exchange.sip.door import opened
from exchange.speak import Speaker
from exchange.status import Callback, CallStatus
from exchange.switch import Switch
from exchange.texts import Texts
from exchange.tokens import Admission
from exchange.transport import HttpTransport
from exchange.webhook import Webhooks

log = structlog.get_logger(__name__)
FAREWELL_SECONDS = 5.0


class Exchange:
    """One running exchange; `port` is known once it is up."""

    def __init__(self, config: Config, transport: HttpTransport) -> None:
        self.config = config
        self.port = config.port
        self.sip_port = 0
        self.lateness: deque[float] = deque(maxlen=3000)
        ticker = Ticker(wall_clock)
        webhooks = Webhooks(Mapped(transport, config.map), config.webhook, config.auth_token)
        self.speaker = Speaker(config.data_dir / "speech", config.voices)
        self.decoder = Decoder()
        self.journal = Journal(config.data_dir / "calls.jsonl")
        self.ears = hear.best(config.data_dir / "whisper-base")
        legs = Legs(config, ticker, webhooks, self.journal)
        admission = Admission(config.phone_token, config.auth_token, ticker.now)
        self.phones = Phones(admission, self._dial, config.silent_seconds)
        self.pages = Pages(config, admission)
        self.office = Office(
            config=config,
            ticker=ticker,
            webhooks=webhooks,
            voice=self.speaker,
            media=Media(webhooks, ticker, self.decoder.sound),
            directory=self.phones,
            ears=self.ears,
            sockets=MappedSockets(transport, config.map),
            legs=legs,
            queues=Queues(ticker),
            conferences=Conferences(ticker, config.account_sid, self._report),
            recordings=Recordings(config.data_dir / "recordings", ticker, config.account_sid, self.url),
        )
        self.office.recordings.report = self._report
        self.office.recordings.write_aside()
        self.office.use(Aftermath(config.data_dir / "owed.jsonl", config.account_sid))
        self.office.texts = Texts(config.data_dir / "messages.jsonl")
        self.office.tokens = self.phones
        self.phones.on_register = lambda line: deliver.hand_over(self.office, line)
        legs.on_end.append(stop_recordings)
        self.switch = Switch(self.office)

    def url(self) -> str:
        """The address by which others reach this exchange."""
        return self.config.public_url.rstrip("/") or f"http://{self.config.host}:{self.port}"

    def restore(self) -> None:
        """Finish what a killed exchange left behind."""
        self.office.recordings.load()
        self.office.legs.restore(self.journal.known(), self.journal.last_alive)
        deliver.resume(self.office)
        self.office.aftermath.tell(self.office.webhooks, self.office.ticker.now())

    def application(self) -> web.Application:
        app = web.Application(client_max_size=forms.LARGEST_BYTES)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/phones", self.phones.serve)
        self.pages.mount(app)
        api.mount(app, self.switch, ROUTES)
        return app

    async def warm_up(self) -> None:
        """Begin the processes beside this one before the first caller needs them."""
        await self.speaker.warm_up()
        await self.decoder.warm_up()

    async def close(self) -> None:
        """Hang up whatever is up, tell the applications, stop the synthesiser."""
        for leg in list(self.office.legs.active.values()):
            leg.end(None if leg.is_up else CallStatus.FAILED)
        # First, for nobody is left to hear what they still work at.
        self.speaker.close()
        self.decoder.close()
        await self.office.webhooks.drain(FAREWELL_SECONDS)
        self.ears.close()
        self.journal.close()
        self.office.aftermath.retire()
        self.office.recordings.close()

    def _dial(self, line: PhoneLine, to: str, own: dict[str, str]) -> None:
        if self.switch.inbound(line, to, own) is None:
            line.tell("error", code=31486, message="the line is busy with another call")

    def _report(self, order: str, callback: Callback, params: dict[str, str]) -> None:
        self.office.report(order, callback, params)

    async def _health(self, _request: web.Request) -> web.Response:
        late = sorted(self.lateness)
        return web.json_response(
            {
                "status": "ok",
                "calls": len(self.office.legs.active),
                "phones": len(self.phones.addresses()),
                "late_ms_p50": round(1000 * late[len(late) // 2], 1) if late else 0,
                "late_ms_p99": round(1000 * late[len(late) * 99 // 100], 1) if late else 0,
            }
        )


def stop_recordings(leg: Leg) -> None:
    """A leg that is over is recorded no more."""
    taps, leg.taps = leg.taps, []
    for tap in taps:
        if isinstance(tap, Recording):
            tap.stop()
            trace_recording(leg, tap)


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Exchange]:
    """An exchange that is up, with its port open and its clock going."""
    began = time.monotonic()
    async with HttpTransport(config.webhook) as transport:
        exchange = Exchange(config, transport)
        runner = web.AppRunner(exchange.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, config.host, config.port)
        await site.start()
        exchange.port = runner.addresses[0][1]
        exchange.restore()
        ticking = asyncio.create_task(clock.run(exchange.office.tick, exchange.lateness.append))
        log.info("exchange_up", port=exchange.port, seconds=round(time.monotonic() - began, 2))
        try:
            async with opened(config.sip, exchange.office, exchange.switch) as exchange.sip_port:
                yield exchange
        finally:
            await exchange.close()
            ticking.cancel()
            await asyncio.wait({ticking})
            await runner.cleanup()
