"""Where an element wants things reported: the callback attributes that several verbs share. Pure."""

from collections.abc import Mapping

from exchange.calls.call_end import Report
from exchange.calls.call_flow import Course
from exchange.calls.status import Callback, CallStatus
from exchange.webhooks.twiml import Element


def status_callback(course: Course, noun: Element, events: str = "completed") -> Callback:
    """`statusCallback`, its method and its events; `events` are those asked for when none are named."""
    return callback_of(course, noun, "statusCallback", events)


def recording_callback(course: Course, element: Element) -> Callback:
    """`recordingStatusCallback`, its method and its events."""
    return callback_of(course, element, "recordingStatusCallback")


def callback_of(course: Course, element: Element, name: str, events: str = "completed") -> Callback:
    """Any address to report to, with the method and the events beside it."""
    url = element.string(name)
    return Callback(
        course.here.join(url).url if url else "",
        element.method(f"{name}Method"),
        element.words(f"{name}Event", events),
    )


def if_killed(course: Course, element: Element, told: Mapping[str, str]) -> list[Report]:
    """What the action is told by the next start of an exchange that was killed during this verb."""
    action = element.string("action")
    if not action:
        return []
    target = course.here.join(action, element.method())
    known = {**course.leg.facts.parameters(), "CallStatus": str(CallStatus.FAILED)}
    return [Report(target.url, target.method, {**known, **told})]
