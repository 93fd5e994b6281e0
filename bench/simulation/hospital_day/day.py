"""Days at a hospital's hotline, as `bench.floor` simulates them: the file format, and the making of the shipped ones.

`python -m bench.simulation.hospital_day.day --seed 1 --out day.json` makes another day like the reference day. Times
are seconds from midnight.
"""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from reports.staffing.erlang import HALF_HOUR_SECONDS, Load, agents_needed

SLOT = 1800
WHOLE_DAY = (0.0, 86_400.0)
OPENS, CLOSES = 27_000, 63_000  # 7:30 to 17:30
PEAKS = (30_600, 52_200)  # 8:30 and 14:30
CALLS, HANDLE, PATIENCE = 1000, 180.0, 120.0
# Share of the calls, from common to scarce.
SKILLS = {
    "booking": 0.28,
    "guidance": 0.17,
    "reports": 0.14,
    "billing": 0.12,
    "insurance": 0.10,
    "inpatient": 0.08,
    "complaints": 0.06,
    "nurse": 0.05,
}
# How many an agent has, in turn: many know two or three things, few know most.
HANDS = (6, 2, 3, 5, 2)


@dataclass(frozen=True)
class DayAgent:
    """An agent of the day: skills with levels, shifts, and how their phone is answered (lognormal, or not at all)."""

    id: str
    skills: Mapping[str, int]
    shifts: tuple[tuple[float, float], ...]
    pickup_median_s: float = 4.0
    pickup_sigma: float = 0.5
    no_answer_rate: float = 0.05


@dataclass(frozen=True)
class DayCall:
    """A caller who asks for a person at `t`, would talk for `handle_s` and waits no longer than `patience_s`."""

    t: float
    skill: str
    level: int
    priority: int
    handle_s: float
    patience_s: float


@dataclass(frozen=True)
class HospitalDay:
    """Everything that is given about a day; what is drawn (pick-up times, misses) comes from the seed."""

    ring_seconds: float
    agents: tuple[DayAgent, ...]
    calls: tuple[DayCall, ...]


def with_misses(day: HospitalDay, no_answer_rate: float | None) -> HospitalDay:
    """Return the day with this rate of missed offers for every agent; `None` leaves it as it is."""
    if no_answer_rate is None:
        return day
    return replace(day, agents=tuple(replace(seat, no_answer_rate=no_answer_rate) for seat in day.agents))


def reference(seed: int, hands: tuple[int, ...] = HANDS) -> HospitalDay:
    """Return a day as the target was set: pooled Erlang-C for 80 % in 20 s, eight skills, unevenly held."""
    draw = random.Random(f"day {seed}")  # noqa: S311 (a simulation)
    calls = tuple(sorted((_call(draw) for _ in range(CALLS)), key=lambda call: call.t))
    need = {slot: staffing(_expected(slot), HANDLE) for slot in range(OPENS, CLOSES, SLOT)}
    seats = tuple(
        DayAgent(f"a{number:02}", skills, _shifts([slot for slot in need if need[slot] > number]))
        for number, skills in enumerate(_deal(draw, max(need.values()), hands))
    )
    return HospitalDay(5.0, seats, calls)


def alike(seed: int) -> HospitalDay:
    """Return the same day with four skills to every agent: nobody is scarcer than the others."""
    return reference(seed, (4,))


def uneven(seed: int) -> HospitalDay:
    """Return the same day on a floor as it is found: some pick up slowly, some often not, and two know everything."""
    draw = random.Random(f"uneven {seed}")  # noqa: S311
    day = reference(seed)
    seats = [
        replace(
            seat,
            pickup_median_s=round(draw.choice((2.5, 3.0, 4.0, 4.0, 5.5, 8.0)), 1),
            no_answer_rate=draw.choice((0.01, 0.03, 0.05, 0.15)),
            skills=dict.fromkeys(SKILLS, 5) if number in {1, 5} else seat.skills,
        )
        for number, seat in enumerate(day.agents)
    ]
    return replace(day, agents=tuple(seats))


