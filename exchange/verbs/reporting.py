"""Where an element wants things reported: the callback attributes that several verbs share. Pure."""

from exchange.course import Course
from exchange.status import Callback
from exchange.twiml import Element


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
