"""The line to a patient who is called back: who calls, and the way into the queue, to the old place."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.patients import identity_index
from hotline import clock
from hotline.models import Call, Callback
from hotline.values import call_events
from hotline.values.reason_codes import CallbackReason
from hotline.values.states.call import CallStatus, Direction
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from ivr.dialogue import call_end_service, effect_service, menu, queries, service
from ivr.dialogue.context import VoiceContext
from ivr.dialogue.flow_state import CallSnapshot, FlowState
from ivr.dialogue.menu_speech import phrase
from ivr.flow.nodes import Ask
from routing.callbacks import service as callbacks
from routing.calls import leg_service
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Gather, Say

KEY_SECONDS = 2
REASONS = {
    LegStatus.BUSY: CallbackReason.BUSY,
    LegStatus.NO_ANSWER: CallbackReason.NO_ANSWER,
    LegStatus.FAILED: CallbackReason.NUMBER_UNREACHABLE,
}


def answered(voice: VoiceContext, callback_id: str, attempt: int, turn: Turn, now: datetime) -> str:
    """Answer a patient who picked up: they hear who calls. Again: the same. A try that is over: an apology."""
    if turn.call_sid is None:
        return voice.apology()
    with voice.app.database.write() as session:
        call = queries.snapshot_of_line(session, turn.call_sid)
        if call is None:
            callback = callbacks.answered(session, callback_id, attempt, turn.call_sid, now)
            if callback is None:
                return voice.apology()
            call = _begin(session, voice, callback, now)
        elif call.status is not CallStatus.IN_MENU:
            return service.answer_out_of_turn(voice, call)
    join = webhook_urls.callback_joined(callback_id, attempt)
    return voice.document((Gather(join, _greeting(voice, call), 1, KEY_SECONDS),))


def joined(voice: VoiceContext, callback_id: str, turn: Turn, now: datetime) -> str:
    """Answer a patient who pressed a key or just stays: they wait at their old place. The emergency key works, too."""
    with voice.app.database.write() as session:
        call = queries.snapshot_of_line(session, turn.call_sid or "")
        if call is None:
            return voice.apology()
        if call.status is not CallStatus.IN_MENU:
            return service.answer_out_of_turn(voice, call)
        state, heard = menu.mark_heard(call.state)
        queries.hear(session, call, state, now if heard else None, now)
        effect_service.apply(session, voice.app.notifier, voice.app.settings, call.call_id, heard, now)
        row = session.get_one(Call, call.call_id, with_for_update=True, populate_existing=True)
        if not callbacks.accepted(session, voice.app.notifier, callback_id, row, now):
            return voice.goodbye("thanks", state.language)
        session.flush()
        call = queries.snapshot(session, call.call_id) or call
        if turn.digits == voice.flow.keys.emergency:
            return service.save_in(session, voice, call, menu.emergency(voice.flow, call.state, now), now)
    return voice.document(menu.repeat(voice.flow, call.state), call.call_id, call.turn)


def reported(voice: VoiceContext, callback_id: str, attempt: int, report: leg_service.LegReport, now: datetime) -> None:
    """Note a status callback of this line: as of any caller's once it was answered; before, the try may be over."""
    if call_end_service.line_reported(voice.app, report, now):
        return
    if report.status in ENDED_LEGS:
        reason = REASONS.get(report.status, CallbackReason.NOT_REACHED)
        callbacks.not_reached(voice.app, callback_id, attempt, reason, now)
    else:
        callbacks.heard_of(voice.app.database, callback_id, attempt, report.sid)


def _begin(session: Session, voice: VoiceContext, callback: Callback, now: datetime) -> CallSnapshot:
    """Begin the outbound call where the one that asked for it stood; the notice of the recording is in the greeting."""
    asked = session.execute(select(Call.dialogue_state).where(Call.id == callback.call_id)).scalar_one()
    before = queries.read_state(asked, callback.language)
    node, has_notice = _queue_node(voice, callback, before.node), voice.flow.consent is not None
    state = FlowState(node, callback.language, is_telling=has_notice)
    call = Call(
        id=clock.new_id(),
        provider_sid=callback.provider_sid,
        direction=Direction.OUTBOUND,
        caller_number=callback.number,
        caller_index=identity_index.number_index(voice.app.keyring, callback.number),
        language=callback.language,
        intent=callback.intent,
        queue=callback.queue,
        dialogue_state=queries.write_state(state),
        turn=1,
        started_at=now,
        last_report_at=now,
    )
    session.add(call)
    session.flush()
    callback.outbound_call_id = call.id
    leg_service.caller_line(session, call.id, leg_service.LegReport(call.provider_sid, LegStatus.ANSWERED), now)
    told = call_events.CalledBack(asked_call_id=callback.call_id)
    effect_service.apply(session, voice.app.notifier, voice.app.settings, call.id, (told,), now)
    return CallSnapshot(call.id, call.provider_sid, state, CallStatus.IN_MENU, 1)


def _queue_node(voice: VoiceContext, callback: Callback, before: str) -> str:
    """Return the node of the flow that stands for the queue: where they asked, else one of its, else a person."""
    if isinstance(voice.flow.nodes.get(before), Ask):
        return before
    fits = (n.name for n in voice.flow.nodes.values() if isinstance(n, Ask) and n.queue == callback.queue)
    return next(fits, voice.flow.person)


def _greeting(voice: VoiceContext, call: CallSnapshot) -> tuple[Say, ...]:
    language, notice = call.state.language, voice.flow.consent
    spoken = (phrase(voice.flow, "call_back_greeting", language),)
    return spoken if notice is None else (*spoken, Say(notice.say[language], language))
