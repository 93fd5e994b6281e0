"""The rules that are compared: the product's own ladder, those of the usual systems, and the bound.

Where a document leaves room, the usual systems get the kinder reading: they ring the first free agent at once (Asterisk
looks again every second or five), go on to another agent after one who did not pick up (longest-idle alone would ring
the same one again), and set nobody aside (TaskRouter moves such an agent to a time-out activity, mod_callcenter to a
break after three, Asterisk pauses them where told so).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from bench.simulation.hospital_day.clock import (
    Activity,
    SimulatedAgent,
    SimulatedCaller,
    SimulatedFloor,
    SimulatedOffer,
)
from bench.simulation.hospital_day.day import HospitalDay
from routing.ladder import answer_times, candidates, floor_state, ladder
from routing.ladder.answer_curve import AnswerCurve, learn
from routing.offers.service import RING_NO_ANSWER_SECONDS
from routing.router.service import HABITS_SECONDS
from workers.router import ROUTER_TICK_SECONDS

CAN_BE_RUNG = {Activity.FREE, Activity.ASIDE}
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class UsualRule:
    """One phone (or every phone) at a time for `rings_s`, longest idle first; then a pause of `retry_s`."""

    name: str
    rings_s: float
    retry_s: float = 0.0
    everyone: bool = False
    every_s: float | None = None
    misses: bool = True
    # Who misses is set aside for so long: rung where nobody else is free, as with ours.
    aside_s: float = 0.0

    def act(self, house: SimulatedFloor) -> None:
        """Ring for everyone in line who has no phone."""
        for caller in in_line(house):
            if caller.phones or house.now < caller.again_at:
                continue
            free = list(house.free(caller)) or list(house.free(caller, Activity.ASIDE))
            idle = sorted(free, key=lambda agent: (agent in caller.tried, agent.last_call_end))
            for agent in idle if self.everyone else idle[:1]:
                offer = house.ring(caller, agent)
                house.at(house.now + self.rings_s, partial(self._missed, house, offer))

    def _missed(self, house: SimulatedFloor, offer: SimulatedOffer) -> None:
        if offer.live:
            house.stop(offer, missed=True, aside_s=self.aside_s)
            offer.caller.again_at = house.now + self.retry_s
            house.at(offer.caller.again_at, lambda: None)


@dataclass
class BoundRule:
    """An upper bound: it knows how quickly each would pick up, nobody misses, and no second phone is needed.

    Among free agents it takes the quickest or, `spare`, the quickest of those whom the fewest other wishes need; the
    better of the two on a day is the bound.
    """

    spare: bool
    name: str = "bound"
    every_s: float | None = None
    misses: bool = False

    def act(self, house: SimulatedFloor) -> None:
        """Ring for everyone in line who has no phone."""
        for caller in in_line(house):
            free = [] if caller.phones else list(house.free(caller))
            if free:
                house.ring(caller, min(free, key=lambda agent: self._order(house, caller, agent)))

    def _order(self, house: SimulatedFloor, caller: SimulatedCaller, agent: SimulatedAgent) -> tuple[float, float]:
        needed = 0.0
        if self.spare:
            free = [other.seat.skills for other in house.agents if other.does is Activity.FREE]
            needed = sum(0.5 ** sum(name in skills for skills in free) for name in agent.seat.skills)
        return (round(needed, 1), house.takes(caller, agent, 1) or 0.0)


class ProductRule:
    """The product's ladder, asked as the router asks it: after every event and at every tick."""

    name = "ours"
    every_s: float | None = ROUTER_TICK_SECONDS
    misses = True

    def __init__(self) -> None:
        """Start one day."""
        self._asked: dict[str, tuple[int, ...]] | None = None
        self._phones = answer_times.RungPhones()
        # What was learned of each agent, and after how many answers.
        self._habits: dict[str, tuple[int, float | None]] = {}
        self._curves: dict[str, AnswerCurve] = {}
        self._learned_at = -math.inf

    def act(self, house: SimulatedFloor) -> None:
        """Apply what the ladder decides until it decides nothing more."""
        if house.now - self._learned_at >= HABITS_SECONDS:
            self._curves, self._learned_at = learn({a.seat.id: a.offers for a in house.agents}), house.now
        while True:
            decisions = ladder.decide(self._floor(house), when(house.now), house.day.ring_seconds)
            if not decisions:
                return
            agents = {agent.seat.id: agent for agent in house.agents}
            offers = {offer.id: offer for caller in house.line.values() for offer in caller.phones.values()}
            for decision in decisions:
                if isinstance(decision, floor_state.StartOffer):
                    self._phones.rang(decision.caller_id)
                    house.ring(house.line[decision.caller_id], agents[decision.agent_id], decision.rings)
                elif isinstance(decision, floor_state.RingNoAnswer):
                    house.stop(offers[decision.offer_id], missed=True, aside_s=RING_NO_ANSWER_SECONDS)
                elif not isinstance(decision, floor_state.LeaveByOverflow):  # these callers have no way out of the line
                    house.stop(offers[decision.offer_id])

    def _floor(self, house: SimulatedFloor) -> floor_state.FloorState:
        return floor_state.FloorState(
            agents=tuple(self._agent(agent) for agent in house.agents if agent.does in CAN_BE_RUNG),
            callers=tuple(self._caller(caller) for caller in house.line.values()),
            offers=tuple(
                floor_state.LiveOffer(
                    offer.id,
                    caller.id,
                    offer.agent.seat.id,
                    when(offer.at),
                    when(offer.at),
                    offer.rings,
                    caller.call.priority,
                    offer.agent.seat.skills,
                    offer.from_aside,
                    self._answers_in(offer.agent),
                    self._curves.get(offer.agent.seat.id),
                )
                for caller in house.line.values()
                for offer in caller.phones.values()
            ),
            asked=self._asked_on(house.day),
            phones_each=self._phones.each(),
        )

    def _asked_on(self, day: HospitalDay) -> dict[str, tuple[int, ...]]:
        """Return the levels that the day's callers ask for, as a hospital's queue file lists those of its queues."""
        if self._asked is None:
            levels: dict[str, set[int]] = {skill: set() for seat in day.agents for skill in seat.skills}
            for call in day.calls:
                levels.setdefault(call.skill, set()).add(call.level)
            self._asked = {skill: tuple(sorted(found)) for skill, found in levels.items()}
        return self._asked

    def _answers_in(self, agent: SimulatedAgent) -> float | None:
        """Return what the product has learned about this agent by now."""
        known = self._habits.get(agent.seat.id)
        if known is None or known[0] != agent.answered:
            known = self._habits[agent.seat.id] = (agent.answered, answer_times.answers_in(agent.pickups))
        return known[1]

    def _agent(self, agent: SimulatedAgent) -> candidates.Candidate:
        return candidates.Candidate(
            agent.seat.id,
            agent.seat.skills,
            when(agent.free_since),
            self._answers_in(agent),
            agent.does is Activity.ASIDE,
            self._curves.get(agent.seat.id),
        )

    def _caller(self, caller: SimulatedCaller) -> floor_state.QueuedCaller:
        return floor_state.QueuedCaller(
            id=caller.id,
            required_skills={caller.call.skill: caller.call.level},
            priority=caller.call.priority,
            asked_at=when(caller.call.t),
            first_rung_at=None if caller.first_rung_at is None else when(caller.first_rung_at),
            tried=frozenset(agent.seat.id for agent in caller.tried),
        )


