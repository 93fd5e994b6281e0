"""The webhooks of a caller who waits, leaves the queue, or comes out of the conference."""

from datetime import datetime

from hotline.models import Call
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from ivr.dialogue import call_end_service, effect_service, menu, queries, rating, service
from ivr.dialogue.context import VoiceContext
from ivr.dialogue.engine import LEFT, WAIT
from ivr.dialogue.menu_speech import phrase
from ivr.waiting import callback_dialogue, overflow, waiting
from ivr.waiting import queries as facts
from ivr.waiting.callback_dialogue import CallbackTurn
from routing.calls import conversation_service, leg_service
from routing.queues import overflow_service as routing_overflow
from routing.queues import queries as queues
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.vendor_words import QueueResult
from telephony.verbs import Enqueue, Hangup, Leave, Pause, Redirect

MOST_CHECKS = 3  # seconds that a caller waits for the report on their agent's line, before it counts as hung up
RETRY_SECONDS = 2  # before a caller who could not be put in the queue is put there again


def wait(voice: VoiceContext, call_id: str, turn: Turn, now: datetime) -> str:
    """Answer what a caller hears while waiting."""
    _heal(voice, call_id, now)
    answer = service.answer(
        voice,
        call_id,
        lambda session, call: facts.waiting_facts(session, voice.app.settings, call, now),
        lambda call, known: waiting.decide(
            voice.flow, call, known, key=turn.digits or "", music=voice.sounds.hold(), now=now
        ),
        now,
    )
    return answer or voice.document((Leave(),))


def _heal(voice: VoiceContext, call_id: str, now: datetime) -> None:
    """Put who waits in the provider's queue, and has no place in ours, back to their old one."""
    with voice.app.database.read() as session:
        call = queries.snapshot(session, call_id)
        is_lost = call is not None and call.status is CallStatus.WAITING and not facts.is_in_queue(session, call)
    if is_lost:
        routing_overflow.restore_entry(voice.app.database, voice.app.notifier, call_id, now)


def callback_turn(voice: VoiceContext, call_id: str, turn: CallbackTurn, now: datetime) -> str:
    """Answer a key, or none, in the dialogue about a callback."""
    answer = service.answer(
        voice,
        call_id,
        facts.callback_facts,
        lambda call, known: callback_dialogue.decide(
            voice.flow, call, known, turn, area_code=voice.app.settings.phone_area_code, now=now
        ),
        now,
    )
    return answer or voice.to_fallback()


def overflows(voice: VoiceContext, call_id: str, kind: str, number: str, now: datetime) -> str:
    """Answer a caller whom the router took out of the queue: a callback, a message, another number, or back."""
    caller_id = voice.app.settings.hotline_number
    answer = service.answer(
        voice,
        call_id,
        facts.is_in_queue,
        lambda call, is_in_queue: overflow.decide(
            voice.flow, call, kind=kind, number=number, caller_id=caller_id, is_in_queue=is_in_queue, now=now
        ),
        now,
    )
    return answer or voice.to_fallback()


def forwarded(voice: VoiceContext, call_id: str, turn: Turn, now: datetime) -> str:
    """Answer when the connection with another number is over, or did not come about."""
    answer = service.answer(
        voice, call_id, facts.is_in_queue, lambda call, _: overflow.forwarded(voice.flow, call, turn.dial_status), now
    )
    return answer or voice.to_fallback()


def rated(voice: VoiceContext, call_id: str, turn: Turn, now: datetime) -> str:
    """Answer a key after the question for a rating, or none."""
    answer = service.answer(
        voice,
        call_id,
        lambda session, call: facts.rating_facts(session, voice.app.settings, call),
        lambda call, known: rating.answered(voice.flow, call, known, turn.digits or ""),
        now,
    )
    return answer or voice.to_fallback()


def queue_left(voice: VoiceContext, call_id: str, turn: Turn, now: datetime) -> str:
    """Answer a caller who left the provider's queue: gone, on the way to an agent, or to be put in it again."""
    with voice.app.database.read() as session:
        call = queries.snapshot(session, call_id)
    if call is None:
        return voice.to_fallback()
    if turn.queue_result is QueueResult.HUNG_UP:
        call_end_service.line_reported(voice.app, leg_service.LegReport(call.sid, LegStatus.COMPLETED), now)
        return voice.document((Hangup(),))
    if turn.queue_result in {QueueResult.REDIRECTED, QueueResult.BRIDGED}:
        return voice.document(())  # the provider goes on with the document that the router named
    if turn.queue_result is not QueueResult.LEFT and call.status is CallStatus.WAITING:
        verbs = menu.repeat(voice.flow, call.state)
        return voice.document((Pause(RETRY_SECONDS), *verbs), call_id, call.turn)
    return service.answer_out_of_turn(voice, call)


def conference_left(voice: VoiceContext, call_id: str, turn: Turn, *, entry_id: str, checks: int, now: datetime) -> str:
    """Answer a caller who left the conference: a rating and goodbye, or back to the queue where an agent was lost.

    `entry_id` is the place in the queue that had led there, `checks` how often that was asked already.
    """
    if turn.status in ENDED_LEGS:
        return voice.document((Hangup(),))  # they hung up: the report on their line says so, too
    with voice.app.database.write() as session:
        call = queries.snapshot(session, call_id)
        if call is None:
            return voice.apology()
        row = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        conversation_service.not_met(session, voice.app.notifier, voice.app.settings, row, now)
        exit_ = conversation_service.came_out(session, voice.app.notifier, voice.app.settings, row, entry_id, now)
        is_over = row.status is CallStatus.ENDED
        if exit_ is conversation_service.ConferenceExit.OVER:
            known = facts.rating_facts(session, voice.app.settings, call)
            question = rating.ask(voice.flow, call, known, now)
            if question is not None:
                effect_service.apply(session, voice.app.notifier, voice.app.settings, call_id, question.effects, now)
                return voice.document(question.verbs)
    if exit_ is conversation_service.ConferenceExit.UNKNOWN and checks < MOST_CHECKS:
        again = webhook_urls.conference_left(call_id, entry_id, checks + 1)
        return voice.document((Pause(1), Redirect(again)))
    if exit_ is conversation_service.ConferenceExit.LINE and not is_over:
        # The router leads them into the queue; should it be away, they come there by themselves.
        return voice.document((Pause(RETRY_SECONDS), Redirect(webhook_urls.requeued(call_id))))
    return voice.goodbye("thanks", call.state.language)


def requeued(voice: VoiceContext, call_id: str) -> str:
    """Answer a caller who waits again: they hear why."""
    with voice.app.database.read() as session:
        call = queries.snapshot(session, call_id)
        entry = queues.latest_entry(session, call_id)
    if call is None or entry is None:
        return voice.to_fallback()
    if call.status is not CallStatus.WAITING:
        return service.answer_out_of_turn(voice, call)
    reason = entry.requeue_reason
    said = (phrase(voice.flow, reason, call.state.language),) if reason and reason in voice.flow.phrases else ()
    return voice.document((*said, Enqueue(entry.queue, WAIT, LEFT)), call_id, call.turn)
