"""Dial: its attributes, and what follows when the talk is over. Whom it reaches is in the modules beside this one."""

import asyncio

from exchange.calls.call_flow import Course, Step
from exchange.core.core import How
from exchange.media.bridge import star_pressed
from exchange.media.clock import either
from exchange.recording.recording import Recording
from exchange.verbs.dial_conference import join_conference
from exchange.verbs.dial_people import call_people
from exchange.verbs.dial_queue import take_from_queue
from exchange.verbs.outcome import Outcome
from exchange.verbs.reporting import if_killed, recording_callback
from exchange.webhooks.twiml import Element


class Taping:
    """The recording a Dial asks for: `record-from-answer-dual` and its kin, the caller on channel 1."""

    def __init__(self, course: Course, element: Element) -> None:
        self._course = course
        self._how = element.string("record")
        self._callback = recording_callback(course, element)
        track = element.string("recordingTrack")
        self._track = track if track in ("inbound", "outbound") else "both"
        self._trims = element.string("trim") == "trim-silence"
        self._recording: Recording | None = None

    def begin(self, moment: str) -> None:
        """Start at this moment (`ringing`, `answer`) if that is what was asked."""
        wanted = "answer" if self._how == "true" else self._how.removesuffix("-dual").removeprefix("record-from-")
        if wanted == moment and not self._recording:
            channels = 2 if self._how.endswith("-dual") else 1
            how = How(channels if self._track == "both" else 1, "DialVerb", self._track, self._trims)
            self._recording = self._course.office.record(self._course.leg, how, self._callback)

    def end(self) -> dict[str, str]:
        """Stop; what the action is told about it."""
        if not self._recording:
            return {}
        self._course.office.stop_recording(self._recording)
        sid = self._recording.facts.sid
        return {"RecordingUrl": self._course.office.recordings.url(sid), "RecordingSid": sid}


async def dial(course: Course, element: Element) -> Step:
    """Connect the leg; the action hears how it went, and without action the document goes on below."""
    taping = Taping(course, element)
    outcome = Outcome(on_connect=lambda: taping.begin("answer"))
    taping.begin("ringing")
    debt = f"{course.leg.sid} dial"
    course.office.aftermath.owe(debt, if_killed(course, element, {"DialCallStatus": "failed", "DialBridged": "false"}))
    try:
        await _until_star(course, element, outcome)
    except asyncio.CancelledError:
        course.notify(element, outcome.parameters() | taping.end())
        raise
    finally:
        course.office.aftermath.settle(debt)
    told = outcome.parameters() | taping.end()
    if outcome.referral:
        return outcome.referral
    return course.goto(element, told) if element.string("action") else None


async def _connect(course: Course, element: Element, outcome: Outcome) -> None:
    conference = next(element.named("Conference"), None)
    queue = next(element.named("Queue"), None)
    if conference:
        await join_conference(course, element, conference, outcome)
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
