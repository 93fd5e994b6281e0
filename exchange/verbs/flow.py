"""Redirect, Hangup, Leave and Reject: verbs that lead elsewhere and make no sound."""

from exchange.calls.call_flow import Course, End, Goto, Step
from exchange.calls.status import CallStatus
from exchange.webhooks.twiml import Element


async def redirect(course: Course, element: Element) -> Step:
    """Go on with another document; what stands below is never reached."""
    return Goto(course.here.join(element.text, element.method()), {})


async def hang_up(course: Course, element: Element) -> Step:  # noqa: ARG001 - every verb is called alike
    return End.HANG_UP


async def leave(course: Course, element: Element) -> Step:  # noqa: ARG001 - every verb is called alike
    """Out of the queue; outside of one it ends the call's document."""
    return End.LEAVE


async def reject(course: Course, element: Element) -> Step:
    """Refuse a call that is not answered yet; one that is cannot be refused and is hung up."""
    is_busy = element.string("reason") == "busy"
    if not course.leg.is_up:
        course.leg.end(CallStatus.BUSY if is_busy else CallStatus.NO_ANSWER, "busy" if is_busy else "rejected")
    return End.HANG_UP
