"""The conversation with a patient as the webhooks meet it: load, decide (`campaigns.dialogue.dialogue`), save, answer.

A turn that comes twice, late or out of order is answered from what is stored, and changes nothing. The conversation is
a call like any other: when a nurse is wanted it stands in line as callers do.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from campaigns.dialogue import attempt_progress, dialogue, doctor_absence, effects, questions, scripts_file
from campaigns.dialogue.attempt_progress import Start
from campaigns.dialogue.dialogue_state import Heard, Outcome, Person, Place, Stage
from campaigns.dialogue.script import Script
from crm.patients import identity_index
from hotline import clock
from hotline.context import AppContext
from hotline.models import Attempt, Call
from hotline.outbox import call_log
from hotline.values.call_events import CallStarted
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallStatus, Direction
from hotline.values.states.campaign import CampaignKind
from hotline.values.states.leg import LegStatus
from ivr.dialogue import rendering
from ivr.dialogue.engine import LEFT, WAIT
from routing.calls import legs
from telephony import twiml, webhook_urls
from telephony.turn import Turn
from telephony.verbs import Enqueue, Gather, Hangup, Redirect, Say, Verb

BACK_SECONDS = 6
# May be said to anybody.
SORRY = "wrong_number"


def begin(context: AppContext, start: Start, sid: str | None, now: datetime) -> str:
    """The document that a patient's line goes on with when it was picked up; asked again, the same.

    `sid` is the exchange's id of the line.
    """
    if sid is None:
        return goodbye(context, start.language)
    with context.database.write() as session:
        fresh = attempt_progress.start(session, start.attempt_id)
        if fresh is None:
            return goodbye(context, start.language)
        if fresh.call_id is not None:
            call = session.get_one(Call, fresh.call_id)
            return call.last_answer if call.turn == 1 and call.last_answer else _where(session, context, fresh, call)
        return _begin(session, context, fresh, sid, now)


def goodbye(context: AppContext, language: Language | None = None) -> str:
    """The document for whoever is not to be called any more: the hospital's name and nothing else."""
    chosen = language or context.settings.default_language
    script = next(iter(scripts_of(context).values()))
    return twiml.render((Say(script.phrases["greeting"][chosen], chosen), Hangup()))


def _broken_off(session: Session, context: AppContext, attempt_id: str) -> str:
    """The document for whoever is on the line when their calls are stopped: an apology, and nothing that tells why.

    Who stands in line for a nurse or speaks with one stays where they are: that is between people now.
    """
    attempt = session.get(Attempt, attempt_id)
    call = session.get(Call, attempt.call_id) if attempt is not None and attempt.call_id else None
    if call is None:
        return goodbye(context)
    if call.status is CallStatus.TALKING:
        return twiml.render((Redirect(webhook_urls.connect(call.id)),))
    script = next(iter(scripts_of(context).values()))
    if call.status is CallStatus.WAITING:
        return document((Enqueue(script.queue, WAIT, LEFT),), (attempt_id, call.id), call.turn)
    return twiml.render((Say(script.phrases[SORRY][call.language], call.language), Hangup()))


def _begin(session: Session, context: AppContext, start: Start, sid: str, now: datetime) -> str:
    attempt = session.get_one(Attempt, start.attempt_id)
    script, person = script_of(context, start), person_of(session, start)
    question = str(start.place.get("question", ""))
    begun = dialogue.begin(script, person, start.language, question, attempt_progress.heard_by(attempt))
    call = Call(
        id=clock.new_id(),
        provider_sid=sid,
        caller_number=start.number,
        caller_index=identity_index.number_index(context.keyring, start.number),
        direction=Direction.INBOUND if start.is_inbound else Direction.OUTBOUND,
        language=start.language,
        intent=Intent.CONSULTATION,
        started_at=now,
        heard_at=now,
    )
    session.add(call)
    session.flush()
    legs.caller_line(session, call.id, legs.LegReport(sid, LegStatus.ANSWERED), now)
    attempt_progress.joined(session, start.attempt_id, call.id)
    call_log.record(session, context.notifier, call.id, CallStarted(attempt_id=start.attempt_id), now)
    return _save(session, context, start, call, begun, now)


def turn(context: AppContext, attempt_id: str, number: int, said: Turn, now: datetime) -> str:
    """The patient pressed a key, said something, or let the time pass: turn `number` of this conversation."""
    with context.database.write() as session:
        start = attempt_progress.start(session, attempt_id)
        if start is None or start.call_id is None:
            return _broken_off(session, context, attempt_id) if start is None else goodbye(context, start.language)
        call = session.get_one(Call, start.call_id, with_for_update=True, populate_existing=True)
        if number == call.turn - 1 and call.last_answer and call.status is not CallStatus.ENDED:
            return call.last_answer
        if number != call.turn or call.status is not CallStatus.IN_MENU:
            return _where(session, context, start, call)
        call.heard_at = now
        attempt = session.get_one(Attempt, attempt_id)
        heard = Heard(said.digits or "", said.words, said.recording_sid is not None, attempt_progress.heard_by(attempt))
        script, person = script_of(context, start), person_of(session, start)
        outcome = dialogue.step(script, person, read_place(attempt), heard, now)
        return _save(session, context, start, call, outcome, now)