def missing(seed: int) -> HospitalDay:
    """Return a day on which agents let 2 to 40 % of their offers ring out, each their own share, and pick up
    unhurriedly.
    """
    draw = random.Random(f"missing {seed}")  # noqa: S311
    day = alike(seed)
    seats = [
        replace(
            seat,
            pickup_median_s=round(draw.choice((5.0, 6.0, 7.0, 8.0)), 1),
            no_answer_rate=round(draw.uniform(0.02, 0.4), 2),
        )
        for seat in day.agents
    ]
    return replace(day, agents=tuple(seats))


def staffing(calls_an_hour: float, handle_s: float, share: float = 0.8, within_s: float = 20.0) -> int:
    """Return how many agents Erlang's C formula asks for, so that `share` of the callers wait `within_s` at most."""
    load = Load(calls_an_hour * HALF_HOUR_SECONDS / 3600, handle_s)
    return agents_needed(load, within_s, share).agents


def _density(t: float) -> float:
    return 0.35 + sum(math.exp(-(((t - peak) / 4200) ** 2) / 2) for peak in PEAKS)


def _expected(slot: int) -> float:
    """Return the calls an hour in this half hour, as a planner knows them from history."""
    every = range(OPENS, CLOSES, 60)
    here = sum(_density(t) for t in range(slot, slot + SLOT, 60))
    return CALLS * here / sum(_density(t) for t in every) * 3600 / SLOT


def _call(draw: random.Random) -> DayCall:
    t = draw.uniform(OPENS, CLOSES)
    while draw.uniform(0, 1.5) > _density(t):
        t = draw.uniform(OPENS, CLOSES)
    (skill,) = draw.choices(list(SKILLS), weights=list(SKILLS.values()))
    sigma = 0.7
    handle = draw.lognormvariate(math.log(HANDLE) - sigma**2 / 2, sigma)  # so that the mean is HANDLE
    level, priority = draw.choice((1, 1, 1, 2, 3)), draw.choices((0, 10, 100), weights=(89, 10, 1))[0]
    return DayCall(round(t, 1), skill, level, priority, round(handle, 1), round(draw.expovariate(1 / PATIENCE), 1))


def _deal(draw: random.Random, agents: int, hands: tuple[int, ...]) -> list[dict[str, int]]:
    """Deal skills to each agent: whoever comes next takes those of which, for their load, the fewest hold them."""
    held = dict.fromkeys(SKILLS, 0)
    dealt = []
    for number in range(agents):
        scarcest = sorted(SKILLS, key=lambda name: (held[name] + 1) / SKILLS[name] ** 0.5 * draw.uniform(0.8, 1.25))
        hand = {name: draw.randint(3, 5) for name in sorted(scarcest[: hands[number % len(hands)]])}
        for name in hand:
            held[name] += 1
        dealt.append(hand)
    return dealt


def _shifts(slots: list[int]) -> tuple[tuple[float, float], ...]:
    shifts: list[tuple[float, float]] = []
    for slot in slots:
        if shifts and shifts[-1][1] == slot:
            shifts[-1] = (shifts[-1][0], slot + SLOT)
        else:
            shifts.append((slot, slot + SLOT))
    return tuple(shifts)


KINDS = {"reference": reference, "alike": alike, "uneven": uneven, "missing": missing}


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--kind", type=click.Choice(list(KINDS)), default="reference", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(seed: int, kind: str, out: Path) -> None:
    """Write a day of this kind."""
    day = KINDS[kind](seed)
    seats = [json.dumps(asdict(seat)) for seat in day.agents]
    calls = [json.dumps(asdict(call)) for call in day.calls]
    text = f'{{"ring_seconds": {day.ring_seconds}, "agents": [\n%s\n], "calls": [\n%s\n]}}\n'
    out.write_text(text % (",\n".join(seats), ",\n".join(calls)), encoding="utf-8")


if __name__ == "__main__":
    main()
