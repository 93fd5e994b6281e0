"""All calls of the exchange: the legs that are up, and the records of those that are over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from exchange.calls.call_details import FINAL, CallDetails, StatusCallback, TwilioCallStatus
from exchange.calls.journal import Journal
from exchange.calls.leg import CallLeg
from exchange.calls.line import LineListener, TelephoneLine
from exchange.core.config import Config
from exchange.core.ids import new_sid
from exchange.media.audio import SILENCE
from exchange.media.clock import Ticker
from exchange.media.dtmf import detect_keys
from exchange.webhooks.webhook import WebhookClient, WebhookTarget

log = structlog.get_logger(__name__)
MOST_PAST = 10_000
BEAT_FRAMES = 50
NO_CALLBACK = StatusCallback()


class UnreachableLine:
    """The line of a call to an address without a telephone here."""

    shows_texts = False
    rings_late = False
    response_code = 480  # "temporarily unavailable": SIP's word for somebody who is not registered

    def __init__(self, address: str) -> None:
        self.address = address

    def seize(self, answerer: LineListener) -> bool:  # noqa: ARG002 - nobody can answer
        return False

    def release(self) -> None:
        """Do nothing: there is no line to free."""

    def take(self) -> bytes:
        return SILENCE

    def give(self, frame: bytes) -> None:
        """Drop the frame: nobody hears it."""

    def tell(self, event: str, **fields: object) -> None:
        """Drop the message: nobody hears it."""


@dataclass(frozen=True)
class CallParties:
    """The two ends of a call, its direction, and the callback that is told."""

    sender: str
    to: str
    direction: str
    parent_sid: str = ""
    callback: StatusCallback = NO_CALLBACK
    user: str = ""
    password: str = field(default="", repr=False)


class LegRegistry:
    """Makes legs, keeps them, and reports their status changes."""

    def __init__(self, config: Config, ticker: Ticker, webhooks: WebhookClient, journal: Journal) -> None:
        self._config = config
        self._ticker = ticker
        self._webhooks = webhooks
        self._journal = journal
        self.active: dict[str, CallLeg] = {}
        self.past: dict[str, CallDetails] = {}
        self.on_end: list[Callable[[CallLeg], None]] = []
        self.recorded: Callable[[str], dict[str, str]] = lambda _sid: {}

    def create(self, ends: CallParties, line: TelephoneLine) -> CallLeg:
        facts = CallDetails(
            sid=new_sid("CA"),
            account_sid=self._config.account_sid,
            sender=ends.sender,
            to=ends.to,
            direction=ends.direction,
            parent_sid=ends.parent_sid,
            callback=ends.callback,
            created=self._ticker.now(),
            updated=self._ticker.now(),
        )
        leg = CallLeg(facts, line, self._ticker, self._moved)
        self._journal.write(facts)
        self.active[leg.sid] = leg
        return leg

    def facts(self, sid: str) -> CallDetails | None:
        leg = self.active.get(sid)
        return leg.facts if leg else self.past.get(sid)

    def all_records(self) -> list[CallDetails]:
        """Return the records of all known calls, the newest first."""
        return sorted([*self.past.values(), *(leg.facts for leg in self.active.values())], key=_age, reverse=True)

    def forget(self, sid: str) -> None:
        """Drop the record of a call that is over."""
        self.past.pop(sid, None)
        self._journal.forget(sid)

    def forget_before(self, moment: datetime) -> None:
        """Drop the records of calls that ended before this moment, and rewrite the journal without them."""
        self.past = {sid: facts for sid, facts in self.past.items() if (facts.ended or facts.created) >= moment}
        self._journal.rewrite([*self.past.values(), *(leg.facts for leg in self.active.values())])

    def restore(self, records: list[CallDetails], last_alive: datetime | None = None) -> None:
        """Mark the calls that were up before a restart as failed when the exchange was last alive, and report them."""
        for facts in records:
            self.past[facts.sid] = facts
            if facts.status not in FINAL:
                last_known = facts.updated or facts.created
                facts.fail(self._ticker.now())
                facts.ended = max(last_known, last_alive or last_known)
                self._journal.write(facts)
                self._report(facts)

    def take(self) -> None:
        """Run the first half of a tick for all legs: they speak."""
        legs = list(self.active.values())
        for leg in legs:
            _isolated(leg, leg.take)
        for leg, key in zip(
            legs, detect_keys([leg.detector for leg in legs], [leg.inbound for leg in legs]), strict=True
        ):
            if key:
                leg.keys.press(key)

    def give(self) -> None:
        """Run the second half of a tick for all legs: they hear."""
        for leg in list(self.active.values()):
            _isolated(leg, leg.give)
        if self.active and self._ticker.count % BEAT_FRAMES == 0:
            self._journal.note_alive(self._ticker.now())

    def _moved(self, leg: CallLeg) -> None:
        facts = leg.facts
        if facts.is_over:
            del self.active[leg.sid]
            self.past[leg.sid] = facts
            while len(self.past) > MOST_PAST:
                self.past.pop(next(iter(self.past)))
            for listener in self.on_end:
                listener(leg)
        self._trace(leg)
        self._report(facts)
        self._journal.write(facts)

    def _trace(self, leg: CallLeg) -> None:
        """Trace a status that the telephone is not told anyway; that of a dialled leg goes to the caller who had it
        dialled.
        """
        facts = leg.facts
        if facts.status is TwilioCallStatus.RINGING:
            leg.trace("ringing", to=facts.to)
        parent = self.active.get(facts.parent_sid)
        if parent and facts.event() != "initiated":
            event = "hangup" if facts.is_over else facts.event()
            parent.trace(event, call=leg.sid, to=facts.to, status=str(facts.status))

    def _report(self, facts: CallDetails) -> None:
        if facts.callback.wants(facts.event()):
            target = WebhookTarget(facts.callback.url, facts.callback.method)
            parameters = facts.progress(self._ticker.now())
            if facts.is_over and facts.recording_sid:
                parameters |= self.recorded(facts.recording_sid)
            self._webhooks.report(facts.sid, target, parameters)


def _isolated(leg: CallLeg, half_tick: Callable[[], None]) -> None:
    """Run one leg's half tick; a fault ends that leg and never stops the clock of the others."""
    try:
        half_tick()
    except Exception:
        log.exception("leg_failed", call_id=leg.sid)
        leg.end(TwilioCallStatus.FAILED)


def _age(facts: CallDetails) -> float:
    return facts.created.timestamp()
