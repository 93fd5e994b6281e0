"""Verbs made ready for the provider: names become addresses, words become sounds. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hotline.values.states.recording import RecordingKind
from ivr.dialogue.engine import LEFT, RECORDED, TURN, WAIT
from telephony import webhook_urls
from telephony.verbs import Enqueue, Gather, Play, Record, Redirect, Say, Verb

Voice = Callable[[Say], Say | Play]


def addresses(call_id: str, next_turn: str) -> dict[str, str]:
    """Return the addresses of a call by the names that verbs give them."""
    return {
        TURN: next_turn,
        WAIT: webhook_urls.wait(call_id),
        LEFT: webhook_urls.queue_left(call_id),
        RECORDED: webhook_urls.recording_events(call_id, RecordingKind.MESSAGE),
    }


def fill(verbs: Sequence[Verb], urls: Mapping[str, str], voice: Voice) -> list[Verb]:
    """Return the verbs with the addresses that their names stand for, spoken by `voice`."""
    filled = [_filled(verb, urls, voice) for verb in verbs]
    if verbs and isinstance(verbs[-1], Gather | Record):
        # For a provider that falls through when no key was pressed; a message with nothing in it falls through, too.
        filled.append(Redirect(urls.get(verbs[-1].action, verbs[-1].action)))
    return filled


def _filled(verb: Verb, urls: Mapping[str, str], voice: Voice) -> Verb:
    match verb:
        case Say():
            return voice(verb)
        case Gather(action=action, prompts=prompts):
            voiced = tuple(voice(prompt) if isinstance(prompt, Say) else prompt for prompt in prompts)
            return replace(verb, action=urls.get(action, action), prompts=voiced)
        case Record(action=action, status_url=status):
            return replace(verb, action=urls.get(action, action), status_url=urls.get(status, status))
        case Enqueue(wait_url=wait, action=action):
            return replace(verb, wait_url=urls.get(wait, wait), action=urls.get(action, action))
        case Redirect(url=url):
            return Redirect(urls.get(url, url))
        case _:
            return verb