# The usual systems as their documents state them.
USUAL = (
    # https://github.com/asterisk/asterisk/blob/master/configs/samples/queues.conf.sample: timeout = 15, retry = 5,
    # leastrecent "ring interface which was least recently hung up by this queue"; autofill as it recommends.
    ("one at a time (Asterisk sample)", 15.0, 5.0, False),
    # https://github.com/signalwire/freeswitch/blob/master/conf/vanilla/autoload_configs/callcenter.conf.xml:
    # longest-idle-agent, leg_timeout=10, no delay after no answer.
    ("10 s legs (FreeSWITCH mod_callcenter sample)", 10.0, 0.0, False),
    # The same Asterisk sample with its default strategy: "ringall - ring all available channels until one answers".
    ("ring everyone (Asterisk ringall)", 15.0, 5.0, True),
    # https://www.twilio.com/docs/taskrouter/order-workers: "ordered by duration a Worker is unoccupied";
    # https://www.twilio.com/docs/taskrouter/api/reservations: without an answer within the workflow's reservation
    # time-out the task is there for other workers.
    ("reservation of 20 s, most idle (Flex, TaskRouter)", 20.0, 0.0, False),
)


def in_line(house: SimulatedFloor) -> list[SimulatedCaller]:
    """Return callers in line by priority, then by when they asked."""
    return sorted(house.line.values(), key=lambda caller: (-caller.call.priority, caller.call.t))


def when(seconds: float) -> datetime:
    """Return the moment this many seconds after midnight."""
    return MIDNIGHT + timedelta(seconds=seconds)
