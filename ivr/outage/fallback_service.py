"""The number's fallback address: something went wrong on our side or on the way. An apology, and a person."""

from datetime import datetime

from hotline.values import call_events
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import LegStatus
from hotline.values.states.queue_entry import QueueEntryState
from ivr.dialogue import menu, queries, service
from ivr.dialogue.context import VoiceContext
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision
from ivr.dialogue.menu_speech import phrase
from ivr.outage import broken_off_service
from routing.queues import queries as queues
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Hangup, Redirect


def rescue(voice: VoiceContext, turn: Turn, now: datetime) -> str:
    """Answer a caller for whom something went wrong: a person. Again: where the call stands."""
    if turn.call_sid is None:
        return voice.apology()
    if turn.dial_status in {LegStatus.COMPLETED, LegStatus.ANSWERED}:
        broken_off_service.forwarded(voice.app.database, voice.app.notifier, turn.call_sid, now)
        return voice.document((Hangup(),))
    with voice.app.database.read() as session:
        call = queries.snapshot_of_line(session, turn.call_sid)
        entry = None if call is None else queues.latest_entry(session, call.call_id)
    if call is None:
        service.first_turn(voice, turn, now)
    elif entry is not None and entry.state is QueueEntryState.CONNECTED and call.status is CallStatus.TALKING:
        # They came out of the conference, and nobody of ours heard of it.
        return voice.document((Redirect(webhook_urls.conference_left(call.call_id, entry.id)),))
    return _to_person(voice, turn.call_sid, now)


def _to_person(voice: VoiceContext, sid: str, now: datetime) -> str:
    for _ in range(service.ATTEMPTS):
        with voice.app.database.read() as session:
            call = queries.snapshot_of_line(session, sid)
        if call is None:
            break
        if call.status is not CallStatus.IN_MENU:
            return service.answer_out_of_turn(voice, call)
        text = service.save(voice, call, decide(voice, call, now), now)
        if text is not None:
            return text
    return voice.apology()


def decide(voice: VoiceContext, call: CallSnapshot, now: datetime) -> FlowDecision:
    """Lead a caller of the menu to a person, with an apology."""
    state, heard = menu.mark_heard(call.state)
    decision = menu.ask_for_person(voice.flow, state, now)
    rescued = call_events.Rescued(node=state.node)
    return decision.spoken_after(phrase(voice.flow, "sorry", state.language)).after(*heard, rescued)
