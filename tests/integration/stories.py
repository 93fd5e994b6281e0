"""Stories told by hand on a simulated exchange: callers, agents' phones, webhooks that come when told."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
import time_machine
from sqlalchemy import func, select

from hotline import clock
from hotline.context import AppContext
from hotline.models import Agent, Call, CallHistoryEvent, Offer, QueueEntry
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallStatus
from tests.simulation.exchange.engines import SENTENCE_SECONDS
from tests.simulation.exchange.network import Faults, Mail
from tests.simulation.exchange.telephone import Line, Place
from tests.simulation.interleave.arrivals import Wish
from tests.simulation.interleave.world import World
from tests.support.factories import NOW, load_hospital

BOOKING: Wish = ("booking", "booking", None, None)
ADVICE: Wish = ("consultation", "nurse", None, None)
EMERGENCY: Wish = ("emergency", "nurse", None, 100)
# Sooner than the exchange gives up a document that does not come.
STEP_SECONDS = 5.0
LONGEST_SENTENCES = 6


@dataclass
class Story:
    """Callers, agents' phones and the router, moved by hand; webhooks arrive when `post` says so."""

    world: World

    def only(self, *staff_numbers: str) -> None:
        """Nobody else is there."""
        with self.world.context.database.write() as session:
            for agent in session.scalars(select(Agent)):
                if agent.staff_number not in staff_numbers:
                    agent.status = AgentStatus.OFFLINE

    def call(self, wish: Wish = BOOKING) -> Line:
        return self.world.join(wish)

    def route(self) -> None:
        """The router's pass; the other one stands by."""
        assert self.world.routers[0].work(clock.now())

    def post(self, *words: str) -> int:
        """Deliver what is in flight, only what has one of `words` in its address or status where given; how many.

        Without words, whoever hears a sentence hears it to its end.
        """
        count = self._deliver(words)
        for _ in range(LONGEST_SENTENCES):
            if words or not self._hears_a_sentence():
                break
            self.hear()
            count += self._deliver(words)
        return count

    def hear(self) -> None:
        """Whoever hears a sentence hears it to its end."""
        while self._hears_a_sentence():
            self.world.exchange.loop.pass_time(SENTENCE_SECONDS)

    def _hears_a_sentence(self) -> bool:
        lines = self.world.exchange.lines.values()
        return any(line.place is Place.DOCUMENT and not line.is_asking for line in lines)

    def in_flight(self, word: str) -> Mail:
        """The one webhook in flight that has this word."""
        (mail,) = [each for each in self.world.exchange.mail if _has(each.url, each.form, (word,))]
        return mail

    def _deliver(self, words: tuple[str, ...]) -> int:
        count = 0
        while mail := next((m for m in self.world.exchange.mail if not words or _has(m.url, m.form, words)), None):
            self.world.exchange.mail.remove(mail)
            self.world.post(mail)
            count += 1
        return count

    def lose(self, *words: str) -> None:
        """What is in flight never arrives."""
        mail = self.world.exchange.mail
        self.world.exchange.mail = [m for m in mail if words and not _has(m.url, m.form, words)]

    def wait(self, seconds: float) -> None:
        """Time passes; who waits hears music meanwhile."""
        while seconds > 0:
            self.world.exchange.loop.pass_time(min(seconds, STEP_SECONDS))
            self.post("/wait")
            seconds -= STEP_SECONDS

    def phones(self, caller: Line) -> list[Line]:
        """The phones that ring for a caller."""
        with self.world.context.database.read() as session:
            offers = set(session.scalars(select(Offer.id).where(Offer.call_id == caller.owner)))
        return [line for line in self.world.exchange.lines.values() if line.is_agent and line.owner in offers]

    def ring(self, caller: Line) -> Line:
        """The router rings; the newest phone of this caller, ringing."""
        self.route()
        phone = self.phones(caller)[-1]
        self.world.exchange.ring(phone)
        self.post("initiated", "ringing")
        return phone

    def pick_up(self, phone: Line) -> None:
        """The agent picks up, and hears what we have for them."""
        self.world.exchange.pick_up(phone)
        self.post("in-progress")

    def meet(self, caller: Line) -> Line:
        """The caller talks to an agent; the agent's line."""
        phone = self.ring(caller)
        self.pick_up(phone)
        self.route()
        self.post()
        assert self.status(caller) is CallStatus.TALKING
        return phone

    def status(self, caller: Line) -> CallStatus:
        with self.world.context.database.read() as session:
            return session.get_one(Call, caller.owner).status

    def place(self, caller: Line) -> QueueEntry:
        """The caller's newest place in line."""
        with self.world.context.database.read() as session:
            newest = select(QueueEntry).where(QueueEntry.call_id == caller.owner).order_by(QueueEntry.id.desc())
            return session.scalars(newest).first() or pytest.fail("was never in line")

    def agent(self, staff_number: str) -> Agent:
        with self.world.context.database.read() as session:
            return session.scalars(select(Agent).where(Agent.staff_number == staff_number)).one()

    def told(self, kind: str) -> int:
        """How many events of this kind the stories have."""
        with self.world.context.database.read() as session:
            return session.scalar(select(func.count()).where(CallHistoryEvent.kind == kind)) or 0


def _has(url: str, form: dict[str, str], words: tuple[str, ...]) -> bool:
    text = " ".join([url, *form.values()])
    return any(word in text for word in words)


@contextmanager
def opened(context: AppContext) -> Iterator[Story]:
    """A story at the sample hospital, on an exchange without faults."""
    load_hospital(context)
    with time_machine.travel(NOW, tick=False) as travel:
        world = World(context, 1, travel)
        world.exchange.faults = Faults(0, 0, 0)
        with context.database.write() as session:
            for agent in session.scalars(select(Agent)):
                agent.page_phone_since = None
        with closing(world):
            yield Story(world)
