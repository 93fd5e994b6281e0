"""Dial: its attributes, and what follows when the conversation is over. The modules beside this one
connect its nouns.
"""

import asyncio

from exchange.calls.bridge import star_pressed
from exchange.calls.recording.recording import LiveRecording
from exchange.flow.call_flow import CallFlow, Step
from exchange.flow.context import RecordingOptions
from exchange.media.clock import wait_for_any
from exchange.verbs.callbacks import recording_callback, reports_if_killed
from exchange.verbs.dial_conference import join_conference
from exchange.verbs.dial_number import dial_numbers
from exchange.verbs.dial_outcome import DialOutcome
from exchange.verbs.dial_queue import take_from_queue
from exchange.webhooks.twiml import Element


class DialRecording:
    """The recording a Dial asks for: `record-from-answer-dual` and its kin, the caller on channel 1."""

    def __init__(self, flow: CallFlow, element: Element) -> None:
        self._course = flow
        self._how = element.string("record")
        self._callback = recording_callback(flow, element)
        track = element.string("recordingTrack")
        self._track = track if track in ("inbound", "outbound") else "both"
        self._trims = element.string("trim") == "trim-silence"
        self._recording: LiveRecording | None = None

    def begin(self, moment: str) -> None:
        """Start at this moment (`ringing`, `answer`) if that is what was asked."""
        asked_moment = "answer" if self._how == "true" else self._how.removesuffix("-dual").removeprefix("record-from-")
        if asked_moment == moment and not self._recording:
            channels = 2 if self._how.endswith("-dual") else 1
            how = RecordingOptions(channels if self._track == "both" else 1, "DialVerb", self._track, self._trims)
            self._recording = self._course.context.record(self._course.leg, how, self._callback)

    def end(self) -> dict[str, str]:
        """Stop; return what the action is told about it."""
        if not self._recording:
            return {}
        self._course.context.stop_recording(self._recording)
        sid = self._recording.facts.sid
        return {"RecordingUrl": self._course.context.recordings.url(sid), "RecordingSid": sid}


async def dial(flow: CallFlow, element: Element) -> Step:
    """Connect the leg; the action hears how it went, and without action the document goes on below."""
    taping = DialRecording(flow, element)
    outcome = DialOutcome(on_connect=lambda: taping.begin("answer"))
    taping.begin("ringing")
    debt = f"{flow.leg.sid} dial"
    flow.context.pending_reports.keep(
        debt, reports_if_killed(flow, element, {"DialCallStatus": "failed", "DialBridged": "false"})
    )
    try:
        await _until_star(flow, element, outcome)
    except asyncio.CancelledError:
        flow.notify(element, outcome.parameters() | taping.end())
        raise
    finally:
        flow.context.pending_reports.settle(debt)
    parameters = outcome.parameters() | taping.end()
    if outcome.referral:
        return outcome.referral
    return flow.goto(element, parameters) if element.string("action") else None


async def _connect(flow: CallFlow, element: Element, outcome: DialOutcome) -> None:
    conference = next(element.named("Conference"), None)
    queue = next(element.named("Queue"), None)
    if conference:
        await join_conference(flow, element, conference, outcome)
    elif queue:
        await take_from_queue(flow, element, queue, outcome)
    else:
        await dial_numbers(flow, element, outcome)


async def _until_star(flow: CallFlow, element: Element, outcome: DialOutcome) -> None:
    """Connect; with `hangupOnStar` the caller may end it by a key and keeps the line."""
    if not element.flag("hangupOnStar", default=False):
        await _connect(flow, element, outcome)
        return
    with flow.leg.keys.listen() as box:
        talking = asyncio.ensure_future(_connect(flow, element, outcome))
        star = asyncio.ensure_future(star_pressed(box))
        try:
            await wait_for_any(talking, star)
        finally:
            for task in (talking, star):
                task.cancel()
            await asyncio.wait({talking, star})
        if not talking.cancelled():
            talking.result()
