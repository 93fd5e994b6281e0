"""The time of one routing decision as the floor grows, beside a naive variant in the same run. Prints JSON.

Every size is measured on a busy floor (one agent in ten free, phones ringing, everybody else in line), on one where the
free agents have skills that nobody asks for, and on the worst one (all agents free at once). Callers have a ladder,
preferred levels and a helping queue, as the standard queues give them. Naive is what a first draft does: it looks at
every agent for each caller in line.
`python -m bench.decide --help`.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import click

from routing.ladder.candidates import Candidate, meets
from routing.ladder.floor_state import FloorState, LadderRing, LiveOffer, QueuedCaller
from routing.ladder.ladder import decide
from routing.queues.queues import HelpingQueue, OverflowKind, OverflowRule

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
RING = 5.0
SIZES = ((10, 100), (100, 1_000), (1_000, 10_000))
LIMITS_MS = {1_000: 5.0, 10_000: 50.0}
KINDS = {"busy": (0.1, True), "nobody_fits": (0.1, False), "all_free": (1.0, True)}
LADDER, HELP = (LadderRing(1), LadderRing(2), LadderRing(3)), OverflowRule(OverflowKind.QUEUE, "helper", 3)
SKILLS = ("booking", "guidance", "reports", "billing", "insurance", "inpatient", "complaints", "nurse")


def floor(agents: int, waiting: int, free_share: float, asked: bool = True) -> FloorState:
    """Return a floor of this size, always the same: free agents (whose skills are `asked` for), phones, callers in
    line.
    """
    draw = random.Random(f"{agents} {waiting}")  # noqa: S311 (a bench)
    names = SKILLS if asked else tuple(f"other_{name}" for name in SKILLS)
    hands = [{name: draw.randint(1, 5) for name in draw.sample(names, 4)} | {"zh-CN": 5} for _ in range(agents)]
    free = round(agents * free_share)
    lines = [_queue_traits(draw) for _ in range(40)]  # queues, their languages and skills
    callers = tuple(_caller(draw, number, draw.choice(lines)) for number in range(waiting))
    ringing = range(free, free + (agents - free) // 5)
    return FloorState(
        agents=tuple(Candidate(f"a{n}", hands[n], _ago(draw.uniform(0, 600)), 9.0) for n in range(free)),
        callers=callers,
        offers=tuple(_phone(callers[n], f"a{n}", hands[n]) for n in ringing),
    )


def naive(floor: FloorState) -> list[tuple[str, str]]:
    """Return who would ring for whom, by looking at every agent for every caller."""
    free, rung = list(floor.agents), []
    for caller in sorted(floor.callers, key=lambda caller: (-caller.priority, caller.asked_at)):
        phones = [offer for offer in floor.offers if offer.caller_id == caller.id]
        fit = [agent for agent in free if meets(agent.skills, caller.required_skills)]
        if fit and not phones:
            best = min(
                fit,
                key=lambda agent: (
                    -sum(agent.skills.get(name, 0) for name in caller.required_skills),
                    agent.idle_since,
                ),
            )
            free.remove(best)
            rung.append((caller.id, best.id))
    return rung


def measure(work: Callable[[], object], times: int) -> float:
    """Return the median processor time in milliseconds: neighbours on the machine do not count."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken)


def row(agents: int, waiting: int, kind: tuple[float, bool], times: int) -> dict[str, float]:
    """Measure ours and naive on the same floor."""
    here = floor(agents, waiting, *kind)
    ours = measure(lambda: decide(here, NOW, RING), times)
    plain = measure(lambda: naive(here), max(3, times // 10))
    return {
        "agents": agents,
        "waiting": waiting,
        "free": len(here.agents),
        "decisions": len(decide(here, NOW, RING)),
        "ours_ms": round(ours, 3),
        "naive_ms": round(plain, 3),
        "ratio": round(plain / ours, 1),
    }


@dataclass(frozen=True)
class QueueTraits:
    """The traits that callers of one queue and language share."""

    required_skills: Mapping[str, int]
    prefers: Mapping[str, int]
    helpers: tuple[HelpingQueue, ...]


def _queue_traits(draw: random.Random) -> QueueTraits:
    skill, helper = draw.sample(SKILLS, 2)
    required_skills = {skill: draw.choice((1, 1, 2, 3)), "zh-CN": 1}
    return QueueTraits(required_skills, {skill: 4}, (HelpingQueue(HELP, {helper: 3, "zh-CN": 1}),))


def _caller(draw: random.Random, number: int, line: QueueTraits) -> QueuedCaller:
    return QueuedCaller(
        f"c{number}",
        line.required_skills,
        draw.choices((0, 10, 100), (89, 10, 1))[0],
        _ago(draw.uniform(0, 300)),
        prefers=line.prefers,
        ladder=LADDER,
        helpers=line.helpers,
    )


def _phone(caller: QueuedCaller, agent_id: str, skills: dict[str, int]) -> LiveOffer:
    return LiveOffer(f"o{agent_id}", caller.id, agent_id, _ago(3), _ago(3), 3, caller.priority, skills)


def _ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@click.command()
@click.option("--times", default=30, show_default=True, help="How often each decision is made.")
@click.option("--json", "out", type=click.Path(path_type=Path), help="Write the figures here, too.")
def main(times: int, out: Path | None) -> None:
    """Measure and print; ends with 1 where a decision is slower than its limit."""
    found = {kind: [row(agents, waiting, floors, times) for agents, waiting in SIZES] for kind, floors in KINDS.items()}
    growth = {
        kind: [round(after["ours_ms"] / before["ours_ms"], 1) for before, after in pairwise(rows)]
        for kind, rows in found.items()
    }
    slow = [one for rows in found.values() for one in rows if one["ours_ms"] > LIMITS_MS.get(int(one["waiting"]), 5.0)]
    text = json.dumps({**found, "growth_for_ten_times_the_floor": growth, "too_slow": slow}, indent=2)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    sys.exit(bool(slow))


if __name__ == "__main__":
    main()
