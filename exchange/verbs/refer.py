"""Refer: ask a SIP telephone to call somebody else instead; other telephones do not know how."""

from typing import Protocol, runtime_checkable

from exchange.course import Course, Step
from exchange.errors import WebhookError
from exchange.twiml import Element

NOT_SIP = 13233
METHOD_NOT_ALLOWED = 405


@runtime_checkable
class Referable(Protocol):
    """A line that can hand its call over."""

    async def refer(self, uri: str) -> tuple[int, int | None]:
        """The answer to REFER, and the last one its NOTIFY told of."""
        ...


async def refer(course: Course, element: Element) -> Step:
    """Hand the call over; the action hears how that went, and without one the document goes on."""
    target = next((noun.text for noun in element.named("Sip")), element.text)
    line = course.leg.line
    if isinstance(line, Referable):
        answer, notified = await line.refer(target)
    else:
        message = f"line {element.line}: Refer needs a SIP call"
        course.fault("refer_failed", WebhookError(NOT_SIP, message, course.here.url))
        answer, notified = METHOD_NOT_ALLOWED, None
    is_done = answer < 300 and (notified is None or notified < 300)
    told = {"ReferCallStatus": "completed" if is_done else "failed", "ReferSipResponseCode": str(answer)}
    told |= {"NotifySipResponseCode": str(notified)} if notified is not None else {}
    return course.goto(element, told) if element.string("action") else None
