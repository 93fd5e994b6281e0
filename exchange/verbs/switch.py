"""Starts calls and redirects them: from a telephone, from REST, or by a live update."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from exchange.calls.call_details import RESERVED, StatusCallback, TwilioCallStatus
from exchange.calls.internal_lines import DEEPEST, InnerLine, OuterLine
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import CallParties
from exchange.calls.line import TelephoneLine
from exchange.flow.call_flow import Beginning, CallFlow, Goto
from exchange.flow.context import ExchangeContext
from exchange.flow.fallback import run_document
from exchange.media.amd import DetectionTiming
from exchange.media.audio_source import PcmSource
from exchange.media.dtmf import key_tones
from exchange.verbs import VERBS
from exchange.verbs.dial_number import dial_numbers
from exchange.verbs.dial_outcome import DialOutcome
from exchange.verbs.machine_detection import detect, detect_aside
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import WebhookTarget

log = structlog.get_logger(__name__)
NO_SUCH_NUMBER = 13224


@dataclass(frozen=True)
class CallOptions:
    """Options of a call that REST makes, besides its document. `digits` are pressed as soon as it is answered."""

    fallback: WebhookTarget | None = None
    digits: str = ""
    time_limit: int = 0
    machine: DetectionTiming | None = None
    machine_callback: StatusCallback | None = None


NO_OPTIONS = CallOptions()


class Switch:
    """The operations that a telephone or a REST client can start."""

    def __init__(self, context: ExchangeContext) -> None:
        self.context = context
        context.inside = self._inside

    def inbound(self, line: TelephoneLine, to: str, own: Mapping[str, str] | None = None) -> CallLeg | None:
        """Connect a telephone that dials: one of our numbers reaches its application, another telephone is rung. None:
        busy.

        `own` are parameters of the telephone's, which its application is told with the first request.
        """
        number = self.context.numbers.find(to)
        callback = StatusCallback(number.status_callback, number.status_callback_method) if number else StatusCallback()
        leg = self.context.legs.create(CallParties(line.address, to, "inbound", callback=callback), line)
        if not leg.seize():
            leg.end(TwilioCallStatus.BUSY)
            return None
        line.tell("dialing", call=leg.sid)
        leg.move(TwilioCallStatus.RINGING)
        line.tell("ringback", call=leg.sid)
        if number and number.fallback_url:
            leg.fallback = WebhookTarget(number.fallback_url, number.fallback_method)
        if number:
            parameters = {name: value for name, value in (own or {}).items() if name not in RESERVED}
            self.redirect(leg, Goto(WebhookTarget(number.voice_url, number.voice_method), parameters))
        else:
            leg.work(partial(self._straight, leg, to))
        return leg

    def originate(
        self, ends: CallParties, beginning: Beginning, seconds: float, wishes: CallOptions = NO_OPTIONS
    ) -> CallLeg:
        """Ring an address; who answers hears the document."""
        leg = self.context.call_out(ends)
        leg.fallback = wishes.fallback
        leg.work(partial(self._ring_and_run, leg, beginning, seconds, wishes))
        return leg

    def redirect(self, leg: CallLeg, beginning: Beginning) -> None:
        """Make the leg leave whatever it does and follow this document."""
        leg.work(partial(run_document, CallFlow(self.context, leg, VERBS), beginning))

    def limit(self, leg: CallLeg, seconds: int) -> None:
        """End the call so long after its answer, whatever it does."""

        async def wait() -> None:
            await self.context.ticker.first(leg.answered.wait(), leg.ended.wait())
            if not await self.context.ticker.first(leg.ended.wait(), seconds=seconds):
                leg.drop()

        self.context.webhooks.later(wait())

    async def _ring_and_run(self, leg: CallLeg, beginning: Beginning, seconds: float, wishes: CallOptions) -> None:
        if wishes.time_limit:
            self.limit(leg, wishes.time_limit)
        if not await self.context.ring(leg, seconds):
            return
        if wishes.digits:
            await leg.play(PcmSource(key_tones(wishes.digits)))
        if wishes.machine and wishes.machine_callback is None:
            await detect(self.context, leg, wishes.machine)
        elif wishes.machine and wishes.machine_callback:
            detect_aside(self.context, leg, wishes.machine, wishes.machine_callback)
        await run_document(CallFlow(self.context, leg, VERBS), beginning)

    async def _straight(self, leg: CallLeg, to: str) -> None:
        """Connect telephone to telephone, with no application in between."""
        outcome = DialOutcome()
        if self.context.directory.find(to) is None:
            message = f"nobody is registered as {to}, and it is none of the settings' numbers"
            log.info("nobody_there", call_id=leg.sid)
            leg.trace("error", code=NO_SUCH_NUMBER, message=message, url="", fault="nobody_there")
        kind = "Client" if to.startswith("client:") else "Sip" if to.startswith("sip:") else "Number"
        dialled = Element("Dial", {}, children=(Element(kind, {}, to),))
        await dial_numbers(CallFlow(self.context, leg, VERBS), dialled, outcome)
        leg.end(None if leg.is_up else TwilioCallStatus(outcome.status))

    def _inside(self, ends: CallParties) -> TelephoneLine | None:
        """Return a line to one of our own numbers; None for any other, and for numbers that dial each other without
        end.
        """
        parent = self.context.legs.active.get(ends.parent_sid)
        depth = parent.line.depth + 1 if parent and isinstance(parent.line, InnerLine) else 1
        if depth > DEEPEST or self.context.numbers.find(ends.to) is None:
            return None
        return OuterLine(ends.to, ends.sender, depth, self.inbound)
