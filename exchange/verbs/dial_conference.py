"""Dial Conference: one leg's time in a conference, from the music before it starts to its end."""

import asyncio
from collections.abc import Mapping

from exchange.calls import waiting
from exchange.calls.call_flow import Course, Goto, cancelled
from exchange.conference.conference import HUNG_UP, LAST_LEFT, LED_AWAY, Conference, Seat
from exchange.conference.participant import Participant
from exchange.core.errors import CallError, WebhookError
from exchange.media.clock import either
from exchange.media.music import hold_music
from exchange.media.sound import Pcm, Source
from exchange.media.tones import beep
from exchange.recording.recording import Recording
from exchange.verbs.outcome import Outcome
from exchange.verbs.reporting import recording_callback, status_callback
from exchange.webhooks.twiml import Element

DEFAULT_EVENTS = "start end"
LABEL_TAKEN, COACHED_ABSENT, WRONG_VERB = 16025, 13240, 13238
DEFAULT_TIME_LIMIT = 14_400


async def join_conference(course: Course, element: Element, noun: Element, outcome: Outcome) -> None:
    """Stay until the leg hangs up, is taken elsewhere, is removed, its time is over, or the conference ends."""
    outcome.is_conference = True
    refusal = _refusal(course, noun)
    conference = course.office.conferences.open(noun.text, status_callback(course, noun, DEFAULT_EVENTS))
    conference.max_participants = noun.number("maxParticipants", conference.max_participants, 2, 250)
    if conference.is_full or refusal:
        outcome.status = "failed"
        if refusal:
            course.fault("conference_refused", WebhookError(*refusal, course.here.url))
        if not conference.participants and conference.status == "init":
            conference.end(LAST_LEFT)
        return
    participant = _participant(course, noun)
    began = course.office.ticker.seconds
    outcome.connect("answered")
    conference.join(participant)
    if noun.string("beep", "true").lower() in ("true", "onenter"):
        _beep(conference)
    staying = asyncio.ensure_future(_stay(course, noun, conference, participant))
    over = course.office.ticker.alarm(element.number("timeLimit", DEFAULT_TIME_LIMIT, 1))
    try:
        await either(staying, over)
        if staying.done():
            staying.result()
    except CallError as error:
        course.fault("wait_document_failed", error)
        outcome.status = "failed"
    finally:
        over.cancel()
        if not staying.done():
            await cancelled(staying)
        if participant.has_exit_beep or noun.string("beep", "true").lower() in ("true", "onexit"):
            _beep(conference)
        left = HUNG_UP if course.leg.facts.is_over else LED_AWAY if course.leg.was_redirected else ""
        conference.leave(participant, left)
        outcome.seconds = int(course.office.ticker.seconds - began)


def _refusal(course: Course, noun: Element) -> tuple[int, str] | None:
    """Why the leg may not come in: its label is taken, or whom it would coach is not inside."""
    there = course.office.conferences.named(noun.text)
    label, coached = noun.string("participantLabel"), noun.string("coach")
    if label and there and any(each.label == label for each in there.participants.values()):
        return LABEL_TAKEN, f"line {noun.line}: the label {label} is in use in this conference; choose another"
    if coached and not (there and coached in there.participants):
        return COACHED_ABSENT, f"line {noun.line}: coach: {coached} is not in this conference"
    return None


def _participant(course: Course, noun: Element) -> Participant:
    return Participant(
        leg=course.leg,
        joined=course.office.ticker.now(),
        label=noun.string("participantLabel"),
        is_muted=noun.flag("muted", False),
        starts=noun.flag("startConferenceOnEnter", True),
        ends=noun.flag("endConferenceOnExit", False),
        coaches=noun.string("coach"),
    )


def _beep(conference: Conference) -> None:
    """A beep for all who are inside."""
    if conference.is_running:
        conference.effects.append(Pcm(beep()))


async def _stay(course: Course, noun: Element, conference: Conference, participant: Participant) -> None:
    """Hear what fits the moment, and something else as soon as the moment changes."""
    while not participant.is_gone:
        changed = participant.changed.wait()
        _record(course, noun, conference)
        hearing = asyncio.ensure_future(_hear(course, noun, conference, participant))
        try:
            await either(hearing, changed)
        finally:
            changed.cancel()
            if not hearing.done():
                await cancelled(hearing)
        if not hearing.cancelled():
            hearing.result()


async def _hear(course: Course, noun: Element, conference: Conference, participant: Participant) -> None:
    """The conference; or music before it starts and while on hold. CallError when the wait address cannot be used."""
    if conference.is_running and not participant.is_held:
        await _sit(course, Seat(conference, participant))
    while participant.effects:
        await course.leg.play(participant.effects.pop(0))
    branch = course.branch(lambda: about(conference), waiting.IN_CONFERENCE, WRONG_VERB)
    if participant.is_held:
        await _on_hold(branch, participant)
    elif noun.string("waitUrl"):
        await waiting.once(branch, course.goto(noun, {}, "waitUrl", "waitMethod"))
    else:
        # An empty wait address asks for silence, none at all for music.
        await waiting.music(branch, bytes(16_000) if "waitUrl" in noun.attributes else hold_music())


async def _sit(course: Course, seat: Source) -> None:
    """Hear the others, until cancelled."""
    course.leg.hear(seat)
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        course.leg.unhear(seat)


async def _on_hold(branch: Course, participant: Participant) -> None:
    """The document for the time on hold; music where there is none, or none that can be used."""
    if participant.hold_url:
        goto = Goto(branch.here.join(participant.hold_url, participant.hold_method), {})
        try:
            await waiting.once(branch, goto)
        except CallError as error:
            branch.fault("wait_document_failed", error)
    await waiting.music(branch, hold_music())


def about(conference: Conference) -> Mapping[str, str]:
    """What wait addresses are told about the conference."""
    return {"ConferenceSid": conference.sid, "FriendlyName": conference.name}


def _record(course: Course, noun: Element, conference: Conference) -> None:
    """`record-from-start`: everybody on one channel, once for the whole conference."""
    if noun.string("record") not in ("record-from-start", "true") or not conference.is_running or conference.taps:
        return
    facts = course.office.recordings.new_facts("", 1, "Conference", recording_callback(course, noun))
    facts.conference_sid = conference.sid
    facts.trims = noun.string("trim", "trim-silence") == "trim-silence"
    recording: Recording = course.office.recordings.start(facts)
    conference.taps.append(recording)
    conference.on_over.append(recording.stop)
