"""What a caller hears while waiting, and the keys that lead out of the queue. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from hotline.values import call_events
from hotline.values.states.call import CallStatus
from ivr.dialogue import menu
from ivr.dialogue.engine import WAIT
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision, FlowState, LeaveQueue, NoteWait
from ivr.dialogue.menu_speech import phrase
from ivr.flow.nodes import Flow
from ivr.waiting import callback_dialogue
from ivr.waiting.callback_dialogue import IN_QUEUE, CallbackFacts
from routing.estimates.wait_estimate import Estimate
from telephony import webhook_urls
from telephony.verbs import Gather, Hangup, Leave, Play, Redirect, Say

KEY_SECONDS = 1
UNKNOWN_WAIT = -1  # nobody at work could answer: nothing is said of the wait


@dataclass(frozen=True)
class WaitingFacts:
    """What a caller is told: their position (1 is next) and the minutes, as `Flow.wait` takes them."""

    position: int
    minutes: int | None
    callback: CallbackFacts
    # Nobody has answered them yet: they may leave the queue.
    may_leave: bool
    # Their line stands in the conference, and the router is about to bring it back: an agent was lost.
    is_in_conference: bool = False
    estimate: Estimate | None = None


def decide(
    flow: Flow, call: CallSnapshot, facts: WaitingFacts, *, key: str, music: Play, now: datetime
) -> FlowDecision:
    """Decide what a caller hears next: their position, then music; a key may lead out of the queue.

    A key that comes late, when their line has left the provider's queue for the conference, leads nowhere: nobody would
    hear the answer.
    """
    if call.status is not CallStatus.WAITING:
        return _elsewhere(flow, call, facts, music)
    led_out = None if facts.is_in_conference else _pressed(flow, call, facts, key, now)
    return led_out or _announce(flow, call, facts, music)


def _elsewhere(flow: Flow, call: CallSnapshot, facts: WaitingFacts, music: Play) -> FlowDecision:
    """Answer a line that is not waiting any more, or on hold in its conference."""
    if call.status is CallStatus.IN_MENU:
        # They left the queue while they were on the way into it: they leave the provider's for where they stand.
        promised = facts.callback.promised
        if promised is not None:
            return callback_dialogue.read_back(flow, call, promised, IN_QUEUE)
        return FlowDecision(call.state, (Leave(),), is_interlude=True)
    if call.status is CallStatus.ENDED:
        return FlowDecision(call.state, (Hangup(),), is_interlude=True)
    # On hold the document must lead back to itself, or there is silence after the music.
    return FlowDecision(call.state, (music, Redirect(webhook_urls.wait(call.call_id))), is_interlude=True)


def _pressed(flow: Flow, call: CallSnapshot, facts: WaitingFacts, key: str, now: datetime) -> FlowDecision | None:
    """Decide on the keys that lead out of the queue; `None` for others. A caller in an emergency has none of them."""
    if call.state.node == flow.emergency:
        return None
    if key == flow.keys.emergency:
        return _out_of_queue(call, "emergency", lambda state: menu.emergency(flow, state, now))
    if key == flow.waiting_keys.call_back:
        return callback_dialogue.request(flow, call, facts.callback, IN_QUEUE)
    if key == flow.waiting_keys.message and facts.may_leave:
        left = _out_of_queue(call, "message", lambda state: menu.leave_message(flow, state, now))
        return None if left is None else left.after(LeaveQueue())
    return None


def _out_of_queue(
    call: CallSnapshot, outcome: str, lead: Callable[[FlowState], FlowDecision | None]
) -> FlowDecision | None:
    """Lead the caller out of the queue; the webhook of its end answers with where they are then."""
    state, heard = menu.mark_heard(call.state)
    decision = lead(state)
    if decision is None:
        return None
    pressed = call_events.KeyPressed(node=state.node, outcome=outcome)
    return replace(decision.after(*heard, pressed), leaves_queue=True)


def _announce(flow: Flow, call: CallSnapshot, facts: WaitingFacts, music: Play) -> FlowDecision:
    """Announce the position, the expected wait, and what else may be done; in an emergency the position alone."""
    state, heard = menu.mark_heard(call.state)
    language = state.language
    said = [Say(flow.position(facts.position)[language], language)]
    if facts.minutes != UNKNOWN_WAIT:
        said.append(Say(flow.wait(facts.minutes)[language], language))
    if state.node != flow.emergency:
        said.append(phrase(flow, "line_call_back", language))
        said += [phrase(flow, "line_message", language)] if flow.message else []
    listening = Gather(WAIT, (*said, music), 1, KEY_SECONDS)
    announced = () if facts.estimate is None else (NoteWait(facts.estimate),)
    return FlowDecision(state, (listening,), (*heard, *announced), is_interlude=True)
