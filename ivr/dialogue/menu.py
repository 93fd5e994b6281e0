"""The voice menu: where a turn leads and what is said. Pure: values and `now` in, a decision out."""

from dataclasses import replace
from datetime import datetime

from hotline.values import call_events
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.dialogue.flow_state import (
    Effect,
    FlowDecision,
    FlowState,
    JoinQueue,
    KeepMessage,
    NoteConsent,
    RejoinQueue,
    SetIntent,
    SetOutcome,
)
from ivr.dialogue.menu_speech import phrase, speak, tells_notice
from ivr.flow.nodes import Ask, Choice, End, Flow, LanguageMenu, Menu, Message, Node, Notice, Opening
from routing.queues.hours import is_open as is_open_at
from telephony.turn import Turn
from telephony.verbs import Hangup, Verb

MOST_BEHIND = 8  # menus that `back` remembers


def begin(flow: Flow, language: Language, now: datetime) -> FlowDecision:
    """Decide the first turn of a call."""
    return _enter(flow, FlowState(flow.start, language), flow.start, now)


def step(flow: Flow, state: FlowState, turn: Turn, now: datetime) -> FlowDecision:
    """Decide what follows when `turn` arrives from a caller at `state`. No key and a missing key are the same."""
    state, heard = mark_heard(state)
    node = flow.nodes.get(state.node)
    key = turn.digits or ""
    if node is None:  # the flow was changed during the call
        return _enter(flow, state, flow.person, now).after(*heard)
    if isinstance(node, Message):
        return _after_message(flow, state, turn, now).after(*heard)
    decision = _reserved(flow, state, node, key, now) or _own(flow, state, node, key, now)
    return decision.after(*heard)


def mark_heard(state: FlowState) -> tuple[FlowState, tuple[Effect, ...]]:
    """Return the state after what was being said has been heard: any turn after the notice is the consent."""
    if not state.is_telling:
        return state, ()
    return replace(state, is_telling=False, consent=True), (NoteConsent(), call_events.ConsentHeard())


def repeat(flow: Flow, state: FlowState) -> tuple[Verb, ...]:
    """Return the verbs of the state again, with nothing else changed."""
    node = flow.nodes.get(state.node) or flow.nodes[flow.person]
    return speak(flow, state, node)


def ask_for_person(flow: Flow, state: FlowState, now: datetime) -> FlowDecision:
    """Lead straight to a person, for a call that went wrong."""
    return _enter(flow, state, flow.person, now)


def leave_message(flow: Flow, state: FlowState, now: datetime) -> FlowDecision | None:
    """Lead from the queue to the message that may be left instead; `None` where the flow has none."""
    if flow.message is None:
        return None
    return _enter(flow, replace(state, trail=(*state.trail[1 - MOST_BEHIND :], state.node)), flow.message, now)


def emergency(flow: Flow, state: FlowState, now: datetime) -> FlowDecision:
    """Lead straight to the emergency, for a caller who presses its key elsewhere than in the menu."""
    return _enter(flow, state, flow.emergency, now)


def _reserved(flow: Flow, state: FlowState, node: Node, key: str, now: datetime) -> FlowDecision | None:
    """Decide on the four keys that mean the same at every node; `None` for any other key."""
    if key == flow.keys.emergency:
        return _pressed(state, "emergency", _enter(flow, _remember(state, node), flow.emergency, now))
    if key == flow.keys.person:
        return _pressed(state, "person", _enter(flow, _remember(state, node), flow.person, now))
    if key == flow.keys.repeat:
        return _pressed(state, "repeat", FlowDecision(state, repeat(flow, state)))
    if key == flow.keys.back:
        return _pressed(state, "back", _back(flow, state, now))
    return None


def _own(flow: Flow, state: FlowState, node: Node, key: str, now: datetime) -> FlowDecision:
    """Decide on a key, or none, at this node."""
    match node:
        case LanguageMenu(otherwise=otherwise) if key == "":
            timed_out = call_events.TimedOut(node=node.name)
            return _choose(flow, state, node, otherwise, now).after(timed_out)
        case Menu() | LanguageMenu():
            choice = next((c for c in node.choices if c.key == key), None)
            if choice is None:
                return _fail(flow, state, node, key, now)
            return _pressed(state, choice.to, _choose(flow, state, node, choice, now))
        case Notice(next=following):
            return _enter(flow, state, following, now)
        case End(outcome=outcome, choices=choices):
            chosen = next((c for c in choices if c.key == key), None)
            if chosen is not None:
                return _pressed(state, chosen.to, _enter(flow, state, chosen.to, now))
            return FlowDecision(state, (Hangup(),), (SetOutcome(outcome),))
        case Ask() | Opening() | Message():  # a turn that belongs to no question: say again what stands
            return FlowDecision(state, repeat(flow, state))


