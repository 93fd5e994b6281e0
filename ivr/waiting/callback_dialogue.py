"""A caller leaves the queue for a callback, or by its overflow; whoever declines goes back to their old place. Pure.

The dialogue is spoken inside the provider's queue (`IN_QUEUE`) or outside of it (`OUTSIDE`). Whatever comes again is
answered from what the database says by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hotline.values import call_events, phone_numbers
from hotline.values.numbering_plan import Refusal
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.call import CallStatus
from ivr.dialogue import menu
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision, RejoinQueue, RequestCallback
from ivr.dialogue.menu_speech import phrase
from ivr.flow.nodes import Flow
from ivr.flow.phrases import DIGITS
from telephony import webhook_urls
from telephony.verbs import Gather, Hangup, Redirect, Say, Verb

IN_QUEUE, OUTSIDE = "queue", "outside"
CHOOSE, NUMBER, OFFER = "choose", "number", "offer"
KEY_SECONDS = 5
NUMBER_SECONDS = 10
MOST_DIGITS = 20
REFUSALS: Mapping[Refusal | None, str] = {
    Refusal.LOCAL: "call_back_local",
    Refusal.NO_ZERO: "call_back_local",
    Refusal.SERVICE: "call_back_service",
    Refusal.MACHINES: "call_back_service",
}


@dataclass(frozen=True)
class CallbackFacts:
    """What is known of a caller's callback: the number that is promised, and what may be changed about it."""

    # E.164; None without a callback.
    promised: str | None = None
    # The patient is not being called yet.
    may_change: bool = True
    # The caller waits, or left the queue for something else: a callback can be asked for.
    may_request: bool = False
    caller_number: PhoneNumber | None = None


@dataclass(frozen=True)
class CallbackTurn:
    """One turn of the dialogue: which question was asked, where it is spoken, and the keys."""

    step: str
    where: str
    keys: str = ""
    is_second_try: bool = False


def request(flow: Flow, call: CallSnapshot, facts: CallbackFacts, where: str) -> FlowDecision | None:
    """Promise a callback to the number the caller calls from; a hidden one is asked for.

    `None` where they are on their way to an agent, or in no queue.
    """
    if facts.caller_number is None:
        return _ask_number(flow, call, where)
    return _promise(flow, call, facts, facts.caller_number, where)


def decide(
    flow: Flow, call: CallSnapshot, facts: CallbackFacts, turn: CallbackTurn, *, area_code: str, now: datetime
) -> FlowDecision | None:
    """Decide on a key, or none, in the dialogue about a callback; `None` where the call is past it."""
    if call.status in {CallStatus.TALKING, CallStatus.ENDED}:
        return None
    if turn.keys == flow.keys.emergency:
        return _emergency(flow, call, now)
    if turn.step == NUMBER:
        return _numbered(flow, call, facts, turn, area_code)
    if turn.step == OFFER and facts.promised is None:
        wanted = request(flow, call, facts, turn.where) if turn.keys == flow.waiting_keys.call_back else None
        return wanted or stay(flow, call, turn.where)
    return _chosen(flow, call, facts, turn)


def stay(flow: Flow, call: CallSnapshot, where: str) -> FlowDecision:
    """Lead the caller back to the queue, or leave them there: they hear what callers hear who wait."""
    verbs: tuple[Verb, ...] = (Redirect(webhook_urls.wait(call.call_id)),)
    if where != IN_QUEUE:
        verbs = menu.repeat(flow, call.state)
    return FlowDecision(call.state, verbs, (RejoinQueue(),), is_interlude=True)


def read_back(flow: Flow, call: CallSnapshot, number: str, where: str) -> FlowDecision:
    """Read out the number that is called, digit by digit, and what may be done about it."""
    language = call.state.language
    digits = phone_numbers.as_dialled(number)
    said = (
        phrase(flow, "call_back_to", language),
        *(Say(DIGITS[language][int(digit)], language) for digit in digits),
        phrase(flow, "call_back_keys", language),
    )
    url = webhook_urls.callback_turn(call.call_id, CHOOSE, where)
    return FlowDecision(call.state, (Gather(url, said, 1, KEY_SECONDS),), is_interlude=True)


def _promise(
    flow: Flow, call: CallSnapshot, facts: CallbackFacts, number: PhoneNumber, where: str
) -> FlowDecision | None:
    """Promise a callback to this number; one that is under way already keeps its own."""
    if facts.promised is None and not facts.may_request:
        return None
    called = number.e164 if facts.promised is None or facts.may_change else facts.promised
    return read_back(flow, call, called, where).after(RequestCallback(number))


def _chosen(flow: Flow, call: CallSnapshot, facts: CallbackFacts, turn: CallbackTurn) -> FlowDecision:
    if facts.promised is None or turn.keys == flow.keys.repeat:
        return stay(flow, call, turn.where)
    if turn.keys == flow.waiting_keys.message:
        return _ask_number(flow, call, turn.where)
    if turn.keys == "":
        goodbye = (phrase(flow, "call_back_goodbye", call.state.language), Hangup())
        return FlowDecision(call.state, goodbye, is_interlude=True)
    return read_back(flow, call, facts.promised, turn.where)


def _numbered(flow: Flow, call: CallSnapshot, facts: CallbackFacts, turn: CallbackTurn, area_code: str) -> FlowDecision:
    """Take another number. One that reaches nobody is asked for once more, then what stood before holds."""
    if turn.keys and not turn.keys.strip(flow.keys.repeat):
        return _ask_number(flow, call, turn.where, is_second_try=turn.is_second_try)
    try:
        number = PhoneNumber(phone_numbers.parse(turn.keys, area_code=area_code))
    except ValueError as refusal:
        if not turn.is_second_try:
            reason = phrase(flow, _reason(turn.keys, refusal), call.state.language)
            return _ask_number(flow, call, turn.where, reason, is_second_try=True)
    else:
        changed = _promise(flow, call, facts, number, turn.where)
        if changed is not None:
            return changed
    if facts.promised is not None:
        return read_back(flow, call, facts.promised, turn.where)
    return stay(flow, call, turn.where)


def _reason(keys: str, refusal: ValueError) -> str:
    """Return the phrase that says why this number cannot be called, or that none came."""
    if not keys:
        return "timed_out"
    code = refusal.refusal if isinstance(refusal, phone_numbers.Refused) else None
    return REFUSALS.get(code, "call_back_wrong")


def _ask_number(flow: Flow, call: CallSnapshot, where: str, *before: Say, is_second_try: bool = False) -> FlowDecision:
    said = (*before, phrase(flow, "call_back_number", call.state.language))
    url = webhook_urls.callback_turn(call.call_id, NUMBER, where, is_second_try=is_second_try)
    gather = Gather(url, said, MOST_DIGITS, NUMBER_SECONDS, flow.keys.back)
    return FlowDecision(call.state, (gather,), is_interlude=True)


def _emergency(flow: Flow, call: CallSnapshot, now: datetime) -> FlowDecision:
    """Lead to the emergency: its key works here, too, and whatever was promised is off."""
    state, heard = menu.mark_heard(call.state)
    pressed = call_events.KeyPressed(node=state.node, outcome="emergency")
    return menu.emergency(flow, state, now).after(RejoinQueue(), *heard, pressed)
