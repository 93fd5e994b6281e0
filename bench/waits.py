"""The truth of announced waits on the simulated floor: ours beside the rule before it and the naive one, as JSON.

`python -m bench.waits --help`. Every caller is told an estimate when they ask; the real wait ends with the answer. Who
gives up before would have waited longer: their wait is censored. The shares too short and too long count them by the
Kaplan-Meier estimate; the absolute error can only be known of those who were answered.
"""

import json
import statistics
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench.simulation.hospital_day import day as hospital_day_day
from bench.simulation.hospital_day import day_file, rules
from bench.simulation.hospital_day.clock import (
    Activity,
    SimulatedAgent,
    SimulatedCaller,
    SimulatedFloor,
    SimulatedOffer,
)
from bench.simulation.hospital_day.day import HospitalDay
from routing.estimates import recent_times, wait, wait_estimate
from routing.estimates.recent_times import PastWait, RecentTimes
from routing.estimates.snapshot_queries import LATEST_WAITS, OFFERS_READ
from routing.estimates.wait import AgentAvailability, WaitingEntry
from routing.offers.service import RING_NO_ANSWER_SECONDS

HOUR, NEAR_SECONDS = 3600.0, 20.0
RULES = ("ours", "former", "naive")


@dataclass
class Announcement:
    """The wait that a caller was told under each rule; `None` where nobody at work could answer."""

    caller: SimulatedCaller
    at: float
    is_queued: bool
    by: dict[str, float | None]
    raw: float | None = None


@dataclass
class FloorHistory:
    """The past of the floor so far: conversations with their end, and what became of waits."""

    handles: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=OFFERS_READ))
    waits: deque[PastWait] = field(default_factory=lambda: deque(maxlen=LATEST_WAITS))

    def lately(self, now: float) -> RecentTimes:
        """Return it as the product learns it, see `routing.estimates.snapshot_queries`."""
        hour = [seconds for at, seconds in self.handles if at > now - HOUR]
        return recent_times.learn(hour, [seconds for _, seconds in self.handles], self.waits)

    def mean_handle(self, now: float) -> float:
        """Return the mean that the former rule took."""
        hour = [seconds for at, seconds in self.handles if at > now - HOUR]
        return wait.handle_seconds(hour, [seconds for _, seconds in self.handles])


class AnnouncingFloor(SimulatedFloor):
    """A floor that tells every caller their wait."""

    def __init__(self, day: HospitalDay, seed: int) -> None:
        """Start a day before its first call."""
        super().__init__(day, rules.ProductRule(), seed)
        self.seen = FloorHistory()
        self.told: dict[str, Announcement] = {}
        self._talks: dict[str, float] = {}

    def _asks(self, caller: SimulatedCaller) -> None:
        super()._asks(caller)
        line = [
            WaitingEntry(each.id, {each.call.skill: each.call.level}, each.call.priority, rules.when(each.call.t))
            for each in self.line.values()
        ]
        hands = [self._hand(agent) for agent in self.agents if agent.does is not Activity.OFF]
        is_queued = not any(True for _ in self.free(caller))
        lately, mean = self.seen.lately(self.now), self.seen.mean_handle(self.now)
        estimate = wait_estimate.seconds(caller.id, line, hands, lately)
        former = wait.expected(caller.id, line, hands, mean)
        by = {
            "ours": None if estimate is None else estimate.told,
            "former": None if former is None else float(_former(former)),
            "naive": None if estimate is None else _naive(caller, self.line.values(), hands, mean),
        }
        self.told[caller.id] = Announcement(caller, self.now, is_queued, by, None if estimate is None else estimate.raw)

    def _hand(self, agent: SimulatedAgent) -> AgentAvailability:
        skills, began = agent.seat.skills, self._talks.get(agent.seat.id, self.now)
        if agent.does is Activity.TALKS:
            talks = self.now - began
            free_in = wait.free_in(talks, self.seen.mean_handle(self.now))
            return AgentAvailability(agent.seat.id, skills, free_in, is_sure=False, talks=talks)
        left = agent.free_since + RING_NO_ANSWER_SECONDS - self.now if agent.does is Activity.ASIDE else 0.0
        return AgentAvailability(agent.seat.id, skills, max(0.0, left), agent.does is not Activity.RUNG)

    def _answers(self, offer: SimulatedOffer) -> None:
        is_live = offer.live
        super()._answers(offer)
        if is_live:
            self._talks[offer.agent.seat.id] = self.now
            self._over(offer.caller, is_answered=True)

    def _ends(self, agent: SimulatedAgent) -> None:
        self.seen.handles.append((self.now, self.now - self._talks[agent.seat.id]))
        super()._ends(agent)

    def _leaves(self, caller: SimulatedCaller) -> None:
        is_waiting = caller.id in self.line
        super()._leaves(caller)
        if is_waiting:
            self._over(caller, is_answered=False)

    def _over(self, caller: SimulatedCaller, is_answered: bool) -> None:
        told = self.told[caller.id]
        self.seen.waits.append(PastWait(self.now - told.at, is_answered, told.raw))


