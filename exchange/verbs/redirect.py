"""Redirect, Hangup, Leave and Reject: verbs that lead elsewhere and make no sound."""

from exchange.calls.call_details import TwilioCallStatus
from exchange.flow.call_flow import CallFlow, FlowEnd, Goto, Step
from exchange.webhooks.twiml import Element


async def redirect(flow: CallFlow, element: Element) -> Step:
    """Go on with another document; what stands below is never reached."""
    return Goto(flow.here.join(element.text, element.method()), {})


async def hang_up(flow: CallFlow, element: Element) -> Step:  # noqa: ARG001 - every verb is called alike
    return FlowEnd.HANG_UP


async def leave(flow: CallFlow, element: Element) -> Step:  # noqa: ARG001 - every verb is called alike
    """Leave the queue; outside of one, end the call's document."""
    return FlowEnd.LEAVE


async def reject(flow: CallFlow, element: Element) -> Step:
    """Refuse a call that is not answered yet; one that is cannot be refused and is hung up."""
    is_busy = element.string("reason") == "busy"
    if not flow.leg.is_up:
        flow.leg.end(
            TwilioCallStatus.BUSY if is_busy else TwilioCallStatus.NO_ANSWER, "busy" if is_busy else "rejected"
        )
    return FlowEnd.HANG_UP
