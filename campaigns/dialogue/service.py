"""The conversation with a patient as the webhooks meet it: load, decide (`campaigns.dialogue.dialogue`), save, render.

It is a call like any other and saved by the same compare-and-set: a turn that comes twice, late or out of order is
answered from what is stored. When a nurse is wanted the patient waits as callers do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.dialogue import dialogue, effect_service, progress_service, questions, script_queries
from campaigns.dialogue.conversation import AttemptDetails
from campaigns.dialogue.dialogue_state import (
    DialogueDecision,
    DialogueState,
    NoteVerified,
    PatientTurn,
    RightParty,
    Stage,
    StartRecording,
    read_state,
    write_state,
)
from campaigns.dialogue.script import Script
from crm.patients import identity_index
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Attempt, Call
from hotline.outbox import call_log
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import CallStarted
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome, CallStatus, Direction
from hotline.values.states.leg import LegStatus
from ivr.dialogue import queries as calls
from ivr.dialogue import rendering
from ivr.dialogue.engine import LEFT, WAIT
from ivr.dialogue.flow_state import CallSnapshot
from ivr.dialogue.queries import Step
from ivr.dialogue.service import ATTEMPTS
from ivr.errors import CallMovedOn
from routing.calls import leg_service
from telephony import webhook_urls
from telephony.provider import twiml
from telephony.turn import Turn
from telephony.verbs import Enqueue, Hangup, Redirect, Say, Verb

APOLOGY = "wrong_number"  # may be said to anybody


@dataclass(frozen=True)
class Conversation:
    """A conversation as one turn sees it."""

    details: AttemptDetails
    call: CallSnapshot
    attempt: Attempt
    script: Script
    person: RightParty

    @property
    def state(self) -> DialogueState:
        """Return where it stands."""
        return read_state(self.attempt.dialogue_state)

    def document(self, verbs: Sequence[Verb], turn: int) -> str:
        """Return the TwiML; `turn` is the number of the turn that is expected next."""
        return document(verbs, self.details.attempt_id, self.call.call_id, turn)


def begin(context: AppContext, details: AttemptDetails, sid: str | None, now: datetime) -> str:
    """Answer a patient's line that was picked up; asked again, the same. `sid` is the provider's id of the line."""
    if sid is None:
        return goodbye(context.settings, details.language)
    with context.database.write() as session:
        fresh = progress_service.details(session, details.attempt_id)
        if fresh is None:
            return goodbye(context.settings, details.language)
        if fresh.call_id is None:
            return _begin(session, context, fresh, sid, now)
        conversation = _conversation(session, context.settings, fresh, fresh.call_id)
        before = calls.last_answer(session, fresh.call_id) if conversation.call.turn == 1 else None
        return before or _answer_out_of_turn(conversation)


def next_turn(context: AppContext, attempt_id: str, number: int, turn: Turn, now: datetime) -> str:
    """Answer turn `number` of a conversation: a key, words, or the time for them has passed."""

    def answer(session: Session, conversation: Conversation) -> str:
        call = conversation.call
        if number == call.turn - 1 and call.status is not CallStatus.ENDED:
            before = calls.last_answer(session, call.call_id)
            if before:
                return before
        if number != call.turn or call.status is not CallStatus.IN_MENU:
            return _answer_out_of_turn(conversation)
        told = PatientTurn(turn.digits or "", turn.words, turn.recording_sid is not None)
        return _save(session, context.notifier, context.settings, conversation, _decide(conversation, told, now), now)

    return _answer(context.database, context.settings, attempt_id, answer)


def answered_by_known(context: AppContext, attempt_id: str, now: datetime) -> str:
    """Answer a line of which it is known who answered; further on, or again, it is told where it stands."""

    def answer(session: Session, conversation: Conversation) -> str:
        is_awaited = progress_service.awaits_detection(conversation.attempt)
        if not is_awaited or conversation.call.status is not CallStatus.IN_MENU:
            return _answer_out_of_turn(conversation)
        decision = _decide(conversation, PatientTurn(), now)
        return _save(session, context.notifier, context.settings, conversation, decision, now)

    return _answer(context.database, context.settings, attempt_id, answer)


def unanswered(database: Database, settings: Settings, attempt_id: str) -> str:
    """Answer a patient for whom no nurse came within the rings: what to do meanwhile, and back to the queue."""
    with database.read() as session:
        details = progress_service.details(session, attempt_id)
        attempt = session.get(Attempt, attempt_id)
        call = calls.snapshot(session, attempt.call_id) if attempt and attempt.call_id else None
        if call is None or call.status is CallStatus.ENDED:
            return twiml.render((Hangup(),))
        if call.status is not CallStatus.WAITING:
            return twiml.render(())
        if details is None:
            return _stopped(session, settings, attempt_id)
        conversation = _conversation(session, settings, details, call.call_id)
    said = questions.say(conversation.script, conversation.state, "no_nurse")
    return conversation.document((said, Enqueue(conversation.script.queue, WAIT, LEFT)), call.turn)


def goodbye(settings: Settings, language: Language | None = None) -> str:
    """Return the document for whoever is not to be called any more: the hospital's name and nothing else."""
    chosen = language or settings.default_language
    return twiml.render((Say(script_queries.any_of(settings).phrases["greeting"][chosen], chosen), Hangup()))


