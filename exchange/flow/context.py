"""The parts of a running exchange, as every verb and REST resource gets them, and the making of calls."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from exchange.calls.call_details import StatusCallback, TwilioCallStatus
from exchange.calls.conference.conference import Conferences
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import CallParties, LegRegistry, UnreachableLine
from exchange.calls.line import TelephoneLine
from exchange.calls.media_stream import NoWebSockets, WebSocketConnector
from exchange.calls.queue import CallQueues
from exchange.calls.recording.recording import LiveRecording
from exchange.calls.recording.store import RecordingStore
from exchange.core.config import Config
from exchange.core.numbering.countries import ANYWHERE, country_of, international
from exchange.core.numbering.own_numbers import OwnNumbers
from exchange.flow.messages.message_store import MessageStore
from exchange.flow.pending_reports import PendingReports
from exchange.media.clock import Ticker
from exchange.speech.recogniser import NoRecogniser, Recogniser
from exchange.speech.synthesiser import Synthesiser
from exchange.webhooks.sound_cache import SoundCache
from exchange.webhooks.webhook import WebhookClient, WebhookTarget

LONGEST_NUMBER = 40
_NUMBER, _SIGNS = re.compile(r"\+?[0-9() ./-]*[0-9][0-9() ./-]*"), re.compile(r"[() ./-]")


class Directory(Protocol):
    """Finds the telephone that belongs to an address."""

    def find(self, address: str) -> TelephoneLine | None: ...

    def listed(self) -> list[tuple[str, str | None, str]]:
        """Return the known telephones: address, the registration that is rung (None: not registered), its label."""
        ...


class TokenHolders(Protocol):
    """The holders of tokens with which telephones are registered, and the revocation of their tokens."""

    def holders(self, address: str) -> list[str]: ...

    async def revoke(self, holder: str) -> int: ...


class NoTokenHolders:
    """Where no telephone came with a token that names its holder."""

    def holders(self, address: str) -> list[str]:  # noqa: ARG002 (the protocol's)
        return []

    async def revoke(self, holder: str) -> int:  # noqa: ARG002 (the protocol's)
        return 0


@runtime_checkable
class Authenticating(Protocol):
    """A line whose other end may ask who we are."""

    def authenticate(self, user: str, password: str) -> None: ...


@dataclass(frozen=True)
class RecordingOptions:
    """How a leg is recorded, and on whose request; two channels only of both sides."""

    channels: int
    source: str
    track: str = "both"
    trims: bool = False


@dataclass
class ExchangeContext:
    """The parts of one exchange."""

    config: Config
    ticker: Ticker
    webhooks: WebhookClient
    synthesiser: Synthesiser
    sounds: SoundCache
    directory: Directory
    legs: LegRegistry
    queues: CallQueues
    conferences: Conferences
    recordings: RecordingStore
    messages: MessageStore = field(default_factory=MessageStore)
    pending_reports: PendingReports = field(default_factory=PendingReports)
    recogniser: Recogniser = field(default_factory=NoRecogniser)
    sockets: WebSocketConnector = field(default_factory=NoWebSockets)
    tokens: TokenHolders = field(default_factory=NoTokenHolders)
    transcribing: asyncio.Lock = field(default_factory=asyncio.Lock)
    # One recording is packed or mixed for download at a time.
    packing: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside: Callable[[CallParties], TelephoneLine | None] = lambda _ends: None

    def __post_init__(self) -> None:
        self.keep_reports_in(self.pending_reports)
        self.legs.recorded = self.recordings.about
        self.sounds.know(self.recordings.file_of)
        self.numbers = OwnNumbers(self.config.numbers, self.ticker.now(), self.config.data_dir / "numbers.json")

    def keep_reports_in(self, pending_reports: PendingReports) -> None:
        """Keep pending reports there, should the exchange be killed."""
        self.pending_reports = pending_reports
        self.conferences.on_event = pending_reports.keep_for_conference

    def tick(self) -> None:
        """Run one frame of everything."""
        self.ticker.step()
        self.legs.take()
        self.conferences.tick()
        self.legs.give()

    def report(self, order: str, callback: StatusCallback, params: dict[str, str]) -> None:
        self.webhooks.report(order, WebhookTarget(callback.url, callback.method), params)

    def number_of(self, text: str) -> str:
        """Return a number as it is dialled here: without its dots and brackets, and with the account's country if it
        has none.

        What is no number, the number of a telephone or an application as it stands, or none of that country, is left.
        """
        if len(text) > LONGEST_NUMBER or not _NUMBER.fullmatch(text):
            return text
        bare = _SIGNS.sub("", text)
        if bare.startswith("+"):
            return bare
        is_known = self.numbers.find(bare) or any(bare == address for address, _, _ in self.directory.listed())
        return bare if is_known else international(bare, self.country) or bare

    @property
    def country(self) -> str:
        """Return the country of the settings, else that of the first number, else the one that Twilio takes."""
        numbers = self.config.numbers
        return self.config.country or (country_of(numbers[0].number) if numbers else "") or ANYWHERE

    def call_out(self, ends: CallParties) -> CallLeg:
        """Return a leg to an address, not yet ringing; an address without a telephone gets one that nobody answers."""
        line = self.directory.find(ends.to) or self.inside(ends) or UnreachableLine(ends.to)
        if ends.user and isinstance(line, Authenticating):
            line.authenticate(ends.user, ends.password)
        return self.legs.create(ends, line)

    def record(self, leg: CallLeg, how: RecordingOptions, callback: StatusCallback) -> LiveRecording:
        """Record a leg until it ends or the recording is stopped."""
        facts = self.recordings.new_facts(leg.sid, how.channels, how.source, callback)
        facts.track, facts.trims = how.track, how.trims
        recording = self.recordings.start(facts)
        leg.taps.append(recording)
        trace_recording(leg, recording)
        return recording

    def record_when_answered(self, leg: CallLeg, how: RecordingOptions, callback: StatusCallback) -> None:
        """Record a ringing leg from the moment somebody answers; its last status callback tells where."""

        async def wait() -> None:
            await self.ticker.first(leg.answered.wait(), leg.ended.wait())
            if leg.is_up:
                leg.facts.recording_sid = self.record(leg, how, callback).facts.sid

        self.webhooks.later(wait())

    def stop_recording(self, recording: LiveRecording) -> None:
        """Take a recording off its leg and finish the file."""
        leg = self.legs.active.get(recording.facts.call_sid)
        if leg:
            leg.taps = [tap for tap in leg.taps if tap is not recording]
        recording.stop()
        if leg:
            trace_recording(leg, recording)

    async def ring(self, leg: CallLeg, seconds: float) -> bool:
        """Ring until somebody answers; return False when that does not happen, and the leg is over then."""
        if leg.facts.is_over:
            return False
        leg.move(TwilioCallStatus.INITIATED)
        if isinstance(leg.line, UnreachableLine):
            # Twilio: an identity that is not registered does not answer; a number that does not exist fails.
            leg.end(TwilioCallStatus.NO_ANSWER if leg.facts.to.startswith("client:") else TwilioCallStatus.FAILED)
            return False
        if not leg.seize():
            leg.end(TwilioCallStatus.BUSY)
            return False
        if not leg.line.rings_late:
            leg.move(TwilioCallStatus.RINGING)
        try:
            await self._ring_cycles(leg, seconds + self.config.timeout_buffer_seconds)
        finally:
            if not leg.is_up:
                leg.end(TwilioCallStatus.NO_ANSWER)
        return leg.is_up

    async def _ring_cycles(self, leg: CallLeg, seconds: float) -> None:
        """Ring the telephone at once and then with every cycle of the cadence."""
        until = self.ticker.seconds + seconds
        ring = 0
        while self.ticker.seconds < until:
            ring += 1
            about = {"parameters": dict(leg.parameters)} if leg.parameters else {}
            leg.line.tell("ring", **{"call": leg.sid, "from": leg.facts.sender, "ring": ring, **about})
            wait = min(self.config.ring_seconds, until - self.ticker.seconds)
            if await self.ticker.first(leg.answered.wait(), leg.ended.wait(), seconds=wait):
                return


def trace_recording(leg: CallLeg, recording: LiveRecording) -> None:
    """Show a telephone that asked for a trace that its call is recorded, or no more."""
    facts = recording.facts
    leg.trace("recording", sid=facts.sid, status=facts.status, channels=facts.channels, seconds=round(facts.seconds, 2))
