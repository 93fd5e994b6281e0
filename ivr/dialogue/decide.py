"""The decision of one turn: where the caller goes and what is said. Pure: values and `now` in, values out.

Verbs carry names instead of addresses (`TURN`, `WAIT`, `LEFT`, `RECORDED`) and texts instead of sounds;
`ivr.dialogue.answer` fills them in.
"""

from dataclasses import replace
from datetime import datetime

from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.dialogue.flow_state import Asked as Asked
from ivr.dialogue.flow_state import Back, Meant, Recorded
from ivr.dialogue.flow_state import Consented as Consented
from ivr.dialogue.flow_state import Effect as Effect
from ivr.dialogue.flow_state import Ended as Ended
from ivr.dialogue.flow_state import Outcome as Outcome
from ivr.dialogue.flow_state import Place as Place
from ivr.dialogue.flow_state import Told as Told
from ivr.flow.nodes import Ask, Choice, End, Flow, LanguageMenu, Menu, Message, Node, Notice, Opening
from routing.queues.hours import is_open as is_open_at
from telephony.turn import Turn
from telephony.verbs import Enqueue, Gather, Hangup, Record, Say, Verb

TURN = "turn"
WAIT = "wait"
LEFT = "left"
RECORDED = "recorded"
NOTICE_SECONDS = 1  # after a notice: just long enough for a key
END_SECONDS = 3  # before hanging up: time for the emergency key


def begin(flow: Flow, language: Language, now: datetime) -> Outcome:
    """The first turn of a call."""
    return _enter(flow, Place(flow.start, language), flow.start, now)


def step(flow: Flow, place: Place, turn: Turn, now: datetime) -> Outcome:
    """What follows when `turn` arrives from a caller at `place`. No key and a missing key are the same."""
    place, heard = hear(place)
    node = flow.nodes.get(place.node)
    key = turn.digits or ""
    if node is None:  # the flow was changed during the call
        return after(heard, _enter(flow, place, flow.person, now))
    if isinstance(node, Message):
        return after(heard, _left_message(flow, place, turn, now))
    return after(heard, _reserved(flow, place, node, key, now) or _own(flow, place, node, key, now))


def hear(place: Place) -> tuple[Place, tuple[Effect, ...]]:
    """The place after what was being said has been heard: any sign of the caller after the notice is the consent."""
    if not place.is_telling:
        return place, ()
    return replace(place, is_telling=False, consent=True), (Consented(), Told("consent_heard"))


def repeat(flow: Flow, place: Place) -> tuple[Verb, ...]:
    """The verbs of the place again, with nothing else changed."""
    node = flow.nodes.get(place.node) or flow.nodes[flow.person]
    return _speak(flow, place, node)


def ask_for_person(flow: Flow, place: Place, now: datetime) -> Outcome:
    """Straight to a person, for a call that went wrong."""
    return _enter(flow, place, flow.person, now)


def leave_message(flow: Flow, place: Place, now: datetime) -> Outcome | None:
    """From the line to the message that may be left instead; `None` where the flow has none."""
    if flow.message is None:
        return None
    return _enter(flow, replace(place, trail=(*place.trail[-7:], place.node)), flow.message, now)


def emergency(flow: Flow, place: Place, now: datetime) -> Outcome:
    """Straight to the emergency, for a caller who presses its key while waiting."""
    return _enter(flow, place, flow.emergency, now)


def _reserved(flow: Flow, place: Place, node: Node, key: str, now: datetime) -> Outcome | None:
    """What the four keys do that mean the same at every node; `None` for any other key."""
    if key == flow.keys.emergency:
        return _pressed(place, "emergency", _enter(flow, _behind(place, node), flow.emergency, now))
    if key == flow.keys.person:
        return _pressed(place, "person", _enter(flow, _behind(place, node), flow.person, now))
    if key == flow.keys.repeat:
        return _pressed(place, "repeat", Outcome(place, repeat(flow, place)))
    if key == flow.keys.back:
        return _pressed(place, "back", _back(flow, place, now))
    return None


