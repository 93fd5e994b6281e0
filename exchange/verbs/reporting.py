"""Where an element wants things reported: the callback attributes that several verbs share. Pure."""

from exchange.course import Course
from exchange.status import Callback
from exchange.twiml import Element


def status_callback(course: Course, noun: Element, events: str = "completed") -> Callback:
    """`statusCallback`, its method and its events; `events` are those asked for when none are named."""
    return _callback(course, noun, "statusCallback", events)


def recording_callback(course: Course, element: Element) -> Callback:
    """`recordingStatusCallback`, its method and its events."""
    return _callback(course, element, "recordingStatusCallback", "completed")


def _callback(course: Course, element: Element, name: str, events: str) -> Callback:
    url = element.string(name)
    return Callback(
        course.here.join(url).url if url else "",
        element.method(f"{name}Method"),
        element.words(f"{name}Event", events),
    )