def _former(seconds: float) -> int:
    """Announce as before: rounded up to whole minutes, 45 s for anything that is less."""
    if seconds <= wait.SOON_SECONDS:
        return wait.SOON_SECONDS
    minutes = next((each for each in wait.SPOKEN_MINUTES if each >= seconds / 60), wait.SPOKEN_MINUTES[-1])
    return minutes * 60


def _naive(
    caller: SimulatedCaller, line: Iterable[SimulatedCaller], hands: Sequence[AgentAvailability], mean: float
) -> float | None:
    """Return the place in line among those of the same skills, times the mean conversation, shared by those who fit."""
    required_skills = {caller.call.skill: caller.call.level}
    fitting = sum(wait.meets(required_skills, hand) for hand in hands)
    place = sum(each.call.skill == caller.call.skill and each is not caller for each in line) + 1
    return place * mean / fitting if fitting else None


def figures(told: Sequence[Announcement], rule: str) -> dict[str, float]:
    """Return how true one rule's announcements were."""
    pairs = [(each, seconds) for each in told if (seconds := each.by[rule]) is not None]
    answered = [(seconds, _real(each)) for each, seconds in pairs if each.caller.answered_at is not None]
    errors = sorted(abs(seconds - real) for seconds, real in answered)
    short = recent_times.share_above(
        (
            recent_times.CensoredValue(_real(each) - seconds, each.caller.answered_at is not None)
            for each, seconds in pairs
        ),
        0.0,
    )
    return {
        "too_short": round(short, 3),
        "too_long": round(1 - short, 3),
        "median_bias_s": round(statistics.median(seconds - real for seconds, real in answered), 1),
        "mean_bias_s": round(statistics.fmean(seconds - real for seconds, real in answered), 1),
        "median_absolute_error_s": round(statistics.median(errors), 1),
        "within_20_s": round(sum(error <= NEAR_SECONDS for error in errors) / len(errors), 3),
        "told": round(len(pairs) / len(told), 3),
    }


def _real(told: Announcement) -> float:
    end = told.caller.answered_at if told.caller.answered_at is not None else told.caller.left_at
    return (told.at if end is None else end) - told.at


def measure(days: Sequence[HospitalDay], seeds: int) -> dict[str, object]:
    """Run all rules on the same callers: of everyone, and of those for whom nobody was free when they asked."""
    told: list[Announcement] = []
    for day in days:
        for seed in range(seeds):
            house = AnnouncingFloor(day, seed)
            house.run()
            told += house.told.values()
    groups = {"everyone": told, "nobody_free": [each for each in told if each.is_queued]}
    return {name: _group(group) for name, group in groups.items()}


def _group(told: Sequence[Announcement]) -> dict[str, object]:
    gave_up = sum(each.caller.answered_at is None for each in told) / len(told)
    by_rule = {rule: figures(told, rule) for rule in RULES}
    errors = {rule: by_rule[rule]["median_absolute_error_s"] for rule in RULES}
    ratios = {f"{rule}_to_ours": round(errors[rule] / max(0.1, errors["ours"]), 2) for rule in RULES[1:]}
    return {"callers": len(told), "censored": round(gave_up, 3), **by_rule, "ratio_of_median_errors": ratios}


@click.command(help=__doc__)
@click.option("--day", type=click.Path(exists=True, path_type=Path), default=day_file.DAYS / "reference.json")
@click.option("--fresh", default=0, help="instead of the file: this many new days like the reference day")
@click.option("--seeds", default=2, show_default=True, help="how often pick-up times and misses are drawn")
@click.option("--json", "out", type=click.Path(path_type=Path), help="write the figures there, too")
def main(day: Path, fresh: int, seeds: int, out: Path | None) -> None:
    """Simulate and print the figures."""
    days = [hospital_day_day.reference(500 + number) for number in range(fresh)] or [day_file.read(day)]
    text = json.dumps(measure(days, seeds), indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
