"""Refer: ask a SIP telephone to call somebody else instead; other telephones do not know how."""

import asyncio
from typing import Protocol, runtime_checkable
from urllib.parse import unquote

from exchange.core.errors import DocumentError, WebhookError
from exchange.core.foreign_text import is_plain
from exchange.flow.call_flow import CallFlow, FlowEnd, Step
from exchange.verbs.dial_nouns import BAD_HEADER
from exchange.webhooks.twiml import Element

NOT_SIP = 13801
METHOD_NOT_ALLOWED = 405


@runtime_checkable
class Referable(Protocol):
    """A line that can hand its call over."""

    async def refer(self, uri: str) -> tuple[int, int | None]:
        """Return the answer to REFER, and the last one its NOTIFY told of."""
        ...


async def refer(flow: CallFlow, element: Element) -> Step:
    """Hand the call over; the action hears how that went, and without one the document goes on."""
    target = next((noun.text for noun in element.named("Sip")), element.text)
    if not is_plain(unquote(target, errors="replace")):
        message = f"line {element.line}: the address of Refer may hold no line break and no other control character"
        raise DocumentError(BAD_HEADER, message, flow.here.url)
    line = flow.leg.line
    if isinstance(line, Referable):
        try:
            answer, notified = await line.refer(target)
        except asyncio.CancelledError:
            flow.notify(element, {"ReferCallStatus": "canceled"})
            raise
    else:
        message = f"line {element.line}: Refer needs a SIP call"
        flow.fault("refer_failed", WebhookError(NOT_SIP, message, flow.here.url))
        answer, notified = METHOD_NOT_ALLOWED, None
    parameters = {"ReferSipResponseCode": str(answer)} | refer_parameters(answer, notified)
    if flow.leg.facts.is_over:
        flow.notify(element, parameters)
        return FlowEnd.HANG_UP
    return flow.goto(element, parameters) if element.string("action") else None


def refer_parameters(answer: int, notified: int | None) -> dict[str, str]:
    """Return what became of the call that the telephone made for us; nothing when it did not say."""
    if answer >= 300:
        return {"ReferCallStatus": "failed"}
    if notified is None:
        return {}
    status = "busy" if notified in (486, 600) else "failed" if notified >= 300 else "in-progress"
    return {"ReferCallStatus": status, "NotifySipResponseCode": str(notified)}
