"""Starts calls and leads them elsewhere: from a telephone, from REST, or by a live update."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from exchange.calls.attend import run
from exchange.calls.call import Leg
from exchange.calls.call_flow import Beginning, Course, Goto
from exchange.calls.inside import DEEPEST, Inner, Outer
from exchange.calls.legs import Ends
from exchange.calls.line import Line
from exchange.calls.status import RESERVED, Callback, CallStatus
from exchange.core.core import Office
from exchange.media.amd import Patience
from exchange.media.dtmf import tone_for
from exchange.media.sound import Pcm
from exchange.verbs import VERBS
from exchange.verbs.dial_people import call_people
from exchange.verbs.machine import detect, detect_aside
from exchange.verbs.outcome import Outcome
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import Target

log = structlog.get_logger(__name__)
NO_SUCH_NUMBER = 13224


@dataclass(frozen=True)
class Wishes:
    """What a call that REST makes may ask for besides its document. `digits` are pressed as soon as it is answered."""

    fallback: Target | None = None
    digits: str = ""
    time_limit: int = 0
    machine: Patience | None = None
    machine_callback: Callback | None = None


NO_WISHES = Wishes()


class Switch:
    """What a telephone or a REST client can set going."""

    def __init__(self, office: Office) -> None:
        self.office = office
        office.inside = self._inside

    def inbound(self, line: Line, to: str, own: Mapping[str, str] | None = None) -> Leg | None:
        """A telephone dials: one of our numbers reaches its application, another telephone is rung. None: busy.

        `own` are parameters of the telephone's, which its application is told with the first request.
        """
        number = self.office.numbers.find(to)
        callback = Callback(number.status_callback, number.status_callback_method) if number else Callback()
        leg = self.office.legs.create(Ends(line.address, to, "inbound", callback=callback), line)
        if not leg.seize():
            leg.end(CallStatus.BUSY)
            return None
        line.tell("dialing", call=leg.sid)
        leg.move(CallStatus.RINGING)
        line.tell("ringback", call=leg.sid)
        if number and number.fallback_url:
            leg.fallback = Target(number.fallback_url, number.fallback_method)
        if number:
            told = {name: value for name, value in (own or {}).items() if name not in RESERVED}
            self.redirect(leg, Goto(Target(number.voice_url, number.voice_method), told))
        else:
            leg.work(partial(self._straight, leg, to))
        return leg

    def originate(self, ends: Ends, beginning: Beginning, seconds: float, wishes: Wishes = NO_WISHES) -> Leg:
        """Ring somebody; who answers hears the document."""
        leg = self.office.call_out(ends)
        leg.fallback = wishes.fallback
        leg.work(partial(self._ring_and_run, leg, beginning, seconds, wishes))
        return leg

    def redirect(self, leg: Leg, beginning: Beginning) -> None:
        """Whatever the leg does now, it leaves it and follows this."""
        leg.work(partial(run, Course(self.office, leg, VERBS), beginning))

    def limit(self, leg: Leg, seconds: int) -> None:
        """End the call so long after its answer, whatever it does."""

        async def wait() -> None:
            await self.office.ticker.first(leg.answered.wait(), leg.ended.wait())
            if not await self.office.ticker.first(leg.ended.wait(), seconds=seconds):
                leg.drop()

        self.office.webhooks.later(wait())

    async def _ring_and_run(self, leg: Leg, beginning: Beginning, seconds: float, wishes: Wishes) -> None:
        if wishes.time_limit:
            self.limit(leg, wishes.time_limit)
        if not await self.office.ring(leg, seconds):
            return
        if wishes.digits:
            await leg.play(Pcm(tone_for(wishes.digits)))
        if wishes.machine and wishes.machine_callback is None:
            await detect(self.office, leg, wishes.machine)
        elif wishes.machine and wishes.machine_callback:
            detect_aside(self.office, leg, wishes.machine, wishes.machine_callback)
        await run(Course(self.office, leg, VERBS), beginning)

    async def _straight(self, leg: Leg, to: str) -> None:
        """A call from telephone to telephone, with no application in between."""
        outcome = Outcome()
        if self.office.directory.find(to) is None:
            message = f"nobody is registered as {to}, and it is none of the settings' numbers"
            log.info("nobody_there", call_id=leg.sid)
            leg.trace("error", code=NO_SUCH_NUMBER, message=message, url="", fault="nobody_there")
        kind = "Client" if to.startswith("client:") else "Sip" if to.startswith("sip:") else "Number"
        dialled = Element("Dial", {}, children=(Element(kind, {}, to),))
        await call_people(Course(self.office, leg, VERBS), dialled, outcome)
        leg.end(None if leg.is_up else CallStatus(outcome.status))

    def _inside(self, ends: Ends) -> Line | None:
        """A line to one of our own numbers; None for any other, and for numbers that dial each other without end."""
        parent = self.office.legs.active.get(ends.parent_sid)
        depth = parent.line.depth + 1 if parent and isinstance(parent.line, Inner) else 1
        if depth > DEEPEST or self.office.numbers.find(ends.to) is None:
            return None
        return Outer(ends.to, ends.sender, depth, self.inbound)
