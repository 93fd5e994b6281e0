"""What answering a turn takes, opened once per process, and the answers that need no decision."""

from collections.abc import Callable
from dataclasses import dataclass

from hotline.context import AppContext
from hotline.values.states.call import CallStatus
from ivr.dialogue import answer
from ivr.dialogue import decide as flow
from ivr.dialogue.queries import Standing
from ivr.flow import reader
from ivr.flow.nodes import Flow
from ivr.prompts.sounds import Sounds
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Hangup, Redirect, Say, Verb
from telephony.webhook_urls import FALLBACK as FALLBACK


@dataclass(frozen=True)
class Desk:
    """The open resources, the flow, and its sounds."""

    context: AppContext
    flow: Flow
    sounds: Sounds
    # What a caller hears instead of the menu whom somebody else has something to say to; None for the menu.
    greeter: Callable[[Turn], str | None] | None = None

    def document(self, verbs: tuple[Verb, ...], call_id: str = "", turn: int = 0) -> str:
        """The TwiML for these verbs; `turn` is the number of the turn that is expected next."""
        return answer.document(verbs, self.sounds, call_id, turn)

    def phrase(self, name: str, known: Standing | None) -> Say:
        """One of the flow's phrases in the language of the call."""
        language = known.place.language if known else self.context.settings.default_language
        return Say(self.flow.phrases[name][language], language)


def open_desk(context: AppContext) -> Desk:
    """Load the flow that the settings name. Raises `FileFault`."""
    loaded = reader.load(context.settings)
    return Desk(context, loaded.flow, Sounds(context, loaded.flow))


def where(desk: Desk, known: Standing) -> str:
    """What a call hears that asks for something out of turn: where it stands. Nothing changes."""
    if known.status is CallStatus.ENDED:
        return desk.document((Hangup(),))
    if known.status is CallStatus.TALKING:
        return desk.document((Redirect(webhook_urls.connect(known.call_id)),))
    return desk.document(flow.repeat(desk.flow, known.place), known.call_id, known.turn)


def lost(desk: Desk) -> str:
    """What a caller hears whose call we do not find: the way to a person."""
    return desk.document((Redirect(FALLBACK),))


def sorry(desk: Desk) -> str:
    """What a caller hears for whom nothing can be done."""
    return desk.document((desk.phrase("sorry_goodbye", None), Hangup()))
