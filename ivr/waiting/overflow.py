"""The ways out of the queue by its overflow: a callback is offered, a message taken, or a number outside rung. Pure."""

from datetime import datetime

from hotline.values import call_events
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import LegStatus
from ivr.dialogue import menu
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision, MarkForwarded, ReturnToMenu
from ivr.dialogue.menu_speech import phrase
from ivr.flow.nodes import Flow
from ivr.waiting.callback_dialogue import KEY_SECONDS, OFFER, OUTSIDE, stay
from telephony import webhook_urls
from telephony.verbs import DialNumber, Gather, Hangup

CALLBACK, VOICEMAIL, FORWARDING = "call_back", "voicemail", "number"
SPOKEN_WITH = frozenset({LegStatus.COMPLETED, LegStatus.ANSWERED})


def decide(
    flow: Flow, call: CallSnapshot, *, kind: str, number: str, caller_id: str, is_in_queue: bool, now: datetime
) -> FlowDecision | None:
    """Decide for a caller whom the router took out of the queue; who cannot be helped goes back into it.

    `None` where they are in a queue again, or past it.
    """
    if is_in_queue or call.status in {CallStatus.TALKING, CallStatus.ENDED}:
        return None
    way_out = _way_out(flow, call, kind, number, caller_id, now)
    return (way_out or stay(flow, call, OUTSIDE)).after(ReturnToMenu())


def _way_out(flow: Flow, call: CallSnapshot, kind: str, to: str, caller_id: str, now: datetime) -> FlowDecision | None:
    language = call.state.language
    if kind == CALLBACK:
        url = webhook_urls.callback_turn(call.call_id, OFFER, OUTSIDE)
        offer = Gather(url, (phrase(flow, "all_busy", language),), 1, KEY_SECONDS)
        return FlowDecision(call.state, (offer,), is_interlude=True)
    if kind == VOICEMAIL:
        return menu.leave_message(flow, call.state, now)
    number = PhoneNumber.of_line(to) if kind == FORWARDING else None
    if number is None:
        return None
    dialled = DialNumber(number.e164, caller_id, webhook_urls.forwarded(call.call_id))
    verbs = (phrase(flow, "forwarded", language), dialled)
    return FlowDecision(call.state, verbs, (call_events.Forwarded(),), is_interlude=True)


def forwarded(flow: Flow, call: CallSnapshot, dial_status: LegStatus | None) -> FlowDecision:
    """Decide when the connection with another number is over; where nobody answered, the caller waits again."""
    if dial_status not in SPOKEN_WITH:
        return stay(flow, call, OUTSIDE)
    goodbye = (phrase(flow, "thanks", call.state.language), Hangup())
    return FlowDecision(call.state, goodbye, (MarkForwarded(),), is_interlude=True)