def _after_message(flow: Flow, state: FlowState, turn: Turn, now: datetime) -> FlowDecision:
    """Thank for a message. Without one the caller goes back to their queue, or hears goodbye."""
    left: tuple[Effect, ...] = () if turn.recording_sid is None else (KeepMessage(turn.recording_sid),)
    if turn.digits == flow.keys.emergency:
        return _pressed(state, "emergency", _enter(flow, state, flow.emergency, now)).after(*left)
    if left:
        thanks = phrase(flow, "message_thanks", state.language)
        return FlowDecision(
            state, (thanks, Hangup()), (*left, call_events.MessageLeft(), SetOutcome(CallOutcome.MESSAGE))
        )
    said = phrase(flow, "message_empty", state.language)
    line = state.trail[-1] if state.trail else ""
    if isinstance(flow.nodes.get(line), Ask):
        state = replace(state, node=line, trail=state.trail[:-1])
        return FlowDecision(state, (said, *repeat(flow, state)), (call_events.MessageEmpty(), RejoinQueue()))
    closed = None if is_open_at(flow.hours, now) else CallOutcome.OUT_OF_HOURS
    return FlowDecision(state, (said, Hangup()), (call_events.MessageEmpty(), SetOutcome(closed)))


def _choose(flow: Flow, state: FlowState, node: Node, choice: Choice, now: datetime) -> FlowDecision:
    if choice.language is None:
        return _enter(flow, _remember(state, node), choice.to, now)
    chosen = call_events.LanguageChosen(language=choice.language)
    return _enter(flow, replace(_remember(state, node), language=choice.language), choice.to, now).after(chosen)


def _fail(flow: Flow, state: FlowState, node: Node, key: str, now: datetime) -> FlowDecision:
    """Ask again after no key or a wrong one; after as many times as the flow allows, lead to a person."""
    event = (call_events.WrongKey if key else call_events.TimedOut)(node=node.name)
    failures = state.failures + 1
    if failures >= flow.tries:
        return _enter(flow, state, flow.person, now).after(event)
    state = replace(state, failures=failures)
    reason = phrase(flow, "wrong_key" if key else "timed_out", state.language)
    return FlowDecision(state, speak(flow, state, node, before=(reason,)), (event,))


def _back(flow: Flow, state: FlowState, now: datetime) -> FlowDecision:
    if not state.trail:
        return FlowDecision(state, repeat(flow, state))
    return _enter(flow, replace(state, trail=state.trail[:-1]), state.trail[-1], now)


def _enter(flow: Flow, state: FlowState, name: str, now: datetime) -> FlowDecision:
    """Arrive at a node; nodes that only decide are passed at once."""
    node = flow.nodes.get(name) or flow.nodes[flow.person]
    is_open = is_open_at(flow.hours, now)
    if isinstance(node, Opening):
        return _enter(flow, state, node.open if is_open else node.closed, now)
    if isinstance(node, Ask) and not node.is_always:
        open_line = _open_line(flow, node, now) if is_open else None
        if open_line is None:
            return _enter(flow, state, flow.closed, now)
        node = open_line
    state = replace(state, node=node.name, failures=0)
    verbs = speak(flow, state, node)
    if tells_notice(flow, state, node):
        state = replace(state, is_telling=True)
    return FlowDecision(state, verbs, _arrival(node, is_open=is_open))


def _open_line(flow: Flow, node: Ask, now: datetime) -> Ask | None:
    """Return the node with the queue that takes its callers now: its own, or the first open one that helps it out."""
    own = flow.queues.get(node.queue)
    if own is None or is_open_at(own.hours, now):
        return node
    helpers = (name for name in own.helpers if name in flow.queues and is_open_at(flow.queues[name].hours, now))
    helper = next(helpers, None)
    return None if helper is None else node.model_copy(update={"queue": helper, "skill": None})


def _arrival(node: Node, *, is_open: bool) -> tuple[Effect, ...]:
    if isinstance(node, Ask):
        return (JoinQueue(node.intent, node.queue, node.skill, node.priority),)
    shown = call_events.MenuShown(node=node.name)
    if isinstance(node, Message):
        meant = () if node.intent is Intent.UNKNOWN else (SetIntent(node.intent),)
        return (shown, *meant, SetOutcome(None if is_open else CallOutcome.OUT_OF_HOURS))
    return (shown, SetOutcome(node.outcome)) if isinstance(node, End) else (shown,)


def _remember(state: FlowState, node: Node) -> FlowState:
    """Return the state with this node on the trail, where it is one that a caller may want to come back to."""
    return (
        replace(state, trail=(*state.trail[1 - MOST_BEHIND :], node.name))
        if isinstance(node, Menu | LanguageMenu)
        else state
    )


def _pressed(state: FlowState, outcome: str, decision: FlowDecision) -> FlowDecision:
    return decision.after(call_events.KeyPressed(node=state.node, outcome=outcome))
