"""Builds the exchange and serves it: telephones, REST and health on one port, and the media clock beside."""

import asyncio
import contextlib
import socket
import time
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Protocol

import structlog
from aiohttp import web

from exchange.calls.call_details import StatusCallback, TwilioCallStatus
from exchange.calls.conference.conference import Conferences
from exchange.calls.journal import Journal
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import LegRegistry
from exchange.calls.media_stream import WebSocketConnector
from exchange.calls.queue import CallQueues
from exchange.calls.recording.recording import LiveRecording
from exchange.calls.recording.store import RecordingStore
from exchange.core.config import Config
from exchange.core.errors import ConfigError, reason_of
from exchange.core.numbering.own_numbers import OwnNumbers
from exchange.core.tokens import Admission
from exchange.flow.context import ExchangeContext, trace_recording
from exchange.flow.messages import delivery
from exchange.flow.messages.message_store import MessageStore
from exchange.flow.pending_reports import PendingReports
from exchange.media import clock
from exchange.media.clock import Ticker, wall_clock
from exchange.rest import ROUTES, api
from exchange.server import engines, housekeeping
from exchange.server.engines import Engines
from exchange.server.mapping import MappedConnector, MappedTransport
from exchange.sip.start import running_sip
from exchange.verbs.switch import Switch
from exchange.web.phone_page import PhonePage
from exchange.web.web_phone_line import WebPhoneLine
from exchange.web.web_phones import WebPhones
from exchange.webhooks import forms
from exchange.webhooks.sound_cache import SoundCache
from exchange.webhooks.transport import HttpTransport
from exchange.webhooks.webhook import Transport, WebhookClient

log = structlog.get_logger(__name__)
FAREWELL_SECONDS = 5.0
BACKLOG = 128


class Network(Transport, WebSocketConnector, Protocol):
    """What carries requests and WebSockets to applications."""


