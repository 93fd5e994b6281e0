"""A hospital's floor on a simulated clock: callers ask, phones ring, agents pick up or do not, callers lose patience.

It knows no rule of its own: a `Rule` looks at the house after every event and rings phones. How an agent would answer
an offer depends on the seed, the call, the agent and how often this agent was rung for this call, and on nothing else,
so that all rules meet the same people.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Protocol

from bench.simulation.hospital_day.day import DayAgent, DayCall, HospitalDay
from routing.ladder.answer_curve import RingOutcome

HISTORY = 50
OFFERS = 200
# For so long a phone rang that was not answered on an earlier day.
RANG_OUT_SECONDS = 15.0
MOST_MISSES = 0.95


class Activity(Enum):
    """The activity of an agent at a moment."""

    OFF = "off"
    FREE = "free"
    RUNG = "rung"
    TALKS = "talks"
    ASIDE = "aside"


@dataclass(eq=False)
class SimulatedAgent:
    """An agent of the day and what they do; `turn` counts their changes, so that an old plan does not free them."""

    seat: DayAgent
    does: Activity = Activity.OFF
    free_since: float = 0.0
    last_call_end: float = 0.0
    answered: int = 0
    # Their latest pick-up times; a new day begins with some of earlier days, as the product's history does.
    pickups: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    # Their latest offers, the newest first, whether answered or not.
    offers: deque[RingOutcome] = field(default_factory=lambda: deque(maxlen=OFFERS))
    rung: int = 0
    missed: int = 0
    turn: int = 0


@dataclass(eq=False)
class SimulatedCaller:
    """A caller of the day; `answered_at` and `left_at` say how it ended."""

    id: str
    call: DayCall
    phones: dict[str, "SimulatedOffer"] = field(default_factory=dict)
    tried: list[SimulatedAgent] = field(default_factory=list)
    rung: dict[str, int] = field(default_factory=dict)
    first_rung_at: float | None = None
    again_at: float = 0.0
    answered_at: float | None = None
    left_at: float | None = None


@dataclass(eq=False)
class SimulatedOffer:
    """A phone that rings for a caller."""

    id: str
    caller: SimulatedCaller
    agent: SimulatedAgent
    at: float
    rings: int = 3
    from_aside: bool = False
    live: bool = True


class RoutingRule(Protocol):
    """A way to route: looks at the floor after every event and every `every_s` while somebody waits, and acts."""

    name: str
    every_s: float | None
    misses: bool

    def act(self, house: "SimulatedFloor") -> None:
        """Ring phones and stop them."""


class SimulatedFloor:
    """The floor at `now`, and the only three things a rule can do: `ring`, `stop`, and look again later."""

    def __init__(self, day: HospitalDay, rule: RoutingRule, seed: int) -> None:
        """Start a day before its first call."""
        self.day, self.rule, self.seed, self.now = day, rule, seed, 0.0
        self.agents = [_with_history(SimulatedAgent(seat), seed) for seat in day.agents]
        self.callers = [SimulatedCaller(f"c{number:05}", call) for number, call in enumerate(day.calls)]
        self.line: dict[str, SimulatedCaller] = {}
        self.phones_rung = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._looks_at = math.inf
        for agent in self.agents:
            for start, end in agent.seat.shifts:
                self.at(start, partial(self._comes, agent))
                self.at(end, partial(self._goes, agent))
        for caller in self.callers:
            self.at(caller.call.t, partial(self._asks, caller))

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Schedule this for then."""
        self._number += 1
        heapq.heappush(self._events, (when, self._number, what))

    def run(self) -> None:
        """Run from the first event to the last."""
        while self._events:
            self.now, _, what = heapq.heappop(self._events)
            what()
            if self.line:
                self.rule.act(self)
                self._look_again()

    def ring(self, caller: SimulatedCaller, agent: SimulatedAgent, rings: int = 3) -> SimulatedOffer:
        """Ring this agent, free or set aside, for this caller; they pick up unless the phone stops before."""
        assert agent.does in {Activity.FREE, Activity.ASIDE}
        assert caller.id in self.line
        self.phones_rung += 1
        nth = caller.rung[agent.seat.id] = caller.rung.get(agent.seat.id, 0) + 1
        offer = SimulatedOffer(
            f"{caller.id}-{agent.seat.id}-{nth}", caller, agent, self.now, rings, agent.does is Activity.ASIDE
        )
        caller.phones[offer.id] = offer
        caller.first_rung_at = self.now if caller.first_rung_at is None else caller.first_rung_at
        agent.does, agent.rung, agent.turn = Activity.RUNG, agent.rung + 1, agent.turn + 1
        takes = self.takes(caller, agent, nth)
        if takes is not None:
            self.at(self.now + takes, lambda: self._answers(offer))
        return offer

    def takes(self, caller: SimulatedCaller, agent: SimulatedAgent, nth: int) -> float | None:
        """Return how long this agent takes to pick up when rung the nth time for this caller;
        `None`: they would not.
        """
        draw = random.Random(f"{self.seed} {caller.id} {agent.seat.id} {nth}")  # noqa: S311 (a simulation)
        takes = draw.lognormvariate(math.log(agent.seat.pickup_median_s), agent.seat.pickup_sigma)
        return None if self.rule.misses and draw.random() < agent.seat.no_answer_rate else takes

    def stop(self, offer: SimulatedOffer, missed: bool = False, aside_s: float = 0.0) -> None:
        """Stop the phone; an agent who is set aside is rung again after that time."""
        if not offer.live:
            return
        offer.live = False
        offer.agent.offers.appendleft(RingOutcome(self.now - offer.at, is_answered=False))
        del offer.caller.phones[offer.id]
        if missed:
            offer.caller.tried.append(offer.agent)
            offer.agent.missed += 1
        self._is_free(offer.agent, aside_s)

    def free(self, caller: SimulatedCaller, does: Activity = Activity.FREE) -> Iterable[SimulatedAgent]:
        """Yield free agents with the caller's skill; or those who do something else."""
        for agent in self.agents:
            if agent.does is does and agent.seat.skills.get(caller.call.skill, 0) >= caller.call.level:
                yield agent

    def _answers(self, offer: SimulatedOffer) -> None:
        if not offer.live:
            return
        caller, agent = offer.caller, offer.agent
        caller.answered_at = self.now
        offer.live = False
        del caller.phones[offer.id], self.line[caller.id]
        for other in list(caller.phones.values()):
            self.stop(other)
        agent.does, agent.answered = Activity.TALKS, agent.answered + 1
        agent.pickups.append(self.now - offer.at)
        agent.offers.appendleft(RingOutcome(self.now - offer.at, is_answered=True))
        self.at(self.now + caller.call.handle_s, lambda: self._ends(agent))

    def _ends(self, agent: SimulatedAgent) -> None:
        agent.last_call_end = self.now
        self._is_free(agent, 0.0)

    def _asks(self, caller: SimulatedCaller) -> None:
        self.line[caller.id] = caller
        self.at(self.now + caller.call.patience_s, lambda: self._leaves(caller))

    def _leaves(self, caller: SimulatedCaller) -> None:
        if self.line.pop(caller.id, None) is not None:
            caller.left_at = self.now
            for offer in list(caller.phones.values()):
                self.stop(offer)

    def _is_free(self, agent: SimulatedAgent, aside_s: float) -> None:
        if not any(start <= self.now < end for start, end in agent.seat.shifts):
            agent.does = Activity.OFF
        elif aside_s:
            agent.does, agent.free_since = Activity.ASIDE, self.now
            self.at(self.now + aside_s, partial(self._comes_back, agent, agent.turn))
        else:
            agent.does, agent.free_since = Activity.FREE, self.now

    def _comes_back(self, agent: SimulatedAgent, turn: int) -> None:
        if agent.turn == turn:
            self._is_free(agent, 0.0)

    def _comes(self, agent: SimulatedAgent) -> None:
        if agent.does is Activity.OFF:
            agent.last_call_end = self.now
            self._is_free(agent, 0.0)

    def _goes(self, agent: SimulatedAgent) -> None:
        if agent.does in {Activity.FREE, Activity.ASIDE}:
            agent.does, agent.turn = Activity.OFF, agent.turn + 1

    def _look_again(self) -> None:
        if self.rule.every_s is not None and self._looks_at <= self.now:
            self._looks_at = math.inf
        if self.rule.every_s is not None and self._looks_at == math.inf:
            self._looks_at = self.now + self.rule.every_s
            self.at(self._looks_at, lambda: None)


def _with_history(agent: SimulatedAgent, seed: int) -> SimulatedAgent:
    draw = random.Random(f"{seed} {agent.seat.id} before")  # noqa: S311
    for _ in range(HISTORY):
        agent.pickups.append(draw.lognormvariate(math.log(agent.seat.pickup_median_s), agent.seat.pickup_sigma))
    misses = random.Random(f"{seed} {agent.seat.id} missed before")  # noqa: S311
    for seconds in agent.pickups:
        while misses.random() < min(agent.seat.no_answer_rate, MOST_MISSES) and len(agent.offers) < OFFERS:
            agent.offers.appendleft(RingOutcome(RANG_OUT_SECONDS, is_answered=False))
        agent.offers.appendleft(RingOutcome(seconds, is_answered=True))
    return agent
