"""Turns the decision of a turn into the document the exchange gets: names become addresses, words become sounds."""

from collections.abc import Sequence
from dataclasses import replace

from hotline.values.states.recording import RecordingKind
from ivr.dialogue import decide
from ivr.prompts.sounds import Sounds
from telephony import twiml, webhook_urls
from telephony.verbs import Enqueue, Gather, Record, Redirect, Say, Verb


def document(verbs: Sequence[Verb], sounds: Sounds, call_id: str, turn: int) -> str:
    """TwiML for a call; `turn` is the number of the turn that is expected next."""
    addresses = {
        decide.TURN: webhook_urls.menu_turn(call_id, turn),
        decide.WAIT: webhook_urls.wait(call_id),
        decide.LEFT: webhook_urls.queue_left(call_id),
        decide.RECORDED: webhook_urls.recording_events(call_id, RecordingKind.MESSAGE),
    }
    filled = [_filled(verb, addresses, sounds) for verb in verbs]
    if verbs and isinstance(verbs[-1], Gather | Record):
        # For an exchange that falls through when no key was pressed; a message with nothing in it falls through, too.
        filled.append(Redirect(addresses.get(verbs[-1].action, verbs[-1].action)))
    return twiml.render(filled)


def _filled(verb: Verb, addresses: dict[str, str], sounds: Sounds) -> Verb:
    match verb:
        case Say():
            return sounds.voiced(verb)
        case Gather(action=action, prompts=prompts):
            voiced = tuple(sounds.voiced(p) if isinstance(p, Say) else p for p in prompts)
            return replace(verb, action=addresses.get(action, action), prompts=voiced)
        case Record(action=action, status_url=status):
            return replace(verb, action=addresses.get(action, action), status_url=addresses.get(status, status))
        case Enqueue(wait_url=wait, action=action):
            return replace(verb, wait_url=addresses.get(wait, wait), action=addresses.get(action, action))
        case _:
            return verb
