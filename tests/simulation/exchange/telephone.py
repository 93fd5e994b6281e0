"""A telephone of a simulated exchange, moved by the test, and what its line is doing as the exchange has it."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import urlsplit

from exchange.calls.call_details import TwilioCallStatus
from exchange.calls.conference.participant import Participant
from exchange.calls.leg import CallLeg
from exchange.calls.line import LineListener
from exchange.flow.context import ExchangeContext
from exchange.media.audio import SILENCE
from exchange.media.tones import tone

ASKING = ("Gather", "Record", "Dial")
# Verbs of sound: those within a Gather do not end it.
SOUNDS = ("Say", "Play", "Pause")
_STARTING = (TwilioCallStatus.QUEUED, TwilioCallStatus.INITIATED, TwilioCallStatus.RINGING)
VOICE = tone([700], 0.02)


class Place(StrEnum):
    """What a line is doing."""

    RINGING = "ringing"
    DOCUMENT = "document"  # it has asked for a document, or hears one
    ASKED = "asked"  # for a key, for a message after the tone, or another number rings
    QUEUE = "queue"
    ROOM = "room"
    ENDED = "ended"


class Line:
    """One telephone on one call. `owner`: the id of the call (a caller's), the offer (an agent's), the callback."""

    shows_texts = False
    rings_late = True

    def __init__(self, address: str, context: ExchangeContext, on_call: Callable[["Line"], None]) -> None:
        """Wait to be rung, or to call; `on_call` is told when it does."""
        self.address = address
        self.owner = ""
        # What the document that it follows has it do now, and the verb's attributes.
        self.verb = ""
        self.attributes: dict[str, str] = {}
        # Whether it waits for the document that it asked for.
        self.is_asking = False
        # What is pressed as soon as a rating is asked for.
        self.rating = ""
        self._context = context
        self._on_call = on_call
        self._leg: CallLeg | None = None
        self._says = 0
        self._then = ""

    # What the exchange asks of a telephone's line: `exchange.calls.line.TelephoneLine`.

    def seize(self, answerer: LineListener) -> bool:
        """Take the call: one in its life."""
        if self._leg is not None or not isinstance(answerer, CallLeg):
            return False
        self._leg = answerer
        if self.is_dialled:
            self.owner = self.report_url.split("/")[3]
        self._on_call(self)
        return True

    def release(self) -> None:
        """Do nothing: the line is not used again."""

    def take(self) -> bytes:
        """Say what there is to say, then press the key that ends it."""
        if self._says:
            self._says -= 1
            return VOICE
        if self._then:
            self.press(self._then)
        return SILENCE

    def give(self, frame: bytes) -> None:
        """Nobody listens."""

    def tell(self, event: str, **fields: object) -> None:
        """Notice what the exchange does for this call."""
        if event == "trace" and fields["name"] in ("request", "response", "error"):
            self.is_asking = fields["name"] == "request"
            self.verb, self.attributes, self._then = "", {}, ""
        if event == "trace" and fields["name"] == "verb" and fields["verb"] not in SOUNDS:
            self._begins(str(fields["verb"]), fields["attributes"])

    def _begins(self, verb: str, attributes: object) -> None:
        assert isinstance(attributes, dict)
        self.verb, self.attributes = verb, attributes
        if verb == "Enqueue":
            self.owner = attributes["waitUrl"].split("/")[-2]
        if verb == "Gather" and attributes["action"].endswith("/rating"):
            asyncio.get_running_loop().call_soon(self.press, self.rating)

    # What the person does, from within the loop.

    def press(self, keys: str) -> None:
        """Press keys, one after the other; nobody hears them who does not listen."""
        self._then = ""
        for key in keys:
            self.leg.keys.press(key)

    def say(self, frames: int, then: str = "") -> None:
        """Speak for so long; then press keys."""
        self._says, self._then = frames, then

    # What its line is doing.

    @property
    def leg(self) -> CallLeg:
        """Return the call's leg at the exchange."""
        assert self._leg is not None
        return self._leg

    @property
    def sid(self) -> str:
        """Return the exchange's id of the call."""
        return self.leg.sid

    @property
    def is_dialled(self) -> bool:
        """Whether the application called: an agent, or a patient who is called back."""
        return self.leg.facts.direction == "outbound-api"

    @property
    def is_agent(self) -> bool:
        """Whether an agent is called."""
        return self.is_dialled and self.report_url.startswith("/voice/offers/")

    @property
    def report_url(self) -> str:
        """Return the path that is told of its status."""
        return urlsplit(self.leg.facts.callback.url).path

    @property
    def place(self) -> Place:
        """Return what the line is doing."""
        if self.leg.facts.is_over:
            return Place.ENDED
        if self.leg.facts.status in _STARTING:
            return Place.RINGING
        if self._participant is not None:
            return Place.ROOM
        if any(queue.position(self.sid) for queue in self._context.queues.by_sid.values()):
            return Place.QUEUE
        return Place.ASKED if self.verb in ASKING else Place.DOCUMENT

    @property
    def word(self) -> str:
        """Return Twilio's word for its status."""
        return str(self.leg.facts.status)

    @property
    def is_up(self) -> bool:
        """Whether somebody is on the line."""
        return self.place not in (Place.RINGING, Place.ENDED)

    @property
    def room(self) -> str:
        """Return the name of the conference that it is in; empty for none."""
        return next((each.name for each in self._context.conferences.live if self.sid in each.participants), "")

    @property
    def is_held(self) -> bool:
        """Whether it hears music instead of the others in its room."""
        return self._participant is not None and self._participant.is_held

    @property
    def ends(self) -> bool:
        """Whether its room ends when it leaves."""
        return self._participant is not None and self._participant.ends

    @property
    def _participant(self) -> Participant | None:
        rooms = (each.participants.get(self.sid) for each in self._context.conferences.live)
        return next((each for each in rooms if each is not None), None)
