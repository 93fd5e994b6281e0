"""A hospital day on a simulated floor: the product's own ladder beside the rules of the usual systems, as JSON.

All rules get the same callers and the same people at the phones. `python -m bench.floor --help`.
"""

import json
import math
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from bench.simulation.hospital_day import day as hospital_day_day
from bench.simulation.hospital_day import day_file, rules
from bench.simulation.hospital_day.clock import RoutingRule, SimulatedFloor
from bench.simulation.hospital_day.day import HospitalDay
from qa.statistics.student_t import t_quantile
from routing.offers.service import RING_NO_ANSWER_SECONDS

RINGS = 3


def figures(house: SimulatedFloor) -> dict[str, float]:
    """Return one day's figures; shares are of all who asked, waiting ends with the answer or the hanging up."""
    asked = house.callers
    answered = [caller for caller in asked if caller.answered_at is not None]
    waits = sorted((caller.answered_at or caller.left_at or house.now) - caller.call.t for caller in asked)
    target = RINGS * house.day.ring_seconds
    in_time = sum((caller.answered_at or 0.0) - caller.call.t <= target for caller in answered)
    return {
        "asked": len(asked),
        "within_three_rings": in_time / len(asked),
        "abandoned": sum(caller.left_at is not None for caller in asked) / len(asked),
        "phones_per_answered_call": house.phones_rung / max(1, len(answered)),
        "busiest_agent_share": max(agent.answered for agent in house.agents) / max(1, len(answered)),
        "wait_p50_s": statistics.median(waits),
        "wait_p95_s": waits[int(0.95 * len(waits))],
    }


def simulate(days: list[HospitalDay], seeds: int, rule: Callable[[], RoutingRule]) -> list[dict[str, float]]:
    """Run this rule on all days with all seeds."""
    return [run(day, rule(), seed) for day in days for seed in range(seeds)]


def run(day: HospitalDay, rule: RoutingRule, seed: int) -> dict[str, float]:
    """Run one day under one rule."""
    house = SimulatedFloor(day, rule, seed)
    house.run()
    return figures(house)


def bound(days: list[HospitalDay], seeds: int) -> list[dict[str, float]]:
    """Return for each day and seed the better of the bound's two orders."""
    best = []
    for day in days:
        for seed in range(seeds):
            both = [run(day, rules.BoundRule(spare), seed) for spare in (False, True)]
            best.append(max(both, key=lambda one: one["within_three_rings"]))
    return best


def summary(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each figure, and the spread of the first."""
    means = {name: round(statistics.fmean(run[name] for run in runs), 4) for name in runs[0]}
    firsts = [run["within_three_rings"] for run in runs]
    return means | {"within_three_rings_least": round(min(firsts), 4), "within_three_rings_most": round(max(firsts), 4)}


def ahead(ours: list[dict[str, float]], others: list[dict[str, float]]) -> dict[str, float]:
    """Return by how much ours is ahead in the share within three rings: the mean over the same days and seeds, and its
    interval of 95 % (Student's t of the paired differences).
    """
    pairs = zip(ours, others, strict=True)
    differences = [one["within_three_rings"] - other["within_three_rings"] for one, other in pairs]
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return {"mean": round(mean, 4)}
    half = statistics.stdev(differences) / math.sqrt(len(differences)) * t_quantile(0.975, len(differences) - 1)
    return {"mean": round(mean, 4), "least": round(mean - half, 4), "most": round(mean + half, 4)}


def compare(days: list[HospitalDay], seeds: int, aside_s: float = 0.0) -> dict[str, object]:
    """Run every rule on the same days, with the same draws; the usual ones set aside who missed for `aside_s`."""
    named: dict[str, Callable[[], RoutingRule]] = {"ours": rules.ProductRule}
    for row in rules.USUAL:
        named[row[0]] = partial(rules.UsualRule, *row, aside_s=aside_s)
    runs = {name: simulate(days, seeds, rule) for name, rule in named.items()}
    best = bound(days, seeds)
    others = {name: found for name, found in runs.items() if name != "ours"} | {"bound": best}
    return {
        "policies": {name: summary(found) for name, found in runs.items()},
        "bound": summary(best),
        "ours_ahead_of": {name: ahead(runs["ours"], found) for name, found in others.items()},
    }


@click.command()
@click.option("--day", type=click.Path(exists=True, path_type=Path), default=day_file.DAYS / "reference.json")
@click.option("--seeds", default=5, show_default=True, help="How often pick-up times and misses are drawn.")
@click.option("--fresh", default=0, help="Instead of the file: this many new days like the reference day.")
@click.option("--misses", type=click.FloatRange(0, 1), help="Every agent misses this share of offers.")
@click.option("--aside", is_flag=True, help="The usual systems, too, set aside who misses, as ours does.")
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write the figures here, too.")
def main(day: Path, seeds: int, fresh: int, misses: float | None, aside: bool, out: Path | None) -> None:
    """Simulate and print the figures."""
    days = [hospital_day_day.with_misses(day_file.read(day), misses)]
    if fresh:
        days = [
            hospital_day_day.with_misses(hospital_day_day.reference(500 + number), misses) for number in range(fresh)
        ]
    text = json.dumps(compare(days, seeds, RING_NO_ANSWER_SECONDS if aside else 0.0), indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