class Exchange:
    """One running exchange; `port` is known once it is up."""

    def __init__(self, config: Config, network: Network, engines: Engines, ticker: Ticker) -> None:
        self.config = config
        self.port = config.port
        self.sip_port = 0
        self._ticking: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None
        self.lateness: deque[float] = deque(maxlen=3000)
        self.speaker, self.decoder, self.recogniser = engines.speaker, engines.decoder, engines.recogniser
        webhooks = WebhookClient(MappedTransport(network, config.map), config.webhook, config.auth_token)
        self.journal = Journal(config.data_dir / "calls.jsonl")
        legs = LegRegistry(config, ticker, webhooks, self.journal)
        admission = Admission(config.phone_token, config.auth_token, ticker.now)
        self.phones = WebPhones(admission, self._dial, config.silent_seconds)
        self.pages = PhonePage(config, admission)
        self.context = ExchangeContext(
            config=config,
            ticker=ticker,
            webhooks=webhooks,
            synthesiser=self.speaker,
            sounds=SoundCache(webhooks, ticker, self.decoder.sound),
            directory=self.phones,
            recogniser=self.recogniser,
            sockets=MappedConnector(network, config.map),
            legs=legs,
            queues=CallQueues(ticker),
            conferences=Conferences(ticker, config.account_sid, self._report),
            recordings=RecordingStore(config.data_dir / "recordings", ticker, config.account_sid, self.url),
        )
        self.context.recordings.report = self._report
        self.context.recordings.write_in_thread()
        self.context.keep_reports_in(PendingReports(config.data_dir / "owed.jsonl", config.account_sid))
        self.context.messages = MessageStore(config.data_dir / "messages.jsonl")
        self.context.tokens = self.phones
        self.phones.on_register = lambda line: delivery.hand_over(self.context, line)
        legs.on_end.append(stop_recordings)
        legs.on_end.append(lambda _leg: housekeeping.delete_spoken_texts(config.data_dir / "speech"))
        self.switch = Switch(self.context)

    def url(self) -> str:
        """Return the address by which others reach this exchange."""
        return self.config.public_url.rstrip("/") or f"http://{self.config.host}:{self.port}"

    def restore(self) -> None:
        """Finish what a killed exchange left behind."""
        self.context.recordings.load()
        self.context.legs.restore(self.journal.known(), self.journal.last_alive)
        delivery.resume(self.context)
        self.context.pending_reports.send(self.context.webhooks, self.context.ticker.now())

    def application(self) -> web.Application:
        app = web.Application(client_max_size=forms.LARGEST_BYTES)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/phones", self.phones.serve)
        self.pages.mount(app)
        api.mount(app, self.switch, ROUTES)
        return app

    async def warm_up(self) -> None:
        """Start the processes beside this one before the first caller needs them."""
        await self.speaker.warm_up()
        await self.decoder.warm_up()

    def abandon(self) -> None:
        """Leave whatever the last exchange left behind to the next start: this one did not come up."""
        self.speaker.close()
        self.decoder.close()
        self.recogniser.close()
        self.journal.close()
        self.context.pending_reports.close()
        self.context.recordings.close()

    def start(self) -> None:
        """Finish what the last one left behind, and start the media clock."""
        self.restore()
        self._ticking = asyncio.create_task(
            clock.run_every_frame(self.context.tick, self.lateness.append, self.context.ticker.frame_seconds)
        )
        self._tidying = asyncio.create_task(
            housekeeping.run_hourly(self.context, timedelta(days=self.config.keep_recordings_days))
        )

    async def stop(self) -> None:
        """End in good order; one that never came up leaves everything to the next start."""
        if self._ticking is None:
            self.abandon()
            return
        await self.close()
        tasks = [each for each in (self._ticking, self._tidying) if each]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        housekeeping.delete_spoken_texts(self.config.data_dir / "speech")

    async def close(self) -> None:
        """Hang up whatever is up, report it, and stop the processes."""
        for leg in list(self.context.legs.active.values()):
            leg.end(None if leg.is_up else TwilioCallStatus.FAILED)
        # First, for nobody is left to hear what they still work at.
        self.speaker.close()
        self.decoder.close()
        await self.context.webhooks.drain(FAREWELL_SECONDS)
        self.recogniser.close()
        self.journal.close()
        self.context.pending_reports.clear()
        self.context.recordings.close()

    def _dial(self, line: WebPhoneLine, to: str, own: dict[str, str]) -> None:
        if self.switch.inbound(line, to, own) is None:
            line.tell("error", code=31486, message="the line is busy with another call")

    def _report(self, order: str, callback: StatusCallback, params: dict[str, str]) -> None:
        self.context.report(order, callback, params)

    async def _health(self, _request: web.Request) -> web.Response:
        late = sorted(self.lateness)
        return web.json_response(
            {
                "status": "ok",
                "calls": len(self.context.legs.active),
                "phones": len(self.phones.addresses()),
                "late_ms_p50": round(1000 * late[len(late) // 2], 1) if late else 0,
                "late_ms_p99": round(1000 * late[len(late) * 99 // 100], 1) if late else 0,
            }
        )


def stop_recordings(leg: CallLeg) -> None:
    """Stop recording a leg that is over."""
    taps, leg.taps = leg.taps, []
    for tap in taps:
        if isinstance(tap, LiveRecording):
            tap.stop()
            trace_recording(leg, tap)


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Exchange]:
    """Run an exchange while the block lasts, with its ports open and its clock going. Raises `ConfigError` when it
    cannot be.
    """
    began = time.monotonic()
    # The port first: where another exchange has it, that one's files are not touched.
    with _bound(config) as listening:
        async with HttpTransport(config.webhook) as transport, contextlib.AsyncExitStack() as up:
            exchange = _made(config, transport)
            exchange.port = listening.getsockname()[1]
            runner = web.AppRunner(exchange.application(), access_log=None, shutdown_timeout=1.0)
            up.push_async_callback(runner.cleanup)
            up.push_async_callback(exchange.stop)
            exchange.sip_port = await up.enter_async_context(running_sip(config.sip, exchange.context, exchange.switch))
            await runner.setup()
            await web.SockSite(runner, listening).start()
            exchange.start()
            log.info("exchange_up", port=exchange.port, seconds=round(time.monotonic() - began, 2))
            yield exchange


def _bound(config: Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "no such host"
        raise ConfigError(f"port: {config.host}:{config.port} (TCP): {reason}") from error


def _made(config: Config, transport: HttpTransport) -> Exchange:
    # What REST changed is read before anything is opened, so that nothing need be closed where it cannot be.
    OwnNumbers(config.numbers, wall_clock(), config.data_dir / "numbers.json")
    try:
        housekeeping.restrict_access(config.data_dir)
        housekeeping.delete_spoken_texts(config.data_dir / "speech")
        return Exchange(config, transport, engines.installed(config), Ticker(wall_clock))
    except OSError as error:
        raise ConfigError(f"data_dir: {error.filename or config.data_dir}: {reason_of(error)}") from error
