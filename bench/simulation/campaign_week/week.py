"""A week of calls to patients on a simulated floor: nurses in shifts, the hotline's own callers, and the pace compared.

The hotline's callers and agents are those of a day of `bench.floor`, five times; the product's own ladder routes both
them and the patients who need a person. What is compared is only how many patients are dialled, and when.
"""

import heapq
import random
from collections import deque
from dataclasses import replace
from functools import partial
from typing import Protocol

from bench.simulation.campaign_week.floor import DAY_S, SKILL, CampaignFloor
from bench.simulation.campaign_week.patients import (
    BUSY,
    HALF_WAY,
    HANDOVER,
    LATER,
    MACHINE,
    MACHINE_S,
    PATIENCE_S,
    PICKUP_S,
    REACH,
    REFUSES,
    RING_S,
    WRONG,
    SimulatedPatient,
    WeekFigures,
)
from bench.simulation.hospital_day import rules
from bench.simulation.hospital_day.clock import Activity, SimulatedCaller, SimulatedFloor
from bench.simulation.hospital_day.day import DayAgent, DayCall, HospitalDay
from campaigns.dialling import next_attempt
from campaigns.dialling.pacing import AttemptCounts, NurseFloor
from campaigns.planning import dialling_limits_file
from campaigns.planning.calling_windows import CallingHours, CallingWindow
from campaigns.planning.dialling_limits import DiallingLimits
from hotline.values.states.attempt import AttemptOutcome

PRIORITY = 90
INBOUND_SPAN_S = 1800.0
TICK_S = 2.0  # fewer calls a second than the provider takes; nothing here needs more
DAYS = 5


class Pacing(Protocol):
    """A rule for how many patients to dial at a moment."""

    name: str

    def dial(self, week: "Week") -> int:
        """Return how many to dial now."""


def seats(day: HospitalDay, nurses: int) -> HospitalDay:
    """Return the day with so many nurses for patients more: half from nine to one, half from one to half past five."""
    shifts = (((32_400.0, 46_800.0),), ((46_800.0, 63_000.0),))
    more = tuple(DayAgent(f"n{number:02}", {SKILL: 5}, shift) for shift in shifts for number in range(nurses))
    named = tuple(replace(seat, id=f"{seat.id}{'ab'[number >= nurses]}") for number, seat in enumerate(more))
    return replace(day, agents=day.agents + named)


