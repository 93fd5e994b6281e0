"""One exchange on a simulated clock: the program that runs in production, with its server, its media clock and verbs.

Its telephones, the way to the application, its engines and time itself are the test's. Sound is coarse.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

from exchange.calls.call_details import TwilioCallStatus
from exchange.calls.line import TelephoneLine
from exchange.core.config import Config, NumberConfig
from exchange.media.clock import Ticker, wall_clock
from exchange.server.server import Exchange
from hotline.configuration.settings import Settings
from telephony import webhook_urls
from telephony.provider import connect
from telephony.views import RegisteredPhone
from tests.simulation.exchange.engines import silent
from tests.simulation.exchange.loop import SimulatedLoop
from tests.simulation.exchange.network import SITE, Faults, Mail, Network
from tests.simulation.exchange.rest_client import ADDRESS, InMemory, connected
from tests.simulation.exchange.telephone import Line

FRAME_SECONDS = 0.25
# Where a call comes in: the test leads it on from there.
ARRIVALS = "/arrivals"
# How many frames a message takes, some of which the beep before it drowns; half a second of sound is one.
MESSAGE_FRAMES = 60


class SimulatedExchange:
    """An exchange, its telephones and what is in flight. `on_passing` is told how many seconds time jumps."""

    def __init__(self, settings: Settings, folder: Path, random: Random, on_passing: Callable[[float], None]) -> None:
        """Start it, with its files in `folder`."""
        self.random = random
        self.lines: dict[str, Line] = {}
        self.dialled: list[Line] = []
        # What callers press when they are asked for a rating; empty: anything from 0 to 6.
        self.rating = ""
        # Which telephones it says are registered; `None`: it does not tell, as Twilio.
        self.registered: list[RegisteredPhone] | None = None
        # For whom no telephone may be registered any more, in the order in which it was said.
        self.revoked: list[str] = []
        self.loop = SimulatedLoop(on_passing)
        self.network = Network(random)
        self._number = settings.hotline_number
        config = _config(settings, folder)
        self.exchange = self.loop.do(
            lambda: Exchange(config, self.network, silent(FRAME_SECONDS), Ticker(wall_clock, FRAME_SECONDS))
        )
        self.context = self.exchange.context
        self.context.directory, self.context.tokens = self, self
        self.requests = InMemory(self.loop, self.exchange.application(), random)
        self.requests.faults = lambda: self.network.faults
        self.requests.tells_of_phones = lambda: self.registered is not None
        self.provider = connected(connect(settings.model_copy(update={"twilio_api_base": ADDRESS})), self.requests)
        self.loop.do(self.exchange.start)

    def close(self) -> None:
        """End it: whatever is up is hung up."""
        self.loop.create_task(self.exchange.stop())
        self.loop.pass_time(30.0)
        self.loop.close()

    @property
    def mail(self) -> list[Mail]:
        """Return what is in flight."""
        return self.network.mail

    @mail.setter
    def mail(self, mail: list[Mail]) -> None:
        self.network.mail = mail

    @property
    def faults(self) -> Faults:
        """Return how often what goes wrong."""
        return self.network.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.network.faults = faults

    def room(self, name: str) -> list[Line]:
        """Return who is in the conference of this name."""
        conference = self.context.conferences.named(name)
        return [] if conference is None else [self.lines[sid] for sid in conference.participants]

    def forget_ended(self) -> None:
        """Forget the lines that have ended, and who was dialled."""
        self.lines = {sid: line for sid, line in self.lines.items() if not line.leg.facts.is_over}
        self.dialled.clear()

    def messages(self) -> dict[str, str]:
        """Return the messages that callers left: the exchange's id of the call, by that of the recording."""
        left = (each for each in self.context.recordings.facts.values() if each.source == "RecordVerb")
        return {each.sid: each.call_sid for each in left if each.status == "completed" and round(each.seconds)}

    # What the exchange asks of its telephones: `Directory` and `TokenHolders`.

    def find(self, address: str) -> TelephoneLine:
        """Return a telephone for one call: there is one wherever somebody is called."""
        return Line(address, self.context, self._called)

    def listed(self) -> list[tuple[str, str | None, str]]:
        """See `Directory.listed`."""
        return [(each.address, each.sid, each.label) for each in self.registered or []]

    def holders(self, address: str) -> list[str]:
        """See `TokenHolders.holders`."""
        return [holder for each in self.registered or [] if each.address == address for holder in each.holders]

    async def revoke(self, holder: str) -> int:
        """See `TokenHolders.revoke`."""
        before = self.registered or []
        self.revoked.append(holder)
        self.registered = [each for each in before if holder not in each.holders]
        return len(before) - len(self.registered)

    def _called(self, line: Line) -> None:
        line.rating = self.rating or str(self.random.randrange(7))
        self.lines[line.sid] = line
        if line.is_dialled:
            self.dialled.append(line)

    # What people do.

    def dial(self, number: str) -> Line:
        """Somebody calls the hotline: their line, which asks for the first document."""
        line = Line(number, self.context, self._called)
        if self.loop.do(lambda: self.exchange.switch.inbound(line, self._number)) is None:
            raise AssertionError("the line is busy")
        return line

    def ring(self, line: Line) -> None:
        """A dialled telephone begins to ring."""
        self.loop.do(line.leg.on_ringing)

    def pick_up(self, line: Line) -> None:
        """Somebody answers."""
        self.loop.do(line.leg.on_answer)

    def press(self, line: Line, keys: str) -> None:
        """Somebody presses keys."""
        self.loop.do(lambda: line.press(keys))

    def leave_message(self, line: Line) -> None:
        """Somebody speaks for a while, then presses the key that ends it."""
        line.say(MESSAGE_FRAMES, then="#")

    def end(self, line: Line, word: str) -> None:
        """The line ends, with this word of Twilio's."""
        self.loop.do(lambda: line.leg.end(TwilioCallStatus(word)))


def _config(settings: Settings, folder: Path) -> Config:
    number = NumberConfig(
        settings.hotline_number,
        voice_url=f"{SITE}{ARRIVALS}",
        fallback_url=f"{SITE}{webhook_urls.FALLBACK}",
        status_callback=f"{SITE}{webhook_urls.CALL_STATUS}",
    )
    return Config(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        public_url=ADDRESS,
        data_dir=folder,
        numbers=(number,),
    )
