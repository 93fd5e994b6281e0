"""Dial: its attributes, and what follows when the talk is over. Whom it reaches is in the modules beside this one."""

import asyncio
from collections.abc import Mapping

from exchange.bridge import star_pressed
from exchange.clock import either
from exchange.course import Course, Step
from exchange.recorder import Recording
from exchange.twiml import Element
from exchange.verbs.dial_conference import join_conference
from exchange.verbs.dial_people import call_people
from exchange.verbs.dial_queue import take_from_queue
from exchange.verbs.outcome import Outcome
from exchange.verbs.reporting import recording_callback


async def dial(course: Course, element: Element) -> Step:
    """Connect the leg; the action hears how it went, and without action the document goes on below."""
    outcome = Outcome()
    recording = _record(course, element)
    try:
        await _until_star(course, element, outcome)
    except asyncio.CancelledError:
        _stop(course, recording)
        course.notify(element, _told(course, outcome, recording))
        raise
    _stop(course, recording)
    return course.goto(element, _told(course, outcome, recording)) if element.string("action") else None


async def _connect(course: Course, element: Element, outcome: Outcome) -> None:
    conference = next(element.named("Conference"), None)
    queue = next(element.named("Queue"), None)
    if conference:
        await join_conference(course, conference, outcome)
    elif queue:
        await take_from_queue(course, element, queue, outcome)
    else:
        await call_people(course, element, outcome)


async def _until_star(course: Course, element: Element, outcome: Outcome) -> None:
    """Connect; with `hangupOnStar` the caller may end it by a key and keeps the line."""
    if not element.flag("hangupOnStar", False):
        await _connect(course, element, outcome)
        return
    with course.leg.keys.listen() as box:
        talking = asyncio.ensure_future(_connect(course, element, outcome))
        star = asyncio.ensure_future(star_pressed(box))
        try:
            await either(talking, star)
        finally:
            for task in (talking, star):
                task.cancel()
            await asyncio.wait({talking, star})
        if not talking.cancelled():
            talking.result()


def _record(course: Course, element: Element) -> Recording | None:
    """`record-from-answer-dual` and its kin: the caller on channel 1, the called on channel 2."""
    how = element.string("record")
    if not how.startswith("record-from-") and how != "true":
        return None
    recordings = course.office.recordings
    facts = recordings.new_facts(
        course.leg.sid, 2 if how.endswith("-dual") else 1, "DialVerb", recording_callback(course, element)
    )
    recording = recordings.start(facts)
    course.leg.taps.append(recording)
    return recording


def _stop(course: Course, recording: Recording | None) -> None:
    if recording:
        if recording in course.leg.taps:
            course.leg.taps.remove(recording)
        recording.stop()


def _told(course: Course, outcome: Outcome, recording: Recording | None) -> Mapping[str, str]:
    told = outcome.parameters()
    if recording:
        told["RecordingUrl"] = course.office.recordings.url(recording.facts.sid)
        told["RecordingSid"] = recording.facts.sid
    return told
