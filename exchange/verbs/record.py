"""Record: a message left by the caller, ended by silence, a key, or its greatest length."""

import asyncio
from dataclasses import dataclass, field

from exchange.calls.call_flow import Course, Step
from exchange.calls.keys import KeyBox
from exchange.core.core import trace_recording
from exchange.media.audio import FRAME_SECONDS, level_db
from exchange.media.clock import Signal
from exchange.media.sound import Pcm
from exchange.media.tones import beep
from exchange.recording.recording import Recording
from exchange.verbs.reporting import recording_callback
from exchange.verbs.transcribe import AT_MOST_SECONDS, is_wanted, transcribe
from exchange.webhooks.twiml import Element

ANY_KEY = "1234567890*#"
QUIET_DB = -45.0
LONGEST, LONGEST_CALL_SECONDS = 3600, 86_400


@dataclass
class Message:
    """A tap in front of the recording: it tells when the speaker has been quiet for so long."""

    recording: Recording
    most_quiet_frames: int
    quiet: Signal = field(default_factory=Signal)
    frames: int = 0
    last_loud: int = 0

    def frame(self, said: bytes, heard: bytes) -> None:
        self.frames += 1
        if level_db(said) > QUIET_DB:
            self.last_loud = self.frames
        self.recording.frame(said, heard)
        if self.frames - self.last_loud >= self.most_quiet_frames:
            self.quiet.set()


async def record(course: Course, element: Element) -> Step:
    """Record, then go to the action; a message with nothing in it lets the document go on below."""
    if element.flag("playBeep", True):
        await course.leg.play(Pcm(beep()))
    leg = course.leg
    facts = course.office.recordings.new_facts(leg.sid, 1, "RecordVerb", recording_callback(course, element))
    facts.track = "inbound"
    facts.trims = element.string("trim", "trim-silence") == "trim-silence"
    recording = course.office.recordings.start(facts)
    # 0 turns the end by silence off.
    quiet_seconds = element.number("timeout", 5) or LONGEST_CALL_SECONDS
    message = Message(recording, round(quiet_seconds / FRAME_SECONDS))
    leg.taps = [*leg.taps, message]
    trace_recording(leg, recording)
    try:
        with leg.keys.listen() as box:
            key = await _until_over(course, element, message, box)
    except asyncio.CancelledError:
        _close(course, element, message)
        course.notify(element, _told(course, recording, "hangup"))
        raise
    _close(course, element, message)
    if not message.last_loud:
        return None
    return course.goto(element, _told(course, recording, key))


async def _until_over(course: Course, element: Element, message: Message, box: KeyBox) -> str:
    """The key that finished it; empty for silence and for the greatest length."""
    finish = element.attributes.get("finishOnKey", ANY_KEY)
    longest = AT_MOST_SECONDS if is_wanted(element) else LONGEST
    until = course.office.ticker.seconds + element.number("maxLength", longest, 1)
    while not message.quiet.is_set and (left := until - course.office.ticker.seconds) > 0:
        await course.office.ticker.first(box.wait(), message.quiet.wait(), seconds=left)
        key = box.pop()
        if key and key in finish:
            return key
    return ""


def _close(course: Course, element: Element, message: Message) -> None:
    """Take it off the leg and finish the file; a transcription is sent when it is done."""
    course.leg.taps = [tap for tap in course.leg.taps if tap is not message]
    message.recording.stop()
    trace_recording(course.leg, message.recording)
    if message.last_loud and is_wanted(element):
        told = _told(course, message.recording, "")
        course.office.webhooks.later(transcribe(course, element, message.recording, told))


def _told(course: Course, recording: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingSid": recording.facts.sid,
        "RecordingUrl": course.office.recordings.url(recording.facts.sid),
        "RecordingDuration": str(round(recording.facts.seconds)),
        "Digits": digits,
    }
