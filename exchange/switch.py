"""Starts calls and leads them elsewhere: from a telephone, from REST, or by a live update."""

from functools import partial

from exchange.call import Leg
from exchange.course import Beginning, Course, Goto, run
from exchange.legs import Ends
from exchange.line import Line
from exchange.office import Office
from exchange.status import Callback, CallStatus
from exchange.twiml import Element
from exchange.verbs import VERBS
from exchange.verbs.dial_people import call_people
from exchange.verbs.outcome import Outcome
from exchange.webhook import Target


class Switch:
    """What a telephone or a REST client can set going."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def inbound(self, line: Line, to: str) -> Leg | None:
        """A telephone dials: one of our numbers reaches its application, another telephone is rung. None: busy."""
        number = self.office.config.number(to)
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
            self.redirect(leg, Goto(Target(number.voice_url, number.voice_method), {}))
        else:
            leg.work(partial(self._straight, leg, to))
        return leg

    def originate(self, ends: Ends, beginning: Beginning, seconds: float, fallback: Target | None = None) -> Leg:
        """Ring somebody; who answers hears the document."""
        leg = self.office.call_out(ends)
        leg.fallback = fallback
        leg.work(partial(self._ring_and_run, leg, beginning, seconds))
        return leg

    def redirect(self, leg: Leg, beginning: Beginning) -> None:
        """Whatever the leg does now, it leaves it and follows this."""
        leg.work(partial(run, Course(self.office, leg, VERBS), beginning))

    async def _ring_and_run(self, leg: Leg, beginning: Beginning, seconds: float) -> None:
        if await self.office.ring(leg, seconds):
            await run(Course(self.office, leg, VERBS), beginning)

    async def _straight(self, leg: Leg, to: str) -> None:
        """A call from telephone to telephone, with no application in between."""
        outcome = Outcome()
        kind = "Client" if to.startswith("client:") else "Number"
        dialled = Element("Dial", {}, children=(Element(kind, {}, to),))
        await call_people(Course(self.office, leg, VERBS), dialled, outcome)
        leg.end(None if leg.is_up else CallStatus(outcome.status))
