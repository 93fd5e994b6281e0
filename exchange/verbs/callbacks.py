"""The callback attributes that several verbs share. Pure."""

from collections.abc import Mapping

from exchange.calls.call_details import StatusCallback, TwilioCallStatus
from exchange.flow.call_flow import CallFlow
from exchange.flow.pending_reports import PendingReport
from exchange.webhooks.twiml import Element


def status_callback(flow: CallFlow, noun: Element, events: str = "completed") -> StatusCallback:
    """Return `statusCallback`, its method and its events; `events` are those asked for when none are named."""
    return callback_of(flow, noun, "statusCallback", events)


def recording_callback(flow: CallFlow, element: Element) -> StatusCallback:
    """Return `recordingStatusCallback`, its method and its events."""
    return callback_of(flow, element, "recordingStatusCallback")


def callback_of(flow: CallFlow, element: Element, name: str, events: str = "completed") -> StatusCallback:
    """Return any address to report to, with the method and the events beside it."""
    url = element.string(name)
    return StatusCallback(
        flow.here.join(url).url if url else "",
        element.method(f"{name}Method"),
        element.words(f"{name}Event", events),
    )


def reports_if_killed(flow: CallFlow, element: Element, parameters: Mapping[str, str]) -> list[PendingReport]:
    """Return what the next start tells the action should the exchange be killed during this verb."""
    action = element.string("action")
    if not action:
        return []
    target = flow.here.join(action, element.method())
    standard = {**flow.leg.facts.parameters(), "CallStatus": str(TwilioCallStatus.FAILED)}
    return [PendingReport(target.url, target.method, {**standard, **parameters})]
