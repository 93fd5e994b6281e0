"""Dial Conference: one leg's time in a conference, from the music before it starts to its end."""

import asyncio
from collections.abc import Mapping

from exchange.calls.conference.conference import HUNG_UP, LAST_LEFT, REDIRECTED, Conference, ConferenceMix
from exchange.calls.conference.participant import Participant
from exchange.calls.recording.recording import LiveRecording
from exchange.core.errors import CallError, WebhookError
from exchange.flow import wait_document
from exchange.flow.call_flow import CallFlow, Goto, cancel
from exchange.media.audio_source import AudioSource, PcmSource
from exchange.media.clock import wait_for_any
from exchange.media.music import hold_music
from exchange.media.tones import beep
from exchange.verbs.callbacks import recording_callback, status_callback
from exchange.verbs.dial_outcome import DialOutcome
from exchange.webhooks.twiml import Element

DEFAULT_EVENTS = "start end"
LABEL_TAKEN, COACHED_ABSENT, WRONG_VERB = 16025, 13240, 13238
DEFAULT_TIME_LIMIT = 14_400


async def join_conference(flow: CallFlow, element: Element, noun: Element, outcome: DialOutcome) -> None:
    """Stay until the leg hangs up, is taken elsewhere, is removed, its time is over, or the conference ends."""
    outcome.is_conference = True
    refusal = _refusal(flow, noun)
    conference = flow.context.conferences.open(noun.text, status_callback(flow, noun, DEFAULT_EVENTS))
    conference.max_participants = noun.number("maxParticipants", conference.max_participants, 2, 250)
    if conference.is_full or refusal:
        outcome.status = "failed"
        if refusal:
            flow.fault("conference_refused", WebhookError(*refusal, flow.here.url))
        if not conference.participants and conference.status == "init":
            conference.end(LAST_LEFT)
        return
    participant = _participant(flow, noun)
    began = flow.context.ticker.seconds
    outcome.connect("answered")
    conference.join(participant)
    if noun.string("beep", "true").lower() in ("true", "onenter"):
        _beep(conference)
    staying = asyncio.ensure_future(_stay(flow, noun, conference, participant))
    over = flow.context.ticker.alarm(element.number("timeLimit", DEFAULT_TIME_LIMIT, 1))
    try:
        await wait_for_any(staying, over)
        if staying.done():
            staying.result()
    except CallError as error:
        flow.fault("wait_document_failed", error)
        outcome.status = "failed"
    finally:
        over.cancel()
        if not staying.done():
            await cancel(staying)
        if participant.has_exit_beep or noun.string("beep", "true").lower() in ("true", "onexit"):
            _beep(conference)
        left = HUNG_UP if flow.leg.facts.is_over else REDIRECTED if flow.leg.was_redirected else ""
        conference.leave(participant, left)
        outcome.seconds = int(flow.context.ticker.seconds - began)


def _refusal(flow: CallFlow, noun: Element) -> tuple[int, str] | None:
    """Return why the leg may not come in: its label is taken, or whom it would coach is not inside."""
    there = flow.context.conferences.named(noun.text)
    label, coached = noun.string("participantLabel"), noun.string("coach")
    if label and there and any(each.label == label for each in there.participants.values()):
        return LABEL_TAKEN, f"line {noun.line}: the label {label} is in use in this conference; choose another"
    if coached and not (there and coached in there.participants):
        return COACHED_ABSENT, f"line {noun.line}: coach: {coached} is not in this conference"
    return None


def _participant(flow: CallFlow, noun: Element) -> Participant:
    return Participant(
        leg=flow.leg,
        joined=flow.context.ticker.now(),
        label=noun.string("participantLabel"),
        is_muted=noun.flag("muted", default=False),
        starts=noun.flag("startConferenceOnEnter", default=True),
        ends=noun.flag("endConferenceOnExit", default=False),
        coaches=noun.string("coach"),
    )


def _beep(conference: Conference) -> None:
    """Play a beep to all who are inside."""
    if conference.is_running:
        conference.effects.append(PcmSource(beep()))


async def _stay(flow: CallFlow, noun: Element, conference: Conference, participant: Participant) -> None:
    """Hear what fits the moment, and something else as soon as the moment changes."""
    while not participant.is_gone:
        changed = participant.changed.wait()
        _record(flow, noun, conference)
        hearing = asyncio.ensure_future(_hear(flow, noun, conference, participant))
        try:
            await wait_for_any(hearing, changed)
        finally:
            changed.cancel()
            if not hearing.done():
                await cancel(hearing)
        if not hearing.cancelled():
            hearing.result()


async def _hear(flow: CallFlow, noun: Element, conference: Conference, participant: Participant) -> None:
    """Play the conference; or music before it starts and while on hold. Raises `CallError` when the wait address is
    unusable.
    """
    if conference.is_running and not participant.is_held:
        await _sit(flow, ConferenceMix(conference, participant))
    while participant.effects:
        await flow.leg.play(participant.effects.pop(0))
    branch = flow.branch(lambda: about(conference), wait_document.IN_CONFERENCE, WRONG_VERB)
    if participant.is_held:
        await _on_hold(branch, participant)
    elif noun.string("waitUrl"):
        await wait_document.play_document(branch, flow.goto(noun, {}, "waitUrl", "waitMethod"))
    else:
        # An empty wait address asks for silence, none at all for music.
        await wait_document.play_music(branch, bytes(16_000) if "waitUrl" in noun.attributes else hold_music())


async def _sit(flow: CallFlow, seat: AudioSource) -> None:
    """Hear the others, until cancelled."""
    flow.leg.set_source(seat)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        flow.leg.clear_source(seat)


async def _on_hold(branch: CallFlow, participant: Participant) -> None:
    """Play the document for the time on hold; music where there is none, or none that can be used."""
    if participant.hold_url:
        goto = Goto(branch.here.join(participant.hold_url, participant.hold_method), {})
        try:
            await wait_document.play_document(branch, goto)
        except CallError as error:
            branch.fault("wait_document_failed", error)
    await wait_document.play_music(branch, hold_music())


def about(conference: Conference) -> Mapping[str, str]:
    """Return what wait addresses are told about the conference."""
    return {"ConferenceSid": conference.sid, "FriendlyName": conference.name}


def _record(flow: CallFlow, noun: Element, conference: Conference) -> None:
    """Record everybody on one channel, once for the whole conference (`record-from-start`)."""
    if noun.string("record") not in ("record-from-start", "true") or not conference.is_running or conference.taps:
        return
    facts = flow.context.recordings.new_facts("", 1, "Conference", recording_callback(flow, noun))
    facts.conference_sid = conference.sid
    facts.trims = noun.string("trim", "trim-silence") == "trim-silence"
    recording: LiveRecording = flow.context.recordings.start(facts)
    conference.taps.append(recording)
    conference.on_over.append(recording.stop)
