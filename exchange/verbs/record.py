"""Record: a message left by the caller, ended by silence, a key, or its greatest length."""

import asyncio
from dataclasses import dataclass, field

from exchange.calls.key_buffer import KeyBuffer
from exchange.calls.recording.recording import LiveRecording
from exchange.flow.call_flow import CallFlow, Step
from exchange.flow.context import trace_recording
from exchange.media.audio import level_db
from exchange.media.audio_source import PcmSource
from exchange.media.clock import Signal
from exchange.media.tones import beep
from exchange.verbs.callbacks import recording_callback
from exchange.verbs.transcribe import AT_MOST_SECONDS, is_wanted, transcribe
from exchange.webhooks.twiml import Element

ANY_KEY = "1234567890*#"
QUIET_DB = -45.0
LONGEST, LONGEST_CALL_SECONDS = 3600, 86_400


@dataclass
class MessageEnd:
    """A tap in front of the recording: it tells when the speaker has been quiet for so long."""

    recording: LiveRecording
    most_quiet_frames: int
    quiet: Signal = field(default_factory=Signal)
    frames: int = 0
    last_loud: int = 0

    def frame(self, inbound: bytes, outbound: bytes) -> None:
        self.frames += 1
        if level_db(inbound) > QUIET_DB:
            self.last_loud = self.frames
        self.recording.frame(inbound, outbound)
        if self.frames - self.last_loud >= self.most_quiet_frames:
            self.quiet.set()


async def record(flow: CallFlow, element: Element) -> Step:
    """Record, then go to the action; a message with nothing in it lets the document go on below."""
    if element.flag("playBeep", default=True):
        await flow.leg.play(PcmSource(beep()))
    leg = flow.leg
    facts = flow.context.recordings.new_facts(leg.sid, 1, "RecordVerb", recording_callback(flow, element))
    facts.track = "inbound"
    facts.trims = element.string("trim", "trim-silence") == "trim-silence"
    recording = flow.context.recordings.start(facts)
    # 0 turns the end by silence off.
    quiet_seconds = element.number("timeout", 5) or LONGEST_CALL_SECONDS
    message = MessageEnd(recording, flow.context.ticker.frames(quiet_seconds))
    leg.taps = [*leg.taps, message]
    trace_recording(leg, recording)
    try:
        with leg.keys.listen() as box:
            key = await _until_over(flow, element, message, box)
    except asyncio.CancelledError:
        _close(flow, element, message)
        flow.notify(element, _told(flow, recording, "hangup"))
        raise
    _close(flow, element, message)
    if not message.last_loud:
        return None
    return flow.goto(element, _told(flow, recording, key))


async def _until_over(flow: CallFlow, element: Element, message: MessageEnd, box: KeyBuffer) -> str:
    """Return the key that finished it; empty for silence and for the greatest length."""
    finish = element.attributes.get("finishOnKey", ANY_KEY)
    longest = AT_MOST_SECONDS if is_wanted(element) else LONGEST
    until = flow.context.ticker.seconds + element.number("maxLength", longest, 1)
    while not message.quiet.is_set and (left := until - flow.context.ticker.seconds) > 0:
        await flow.context.ticker.first(box.wait(), message.quiet.wait(), seconds=left)
        key = box.pop()
        if key and key in finish:
            return key
    return ""


def _close(flow: CallFlow, element: Element, message: MessageEnd) -> None:
    """Take the recording off the leg and finish the file; a transcription is sent when it is done."""
    flow.leg.taps = [tap for tap in flow.leg.taps if tap is not message]
    message.recording.stop()
    trace_recording(flow.leg, message.recording)
    if message.last_loud and is_wanted(element):
        parameters = _told(flow, message.recording, "")
        flow.context.webhooks.later(transcribe(flow, element, message.recording, parameters))


def _told(flow: CallFlow, recording: LiveRecording, digits: str) -> dict[str, str]:
    return {
        "RecordingSid": recording.facts.sid,
        "RecordingUrl": flow.context.recordings.url(recording.facts.sid),
        "RecordingDuration": str(round(recording.facts.seconds)),
        "Digits": digits,
    }
