"""What the voice menu says at a node, and how it listens there. Pure."""

from hotline.values.language import Language
from ivr.dialogue.engine import LEFT, RECORDED, TURN, WAIT
from ivr.dialogue.flow_state import FlowState
from ivr.flow.nodes import Ask, End, Flow, LanguageMenu, Menu, Message, Node, Notice, Opening
from telephony.verbs import Enqueue, Gather, Record, Say, Verb

NOTICE_SECONDS = 1  # after a notice: just long enough for a key
END_SECONDS = 3  # before hanging up: time for the emergency key


def phrase(flow: Flow, name: str, language: Language) -> Say:
    """Return one of the flow's phrases."""
    return Say(flow.phrases[name][language], language)


def speak(flow: Flow, state: FlowState, node: Node, before: tuple[Say, ...] = ()) -> tuple[Verb, ...]:
    """Say what a node says and listen for keys, at every node but the queue itself."""
    match node:
        case LanguageMenu(say=say):
            said = before + tuple(Say(text, language) for language, text in say.items())
            return (Gather(TURN, said, 1, flow.timeout_seconds),)
        case Menu(say=say):
            return (Gather(TURN, (*before, Say(say[state.language], state.language)), 1, flow.timeout_seconds),)
        case Notice(say=say) | End(say=say):
            seconds = END_SECONDS if isinstance(node, End) else NOTICE_SECONDS
            return (Gather(TURN, (*before, Say(say[state.language], state.language)), 1, seconds),)
        case Message(say=say, max_seconds=most):
            finish = flow.keys.back + flow.keys.emergency
            return (*before, Say(say[state.language], state.language), Record(TURN, RECORDED, most, finish))
        case Ask():
            return (*before, *_notice(flow, state, node), Enqueue(node.queue, WAIT, LEFT))
        case Opening():
            return before


def _notice(flow: Flow, state: FlowState, node: Ask) -> tuple[Say, ...]:
    """Return the words on the way into the queue: the notice of the recording first, where it was not heard yet."""
    said = (Say(node.say[state.language], state.language),)
    if state.consent or node.is_consent or flow.consent is None:
        return said
    return (Say(flow.consent.say[state.language], state.language), *said)


def tells_notice(flow: Flow, state: FlowState, node: Node) -> bool:
    """Return whether what is said at this node includes the notice of the recording, for the first time."""
    if state.consent or isinstance(node, Opening | Menu | LanguageMenu | End | Message):
        return False
    return node.is_consent or (isinstance(node, Ask) and flow.consent is not None)