def _own(flow: Flow, place: Place, node: Node, key: str, now: datetime) -> Outcome:
    """What a key, or none, does at this node."""
    match node:
        case LanguageMenu(otherwise=otherwise) if key == "":
            timed_out = Told("timed_out", {"node": node.name})
            return after((timed_out,), _choose(flow, place, node, otherwise, now))
        case Menu() | LanguageMenu():
            choice = next((c for c in node.choices if c.key == key), None)
            if choice is None:
                return _fail(flow, place, node, key, now)
            return _pressed(place, choice.to, _choose(flow, place, node, choice, now))
        case Notice(next=following):
            return _enter(flow, place, following, now)
        case End(outcome=outcome, choices=choices):
            chosen = next((c for c in choices if c.key == key), None)
            if chosen is not None:
                return _pressed(place, chosen.to, _enter(flow, place, chosen.to, now))
            return Outcome(place, (Hangup(),), (Ended(outcome),))
        case Ask() | Opening() | Message():  # a turn that belongs to no question: say again what stands
            return Outcome(place, repeat(flow, place))


def _left_message(flow: Flow, place: Place, turn: Turn, now: datetime) -> Outcome:
    """The recording is over: thanks. Without a message the caller goes back to their line, or hears goodbye."""
    left: tuple[Effect, ...] = () if turn.recording_sid is None else (Recorded(turn.recording_sid),)
    if turn.digits == flow.keys.emergency:
        return after(left, _pressed(place, "emergency", _enter(flow, place, flow.emergency, now)))
    if left:
        thanks = Say(flow.phrases["message_thanks"][place.language], place.language)
        return Outcome(place, (thanks, Hangup()), (*left, Told("message_left"), Ended(CallOutcome.MESSAGE)))
    said = Say(flow.phrases["message_empty"][place.language], place.language)
    line = place.trail[-1] if place.trail else ""
    if isinstance(flow.nodes.get(line), Ask):
        place = replace(place, node=line, trail=place.trail[:-1])
        return Outcome(place, (said, *repeat(flow, place)), (Told("message_empty"), Back()))
    closed = None if is_open_at(flow.hours, now) else CallOutcome.OUT_OF_HOURS
    return Outcome(place, (said, Hangup()), (Told("message_empty"), Ended(closed)))


def _choose(flow: Flow, place: Place, node: Node, choice: Choice, now: datetime) -> Outcome:
    if choice.language is None:
        return _enter(flow, _behind(place, node), choice.to, now)
    chosen = Told("language_chosen", {"language": choice.language.value})
    return after((chosen,), _enter(flow, replace(_behind(place, node), language=choice.language), choice.to, now))


def _fail(flow: Flow, place: Place, node: Node, key: str, now: datetime) -> Outcome:
    """No key or a wrong one: told again; after as many times as the flow allows, a person."""
    told = Told("wrong_key" if key else "timed_out", {"node": node.name})
    failures = place.failures + 1
    if failures >= flow.tries:
        return after((told,), _enter(flow, place, flow.person, now))
    place = replace(place, failures=failures)
    phrase = flow.phrases["wrong_key" if key else "timed_out"]
    return Outcome(place, _speak(flow, place, node, before=(Say(phrase[place.language], place.language),)), (told,))


def _back(flow: Flow, place: Place, now: datetime) -> Outcome:
    if not place.trail:
        return Outcome(place, repeat(flow, place))
    return _enter(flow, replace(place, trail=place.trail[:-1]), place.trail[-1], now)


