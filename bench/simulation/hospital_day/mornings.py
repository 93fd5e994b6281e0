"""Made-up mornings of all shapes under every rule of `bench.floor`: small and large floors, misses, shifts, levels.

`python -m bench.simulation.hospital_day.mornings --json OUT`; `--days FOLDER` writes their day files instead, for
`bench.floor --day`.
"""

import json
import math
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from bench import floor
from bench.simulation.hospital_day.day import DayAgent, DayCall, HospitalDay, staffing

OPENS, HANDLE, SIGMA, PATIENCE = 28_800.0, 180.0, 0.7, 120.0
# How many skills an agent has, in turn.
HANDS = (4, 2, 3)
# The planner's peak above the morning's mean.
PEAK = 1.25
LONG = 420.0


@dataclass(frozen=True)
class Morning:
    """The shape of a morning; `staff` is how many times the people are there that Erlang C asks for at its peak."""

    calls: int = 500
    hours: float = 4.0
    staff: float = 1.0
    skills: int = 4
    handle_s: float = HANDLE
    pickup_s: float = 4.0
    misses: float = 0.05
    # Where it is given, each agent has their own share of misses, from `misses` to this.
    most_misses: float = 0.0
    ring_s: float = 5.0
    agents: int = 0
    urgent: float = 0.0
    has_levels: bool = False
    has_breaks: bool = False


USUAL = Morning()
MORNINGS: Mapping[str, Morning] = {
    "usual": USUAL,
    "few: 10 agents, 300 calls": replace(USUAL, calls=300, agents=10),
    "large: 100 agents, 1,800 calls": replace(USUAL, calls=1800, hours=3.0, skills=8, handle_s=LONG, agents=100),
    "20 % misses": replace(USUAL, misses=0.2),
    "40 % misses": replace(USUAL, misses=0.4),
    "2 to 40 % misses, each their own": replace(USUAL, misses=0.02, most_misses=0.4),
    "the same, picked up slowly, median 7 s": replace(USUAL, misses=0.02, most_misses=0.4, pickup_s=7.0),
    "rings of 6 s": replace(USUAL, ring_s=6.0),
    "picked up quickly, median 2 s": replace(USUAL, pickup_s=2.0),
    "picked up slowly, median 7 s": replace(USUAL, pickup_s=7.0),
    "one skill": replace(USUAL, skills=1),
    "one skill, half as many people again": replace(USUAL, skills=1, staff=1.5),
    "twice the people": replace(USUAL, staff=2.0),
    "shifts with breaks": replace(USUAL, staff=1.2, has_breaks=True),
    "20 % urgent": replace(USUAL, urgent=0.2),
    "levels 1 to 5": replace(USUAL, staff=1.3, has_levels=True),
}


def day(morning: Morning, seed: int) -> HospitalDay:
    """Return one such morning."""
    draw = random.Random(f"morning {seed}")  # noqa: S311 (a simulation)
    names = [f"s{number}" for number in range(morning.skills)]
    count = morning.agents or round(morning.staff * staffing(morning.calls / morning.hours * PEAK, morning.handle_s))
    calls = tuple(sorted((_call(morning, names, draw) for _ in range(morning.calls)), key=lambda call: call.t))
    return HospitalDay(morning.ring_s, tuple(_seat(morning, names, number, draw) for number in range(count)), calls)


def _call(morning: Morning, names: list[str], draw: random.Random) -> DayCall:
    length = morning.hours * 3600
    t = draw.uniform(0, length)
    while draw.random() > 0.45 + 0.55 * math.exp(-(((t - length / 2) / (length / 5)) ** 2) / 2):
        t = draw.uniform(0, length)
    (skill,) = draw.choices(names, weights=[1 / math.sqrt(number + 1) for number in range(len(names))])
    return DayCall(
        t=round(OPENS + t, 1),
        skill=skill,
        level=draw.choice((1, 1, 2, 3, 4)) if morning.has_levels else 1,
        priority=100 if draw.random() < morning.urgent else 0,
        handle_s=round(draw.lognormvariate(math.log(morning.handle_s) - SIGMA**2 / 2, SIGMA), 1),
        patience_s=round(draw.expovariate(1 / PATIENCE), 1),
    )


def _seat(morning: Morning, names: list[str], number: int, draw: random.Random) -> DayAgent:
    hand = min(len(names), HANDS[number % len(HANDS)])
    skills = {name: draw.randint(1, 5) if morning.has_levels else 3 for name in draw.sample(names, hand)}
    closes = OPENS + morning.hours * 3600 + 3600
    shifts: tuple[tuple[float, float], ...] = ((OPENS, closes),)
    if morning.has_breaks:
        pause = OPENS + draw.uniform(0.2, 0.7) * morning.hours * 3600
        shifts = ((OPENS + number % 4 * 900, pause), (pause + 1200, closes - number % 3 * 1200))
    misses = round(draw.uniform(morning.misses, morning.most_misses), 2) if morning.most_misses else morning.misses
    return DayAgent(f"a{number:03}", skills, shifts, morning.pickup_s, no_answer_rate=misses)


@click.command(help=__doc__)
@click.option("--mornings", default=3, show_default=True, help="how many of each shape")
@click.option("--seeds", default=2, show_default=True, help="how often pick-up times and misses are drawn")
@click.option("--only", default="", help="shapes with this word in their name")
@click.option("--days", "folder", type=click.Path(file_okay=False, path_type=Path), help="write day files there")
@click.option("--json", "out", type=click.Path(path_type=Path), help="write the figures there, too")
def main(mornings: int, seeds: int, only: str, folder: Path | None, out: Path | None) -> None:
    """Simulate, a line for each shape, or write the days."""
    shapes = {name: morning for name, morning in MORNINGS.items() if only in name}
    if folder is not None:
        _write(folder, {name: [day(morning, seed) for seed in range(mornings)] for name, morning in shapes.items()})
        return
    result = {}
    for name, morning in shapes.items():
        result[name] = floor.compare([day(morning, seed) for seed in range(mornings)], seeds)
        click.echo(name, err=True)
    text = json.dumps(result, indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def _write(folder: Path, days: Mapping[str, list[HospitalDay]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, several in days.items():
        plain = "".join(letter if letter.isalnum() else "_" for letter in name)
        for number, one in enumerate(several):
            (folder / f"{plain}_{number}.json").write_text(json.dumps(asdict(one)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
