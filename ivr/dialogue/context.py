"""What answering a turn takes, opened once per process, and the answers that need no decision."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hotline.context import AppContext
from hotline.values.language import Language
from ivr.dialogue import rendering
from ivr.dialogue.menu_speech import phrase
from ivr.flow import flow_file
from ivr.flow.nodes import Flow
from ivr.prompts.sound_service import Sounds
from telephony import webhook_urls
from telephony.provider import twiml
from telephony.turn import Turn
from telephony.verbs import Hangup, Redirect, Verb


@dataclass(frozen=True)
class VoiceContext:
    """The open resources, the flow, and its sounds."""

    app: AppContext
    flow: Flow
    sounds: Sounds
    # What a caller hears instead of the menu whom a campaign tried to reach; None for the menu.
    greeter: Callable[[Turn], str | None] | None = None

    def document(self, verbs: Sequence[Verb], call_id: str = "", turn: int = 0) -> str:
        """Return the TwiML for these verbs; `turn` is the number of the turn that is expected next."""
        urls = rendering.addresses(call_id, webhook_urls.menu_turn(call_id, turn))
        return twiml.render(rendering.fill(verbs, urls, self.sounds.voiced))

    def goodbye(self, name: str, language: Language | None = None) -> str:
        """Return the document that says one phrase and ends the call."""
        spoken = phrase(self.flow, name, language or self.app.settings.default_language)
        return self.document((spoken, Hangup()))

    def to_fallback(self) -> str:
        """Return what a caller hears whose call we do not find: the way to a person."""
        return self.document((Redirect(webhook_urls.FALLBACK),))

    def apology(self) -> str:
        """Return what a caller hears for whom nothing can be done."""
        return self.goodbye("sorry_goodbye")


def open_voice_context(context: AppContext) -> VoiceContext:
    """Load the flow that the settings name. Raises `FlowFault`."""
    loaded = flow_file.load(context.settings)
    return VoiceContext(context, loaded.flow, Sounds(context, loaded.flow))