def _enter(flow: Flow, place: Place, name: str, now: datetime) -> Outcome:
    """Arrive at a node; nodes that only decide are passed at once."""
    node = flow.nodes.get(name) or flow.nodes[flow.person]
    is_open = is_open_at(flow.hours, now)
    if isinstance(node, Opening):
        return _enter(flow, place, node.open if is_open else node.closed, now)
    if isinstance(node, Ask) and not node.is_always:
        open_line = _open_line(flow, node, now) if is_open else None
        if open_line is None:
            return _enter(flow, place, flow.closed, now)
        node = open_line
    place = replace(place, node=node.name, failures=0)
    verbs = _speak(flow, place, node)
    if _tells(flow, place, node):
        place = replace(place, is_telling=True)
    return Outcome(place, verbs, _arrival(node, is_open))


def _open_line(flow: Flow, node: Ask, now: datetime) -> Ask | None:
    """The node with the queue that takes its callers now: its own, or the first open one that helps it out."""
    own = flow.queues.get(node.queue)
    if own is None or is_open_at(own.hours, now):
        return node
    helpers = (name for name in own.helpers if name in flow.queues and is_open_at(flow.queues[name].hours, now))
    helper = next(helpers, None)
    return None if helper is None else node.model_copy(update={"queue": helper, "skill": None})


def _arrival(node: Node, is_open: bool) -> tuple[Effect, ...]:
    if isinstance(node, Ask):
        return (Asked(node.intent, node.queue, node.skill, node.priority),)
    shown = Told("menu_shown", {"node": node.name})
    if isinstance(node, Message):
        meant = () if node.intent is Intent.UNKNOWN else (Meant(node.intent),)
        return (shown, *meant, Ended(None if is_open else CallOutcome.OUT_OF_HOURS))
    return (shown, Ended(node.outcome)) if isinstance(node, End) else (shown,)


def _tells(flow: Flow, place: Place, node: Node) -> bool:
    """Whether what is said at this node includes the notice of the recording, for the first time."""
    if place.consent or isinstance(node, Opening | Menu | LanguageMenu | End | Message):
        return False
    return node.is_consent or (isinstance(node, Ask) and flow.consent is not None)


def _speak(flow: Flow, place: Place, node: Node, before: tuple[Say, ...] = ()) -> tuple[Verb, ...]:
    """What is said and listened for at a node. Keys are listened for at every node but in the line itself."""
    match node:
        case LanguageMenu(say=say):
            said = before + tuple(Say(text, language) for language, text in say.items())
            return (Gather(TURN, said, 1, flow.timeout_seconds),)
        case Menu(say=say):
            return (Gather(TURN, (*before, Say(say[place.language], place.language)), 1, flow.timeout_seconds),)
        case Notice(say=say) | End(say=say):
            seconds = END_SECONDS if isinstance(node, End) else NOTICE_SECONDS
            return (Gather(TURN, (*before, Say(say[place.language], place.language)), 1, seconds),)
        case Message(say=say, max_seconds=most):
            finish = flow.keys.back + flow.keys.emergency
            return (*before, Say(say[place.language], place.language), Record(TURN, RECORDED, most, finish))
        case Ask():
            return (*before, *_notice(flow, place, node), Enqueue(node.queue, WAIT, LEFT))
        case Opening():
            return before


def _notice(flow: Flow, place: Place, node: Ask) -> tuple[Say, ...]:
    """The words on the way into the line: the notice of the recording first, where it was not heard yet."""
    said = (Say(node.say[place.language], place.language),)
    if place.consent or node.is_consent or flow.consent is None:
        return said
    return (Say(flow.consent.say[place.language], place.language), *said)


def _behind(place: Place, node: Node) -> Place:
    """The place with this node on the trail, where it is one that a caller may want to come back to."""
    return replace(place, trail=(*place.trail[-7:], node.name)) if isinstance(node, Menu | LanguageMenu) else place


def _pressed(place: Place, outcome: str, following: Outcome) -> Outcome:
    return after((Told("key_pressed", {"node": place.node, "outcome": outcome}),), following)


def after(effects: tuple[Effect, ...], outcome: Outcome) -> Outcome:
    """The outcome with these effects before its own."""
    return replace(outcome, effects=(*effects, *outcome.effects))
