"""Record: a message left by the caller, ended by silence, a key, or its greatest length."""

import asyncio
from dataclasses import dataclass

from exchange.audio import FRAME_SECONDS, level_db
from exchange.clock import Signal
from exchange.course import Course, Step
from exchange.keys import KeyBox
from exchange.office import trace_recording
from exchange.recorder import Recording
from exchange.sound import Pcm
from exchange.tones import beep
from exchange.twiml import Element
from exchange.verbs.reporting import recording_callback

ANY_KEY = "1234567890*#"
QUIET_DB = -45.0


@dataclass
class SilenceWatch:
    """A tap that tells when the speaker has been quiet for so long, and where the last sound was."""

    most_quiet_frames: int
    quiet: Signal
    frames: int = 0
    last_loud: int = 0

    def frame(self, said: bytes, heard: bytes) -> None:  # noqa: ARG002 - a tap is given both directions
        self.frames += 1
        if level_db(said) > QUIET_DB:
            self.last_loud = self.frames
        if self.frames - self.last_loud >= self.most_quiet_frames:
            self.quiet.set()


async def record(course: Course, element: Element) -> Step:
    """Record, then go to the action; a message with nothing in it lets the document go on below."""
    if element.flag("playBeep", True):
        await course.leg.play(Pcm(beep()))
    leg, recordings = course.leg, course.office.recordings
    facts = recordings.new_facts(leg.sid, 1, "RecordVerb", recording_callback(course, element))
    facts.track = "inbound"
    recording = recordings.start(facts)
    timeout = element.number("timeout", 5, 1)
    watch = SilenceWatch(round(timeout / FRAME_SECONDS), Signal())
    leg.taps += [watch, recording]
    trace_recording(leg, recording)
    try:
        with leg.keys.listen() as box:
            key = await _until_over(course, element, watch, box)
    except asyncio.CancelledError:
        _close(course, element, recording, watch)
        course.notify(element, _told(course, recording, "hangup"))
        raise
    _close(course, element, recording, watch)
    if not watch.last_loud:
        return None
    return course.goto(element, _told(course, recording, key))


async def _until_over(course: Course, element: Element, watch: SilenceWatch, box: KeyBox) -> str:
    """The key that finished it; empty for silence and for the greatest length."""
    finish = element.attributes.get("finishOnKey", ANY_KEY)
    until = course.office.ticker.seconds + element.number("maxLength", 3600, 1)
    while not watch.quiet.is_set and (left := until - course.office.ticker.seconds) > 0:
        await course.office.ticker.first(box.wait(), watch.quiet.wait(), seconds=left)
        key = box.pop()
        if key and key in finish:
            return key
    return ""


def _close(course: Course, element: Element, recording: Recording, watch: SilenceWatch) -> None:
    """Take it off the leg; `trim-silence` leaves out the quiet end."""
    course.leg.taps = [tap for tap in course.leg.taps if tap is not watch and tap is not recording]
    trims = element.string("trim", "trim-silence") == "trim-silence"
    recording.stop(watch.last_loud if trims else None)
    trace_recording(course.leg, recording)


def _told(course: Course, recording: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingSid": recording.facts.sid,
        "RecordingUrl": course.office.recordings.url(recording.facts.sid),
        "RecordingDuration": str(round(recording.facts.seconds)),
        "Digits": digits,
    }