def known(context: AppContext, attempt_id: str, now: datetime) -> str:
    """The exchange knows who answered: what follows from that; further on, or again, where the line stands."""
    with context.database.write() as session:
        start = attempt_progress.start(session, attempt_id)
        if start is None or start.call_id is None:
            return _broken_off(session, context, attempt_id) if start is None else goodbye(context, start.language)
        call = session.get_one(Call, start.call_id, with_for_update=True, populate_existing=True)
        attempt = session.get_one(Attempt, attempt_id)
        if not attempt_progress.is_led(attempt) or call.status is not CallStatus.IN_MENU:
            return _where(session, context, start, call)
        script, person = script_of(context, start), person_of(session, start)
        heard = Heard(by=attempt_progress.heard_by(attempt))
        return _save(session, context, start, call, dialogue.step(script, person, read_place(attempt), heard, now), now)


def _save(session: Session, context: AppContext, start: Start, call: Call, outcome: Outcome, now: datetime) -> str:
    """Write the turn down with all that follows from it; its document."""
    place = outcome.place
    call.turn, call.language = call.turn + 1, place.language
    session.get_one(Attempt, start.attempt_id).place = write_place(place)
    call.last_answer = text = document(outcome.verbs, (start.attempt_id, call.id), call.turn)
    effects.apply(session, context, (start, call), outcome, now)
    if place.stage is Stage.QUESTION:
        attempt_progress.keep_place(session, start.attempt_id, {"question": place.question})
    return text


def greet_missed_patient(context: AppContext, said: Turn) -> str | None:
    """What a patient hears who calls after we have tried to reach them: to go on, or the menu; `None` for others."""
    index = context.keyring.index(said.caller.e164) if said.caller is not None else None
    with context.database.read() as session:
        if said.call_sid is None or attempt_progress.recognise(session, index) is None:
            return None
    script, language = next(iter(scripts_of(context).values())), context.settings.default_language
    asked = Say(script.phrases["back"][language], language)
    return twiml.render((Gather(webhook_urls.MISSED_PATIENT, (asked,), 1, BACK_SECONDS), Redirect(webhook_urls.MENU)))


def call_back(context: AppContext, said: Turn, now: datetime) -> str:
    """The patient pressed a key there: one goes on where we stopped, anything else is the menu. Again: the same."""
    index = context.keyring.index(said.caller.e164) if said.caller is not None else None
    start = None
    if said.digits == "1" and said.call_sid is not None:
        with context.database.write() as session:
            recipient_id = attempt_progress.recognise(session, index)
            known = attempt_progress.of_line(session, said.call_sid)
            if known is None and recipient_id is not None:
                known = attempt_progress.call_back(session, recipient_id, said.call_sid, None, now)
            start = known
    return twiml.render((Redirect(webhook_urls.MENU),)) if start is None else begin(context, start, said.call_sid, now)


def _where(session: Session, context: AppContext, start: Start, call: Call) -> str:
    """What a line hears that asks out of turn: where it stands. Nothing changes."""
    if call.status is CallStatus.ENDED:
        return twiml.render((Hangup(),))
    if call.status is CallStatus.TALKING:
        return twiml.render((Redirect(webhook_urls.connect(call.id)),))
    place = read_place(session.get_one(Attempt, start.attempt_id))
    verbs = dialogue.repeat(script_of(context, start), person_of(session, start), place)
    return document(verbs, (start.attempt_id, call.id), call.turn)


def unanswered(context: AppContext, attempt_id: str) -> str:
    """No nurse came within the rings: what to do meanwhile, and back into the line."""
    with context.database.read() as session:
        start = attempt_progress.start(session, attempt_id)
        attempt = session.get(Attempt, attempt_id)
        call = session.get(Call, attempt.call_id) if attempt and attempt.call_id else None
        if start is None and call is not None and call.status is CallStatus.WAITING:
            return _broken_off(session, context, attempt_id)
    if start is None or attempt is None or call is None or call.status is not CallStatus.WAITING:
        return twiml.render((Hangup(),) if call is None or call.status is CallStatus.ENDED else ())
    script, place = script_of(context, start), read_place(attempt)
    said = questions.say(script, place, "no_nurse")
    return document((said, Enqueue(script.queue, WAIT, LEFT)), (attempt_id, call.id), call.turn)


def document(verbs: tuple[Verb, ...], ids: tuple[str, str], number: int) -> str:
    """Return the TwiML for attempt and call; `number` is the turn that is expected next."""
    attempt_id, call_id = ids
    urls = rendering.addresses(call_id, webhook_urls.attempt_turn(attempt_id, number))
    return rendering.fill(verbs, urls, lambda said: said)


def scripts_of(context: AppContext) -> Mapping[str, Script]:
    """The scripts of this hospital."""
    settings = context.settings
    names = (settings.hospital_name_zh, settings.hospital_name_en)
    return scripts_file.of(settings.campaign_scripts, *names, settings.hotline_number)


def script_of(context: AppContext, start: Start) -> Script:
    """The script of this conversation; one that a hospital has removed meanwhile is the general one, or any."""
    known = scripts_of(context)
    if start.kind is CampaignKind.DOCTOR_AWAY:
        return doctor_absence.script(next(iter(known.values())), doctor_absence.Notice.read(start.about))
    return known.get(start.script) or known.get("general") or next(iter(known.values()))


def person_of(session: Session, start: Start) -> Person:
    """Whom we want to speak with, and what tells that it is they."""
    number_end, zone = attempt_progress.check_of(session, start.recipient_id)
    return Person(start.name, start.birth_date, number_end, ZoneInfo(zone), start.is_inbound)


def read_place(attempt: Attempt) -> Place:
    """The place that `write_place` stored."""
    stored = dict(attempt.place)
    return Place(**(stored | {"stage": Stage(stored["stage"]), "language": Language(stored["language"])}))


def write_place(place: Place) -> dict[str, Any]:
    """The place as the database keeps it."""
    return asdict(place) | {"stage": place.stage.value, "language": place.language.value}