def document(verbs: Sequence[Verb], attempt_id: str, call_id: str, turn: int) -> str:
    """Return the TwiML of a conversation; `turn` is the number of the turn that is expected next."""
    urls = rendering.addresses(call_id, webhook_urls.attempt_turn(attempt_id, turn))
    return twiml.render(rendering.fill(verbs, urls, lambda said: said))


def _answer(
    database: Database, settings: Settings, attempt_id: str, answer: Callable[[Session, Conversation], str]
) -> str:
    """Answer a webhook of a conversation that goes on; decided anew when another delivery went on with it meanwhile."""
    for _ in range(ATTEMPTS):
        try:
            with database.write() as session:
                details = progress_service.details(session, attempt_id)
                if details is None:
                    return _stopped(session, settings, attempt_id)
                if details.call_id is None:
                    return goodbye(settings, details.language)
                return answer(session, _conversation(session, settings, details, details.call_id))
        except CallMovedOn:
            continue
    return twiml.render((Redirect(webhook_urls.FALLBACK),))


def _conversation(session: Session, settings: Settings, details: AttemptDetails, call_id: str) -> Conversation:
    call = calls.snapshot(session, call_id)
    if call is None:
        raise LookupError(f"no call {call_id}")
    attempt = session.get_one(Attempt, details.attempt_id)
    script, person = script_queries.of_conversation(settings, details), script_queries.person_of(session, details)
    return Conversation(details, call, attempt, script, person)


def _begin(session: Session, context: AppContext, details: AttemptDetails, sid: str, now: datetime) -> str:
    call = Call(
        id=clock.new_id(),
        provider_sid=sid,
        caller_number=details.number,
        caller_index=identity_index.number_index(context.keyring, details.number),
        direction=Direction.INBOUND if details.is_inbound else Direction.OUTBOUND,
        language=details.language,
        intent=Intent.CONSULTATION,
        started_at=now,
        last_report_at=now,
    )
    session.add(call)
    session.flush()
    leg_service.caller_line(session, call.id, leg_service.LegReport(sid, LegStatus.ANSWERED), now)
    progress_service.note_call(session, details.attempt_id, call.id)
    call_log.record(session, context.notifier, call.id, CallStarted(attempt_id=details.attempt_id), now)
    conversation = _conversation(session, context.settings, details, call.id)
    question, by = str(details.dialogue_state.get("question", "")), progress_service.answered_by(conversation.attempt)
    begun = dialogue.begin(conversation.script, conversation.person, details.language, question, by)
    return _save(session, context.notifier, context.settings, conversation, begun, now)


def _decide(conversation: Conversation, turn: PatientTurn, now: datetime) -> DialogueDecision:
    turn = replace(turn, by=progress_service.answered_by(conversation.attempt))
    return dialogue.step(conversation.script, conversation.person, conversation.state, turn, now)


def _save(
    session: Session, notifier: Notifier, settings: Settings, led: Conversation, done: DialogueDecision, now: datetime
) -> str:
    """Save a decision with all that follows from it; return its document. Raises `CallMovedOn`."""
    details, call, state = led.details, led.call, done.state
    text = led.document(done.verbs, call.turn + 1)
    is_recorded = any(isinstance(effect, StartRecording) for effect in done.effects)
    is_verified = any(isinstance(effect, NoteVerified) for effect in done.effects)
    outcome = CallOutcome.ANSWERED if is_verified else session.get_one(Call, call.call_id).outcome
    flow_state = replace(call.state, language=state.language)
    if not calls.advance(session, call, Step(flow_state, text, outcome, now if is_recorded else None, now)):
        raise CallMovedOn(call.call_id)
    led.attempt.dialogue_state = write_state(state)
    row = session.get_one(Call, call.call_id, populate_existing=True)
    effect_service.apply(session, notifier, settings, effect_service.AttemptCall(details, row), done, now)
    if state.stage is Stage.QUESTION:
        progress_service.save_dialogue_state(session, details.attempt_id, {"question": state.question})
    return text


def _stopped(session: Session, settings: Settings, attempt_id: str) -> str:
    """Return the document for whoever is on the line when their calls are stopped: an apology that tells no reason.

    Who waits for a nurse or speaks with one stays where they are: that is between people now.
    """
    attempt = session.get(Attempt, attempt_id)
    call = calls.snapshot(session, attempt.call_id) if attempt is not None and attempt.call_id else None
    if call is None:
        return goodbye(settings)
    if call.status is CallStatus.TALKING:
        return twiml.render((Redirect(webhook_urls.connect(call.call_id)),))
    script, language = script_queries.any_of(settings), call.state.language
    if call.status is CallStatus.WAITING:
        return document((Enqueue(script.queue, WAIT, LEFT),), attempt_id, call.call_id, call.turn)
    return twiml.render((Say(script.phrases[APOLOGY][language], language), Hangup()))


def _answer_out_of_turn(conversation: Conversation) -> str:
    """Return what a line hears that asks out of turn: where it stands. Nothing changes."""
    call = conversation.call
    if call.status is CallStatus.ENDED:
        return twiml.render((Hangup(),))
    if call.status is CallStatus.TALKING:
        return twiml.render((Redirect(webhook_urls.connect(call.call_id)),))
    verbs = dialogue.repeat(conversation.script, conversation.person, conversation.state)
    return conversation.document(verbs, call.turn)