class Week:
    """The floor of one day after the other, with the campaign's calls on it."""

    def __init__(self, day: HospitalDay, people: int, pacing: Pacing, seed: int) -> None:
        """Start with `people` recipients, all due on the first morning."""
        self.day, self.pacing, self.seed = day, pacing, seed
        self.caps: DiallingLimits = dialling_limits_file.read_file(dialling_limits_file.STANDARD, "CN")
        self.window = CallingWindow(rules.MIDNIGHT.tzinfo, CallingHours(self.caps.hours.opens, self.caps.hours.closes))  # type: ignore[arg-type] # UTC stands for local time
        self.figures = WeekFigures()
        self.patients = [SimulatedPatient(number, 0.0) for number in range(people)]
        self.line = [(0.0, patient.id) for patient in self.patients]
        self.dialling = self.talking = 0
        self.waiting: set[str] = set()
        self.number = 0
        self.houses: list[CampaignFloor] = []
        self.now = 0.0
        self.answered_lately: deque[float] = deque()

    def run(self) -> None:
        """Run five days."""
        for number in range(DAYS):
            self.number = number
            house = CampaignFloor(self.day, self._nurse_answered, self.seed + number)
            self.houses.append(house)
            start, end = self.caps.hours.opens.hour * 3600.0, self.caps.hours.closes.hour * 3600.0
            house.at(start, partial(self._tick, house, end))
            house.run()

    def _nurse_answered(self, caller_id: str, at: float) -> None:
        if caller_id in self.waiting:
            self.waiting.discard(caller_id)
        else:
            self.answered_lately.append(self.number * DAY_S + at)

    @property
    def house(self) -> "CampaignFloor":
        """Return today's floor."""
        return self.houses[-1]

    def _tick(self, house: SimulatedFloor, end: float) -> None:
        self.now = self.number * DAY_S + house.now
        most = self.caps.calls_a_second * int(TICK_S) if self.due else 0
        for _ in range(min(self.pacing.dial(self), most) if most else 0):
            patient = self._next()
            if patient is None:
                break
            self._dial(house, patient)
        if house.now + TICK_S < end:
            house.at(house.now + TICK_S, partial(self._tick, house, end))

    def _next(self) -> SimulatedPatient | None:
        if self.line and self.line[0][0] <= self.now:
            return self.patients[heapq.heappop(self.line)[1]]
        return None

    @property
    def due(self) -> int:
        """Return whether anybody is due; the pace needs no more."""
        return 200 if self.line and self.line[0][0] <= self.now else 0

    def _dial(self, house: SimulatedFloor, patient: SimulatedPatient) -> None:
        self.figures.dialled += 1
        self.dialling += 1
        draw = random.Random(f"{self.seed} {patient.id} {len(patient.tries)}")  # noqa: S311 (a simulation)
        at, kind = self.now, draw.random()
        ring = draw.uniform(2, 2 * PICKUP_S) if kind < REACH + MACHINE else RING_S
        if kind < REACH:
            house.at(house.now + ring, lambda: self._answers(house, patient, draw, at))
        elif kind < REACH + MACHINE:
            house.at(house.now + ring + MACHINE_S, lambda: self._unreached(patient, AttemptOutcome.MACHINE, at))
        else:
            is_busy = kind < REACH + MACHINE + BUSY
            outcome = AttemptOutcome.BUSY if is_busy else AttemptOutcome.NO_ANSWER
            house.at(house.now + (4.0 if is_busy else ring), lambda: self._unreached(patient, outcome, at))

    def _unreached(self, patient: SimulatedPatient, outcome: AttemptOutcome, at: float) -> None:
        self.dialling -= 1
        self._follow(patient, outcome, at)

    def _answers(self, house: SimulatedFloor, patient: SimulatedPatient, draw: random.Random, at: float) -> None:
        self.dialling -= 1
        self.talking += 1
        self.figures.answered += 1
        self.figures.reached.add(patient.id)
        talk = draw.lognormvariate(5.05, 0.4)  # about TALK_S
        if draw.random() < HANDOVER:
            house.at(house.now + talk * draw.random(), lambda: self._asks(house, patient, draw, at))
            return
        kind = draw.random()
        outcome = AttemptOutcome.DONE
        for share, one in (
            (HALF_WAY, AttemptOutcome.PARTIAL),
            (LATER, AttemptOutcome.CALL_LATER),
            (WRONG, AttemptOutcome.WRONG_PERSON),
            (REFUSES, AttemptOutcome.REFUSED),
        ):
            if kind < share:
                outcome, talk = one, talk / 4
                break
            kind -= share
        house.at(house.now + talk, lambda: self._talked(patient, outcome, at, talk))

    def _talked(self, patient: SimulatedPatient, outcome: AttemptOutcome, at: float, talk: float) -> None:
        self.talking -= 1
        self.figures.talk_s += talk
        self._follow(patient, outcome, at)

    def _asks(self, house: SimulatedFloor, patient: SimulatedPatient, draw: random.Random, at: float) -> None:
        """Put a patient who needs a person ahead of everyone in line."""
        self.talking -= 1
        self.figures.talk_s += house.now + self.number * DAY_S - at
        self.figures.needed += 1
        help_s = draw.lognormvariate(5.4, 0.4)  # about HELP_S
        caller = SimulatedCaller(f"p{patient.id}", DayCall(house.now, SKILL, 1, PRIORITY, help_s, PATIENCE_S))
        self.waiting.add(caller.id)
        house.line[caller.id] = caller
        house.at(house.now + PATIENCE_S, lambda: self._left(house, caller))
        self.figures.help_s += help_s
        self._follow(patient, AttemptOutcome.DONE, at)

    def _left(self, house: SimulatedFloor, caller: SimulatedCaller) -> None:
        self.waiting.discard(caller.id)
        if house.line.pop(caller.id, None) is not None:
            self.figures.lost += 1
            self.figures.help_s -= caller.call.handle_s
            for offer in list(caller.phones.values()):
                house.stop(offer)

    def _follow(self, patient: SimulatedPatient, outcome: AttemptOutcome, at: float) -> None:
        patient.tries.append(next_attempt.PastAttempt(outcome, rules.when(at)))
        closes = rules.when(DAYS * DAY_S)
        later = rules.when(self.now + 7200.0) if outcome is AttemptOutcome.CALL_LATER else None
        standing = next_attempt.AttemptHistory(tuple(patient.tries), self.window, closes, False, later)
        then = next_attempt.next_step(standing, self.caps, rules.when(self.now))
        match then:
            case next_attempt.RetryAt(moment):
                heapq.heappush(self.line, ((moment - rules.MIDNIGHT).total_seconds(), patient.id))
            case next_attempt.SendText():
                patient.end = "texted"
            case next_attempt.HandToPerson():
                patient.end = "with_person"
            case next_attempt.EndCalls(event):
                patient.end = event.value

    def floor(self) -> NurseFloor:
        """Return this moment as the product's pace sees it."""
        house = self.house
        fit = [agent for agent in house.agents if agent.seat.skills.get(SKILL, 0) >= 1]
        free = sum(agent.does is Activity.FREE for agent in fit)
        busy = sum(agent.does in {Activity.TALKS, Activity.RUNG} for agent in fit)
        ours = [caller for caller in house.line.values() if caller.id in self.waiting]
        unserved = sum(
            not caller.phones or house.now - caller.call.t > house.day.ring_seconds
            for caller in house.line.values()
            if caller.id not in self.waiting
        )
        return NurseFloor(
            free=free,
            busy=busy,
            dialling=self.dialling,
            talking=self.talking,
            waiting=sum(not caller.phones for caller in ours),
            unserved=unserved,
            inbound_a_second=self._inbound(),
            due=self.due,
        )

    def _inbound(self) -> float:
        """Return how often the hotline's callers took one of these agents in the last half hour."""
        lately = self.answered_lately
        while lately and lately[0] < self.now - INBOUND_SPAN_S:
            lately.popleft()
        return len(lately) / INBOUND_SPAN_S

    def counts(self) -> AttemptCounts:
        """Return what the pace has learned from."""
        f = self.figures
        return AttemptCounts(f.dialled, f.answered, f.needed, f.lost, f.talk_s, f.help_s)
