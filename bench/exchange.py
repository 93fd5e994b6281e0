"""How many calls the exchange holds: each a Gather, then a bridged conversation recorded on two channels.

Adds calls step by step until the frames come late (p99 of 20 ms and more at the telephones), then holds the largest
good number once more on a fresh exchange, and a naive exchange (a loop for each leg) with the same number beside it. A
recorded tone is whole when every sample sent stands in the recording, in one piece. Gaps are counted apart where the
load itself fell silent as often, which no exchange can mend. Prints JSON; exit status 1 when the best round was late or
a tone was broken by the exchange, unless other work kept the exchange from its core: then there is no verdict.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.load.exchange_load import CallLoad, application
from bench.load.process import percentiles
from bench.load.tone_check import wholeness
from exchange.media.audio import FRAME_SECONDS

LATE_MS = 20.0
SETTLE_SECONDS = 2.0
ADDED_AT_ONCE = 4
QUIET_PERCENT = 5.0


@dataclass(frozen=True)
class LoadPlan:
    """The load, step by step, and how long each step lasts."""

    first: int
    step: int
    most: int
    seconds: float
    core: int
    is_profiled: bool
    rounds: int


class MeasuredProcess:
    """A child process that is measured."""

    def __init__(self, process: asyncio.subprocess.Process, load: CallLoad) -> None:
        self._process = process
        self.load = load

    async def hold(self, calls: int, seconds: float) -> dict[str, Any]:
        """Bring it to so many calls, and measure while nothing changes."""
        while len(self.load.talks) < calls:
            missing = min(ADDED_AT_ONCE, calls - len(self.load.talks))
            await asyncio.gather(*(self.load.add() for _ in range(missing)))
        await asyncio.sleep(SETTLE_SECONDS)
        for telephone in self._telephones():
            telephone.arrivals.clear()
        self.load.lateness.clear()
        self._say("begin")
        await asyncio.sleep(seconds)
        self._say("end")
        late = [each for telephone in self._telephones() for each in lateness(telephone.arrivals)]
        told: dict[str, Any] = json.loads(await self.line())
        own = {"load_late_ms": percentiles(self.load.lateness)}
        return {"calls": calls, "legs": 2 * calls, "phone_late_ms": percentiles(late)} | own | told

    def _telephones(self) -> list[Any]:
        return [telephone for talk in self.load.talks for telephone in (talk.caller, talk.agent)]

    def _say(self, word: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n".encode())

    async def line(self) -> bytes:
        assert self._process.stdout
        return await asyncio.wait_for(self._process.stdout.readline(), 30)


@contextlib.asynccontextmanager
async def measured(kind: str, folder: Path, app: str, plan: LoadPlan) -> AsyncIterator[MeasuredProcess]:
    """Run a process of that kind with a load; leave nothing of either."""
    command = [sys.executable, "-m", "bench.load.process", kind, "--folder", str(folder), "--app", app]
    command += ["--core", str(plan.core)] + ["--profile"] * plan.is_profiled
    pipe = asyncio.subprocess.PIPE
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=log)
    assert process.stdout
    port = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))["port"]
    load = CallLoad(port, app)
    try:
        yield MeasuredProcess(process, load)
    finally:
        await load.close()
        assert process.stdin
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 30)


def lateness(arrivals: list[float]) -> list[float]:
    """Return how late each frame was against the evenest grid that fits under them all."""
    if not arrivals:
        return []
    offsets = np.array(arrivals) - FRAME_SECONDS * np.arange(len(arrivals))
    return [float(each) for each in offsets - offsets.min()]


async def once(kind: str, calls: int, app: str, plan: LoadPlan) -> dict[str, Any]:
    """Run once on a fresh process, with the recordings looked through."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with measured(kind, folder, app, plan) as house:
            told = await house.hold(calls, plan.seconds)
        return told | {"kept": wholeness(folder, house.load.talks)}


async def climb(app: str, plan: LoadPlan) -> list[dict[str, Any]]:
    """Add calls on one process, until the frames are late."""
    steps: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        async with measured("ours", Path(name), app, plan) as house:
            for calls in range(plan.first, plan.most + 1, plan.step):
                steps.append(await _patiently(house, calls, plan))
                click.echo(json.dumps(steps[-1]), err=True)
                if is_late(steps[-1]):
                    break
    return steps


async def _patiently(house: MeasuredProcess, calls: int, plan: LoadPlan) -> dict[str, Any]:
    """Call it late only when it is late each time: other work on the machine must not be counted."""
    tries: list[dict[str, Any]] = []
    while len(tries) < plan.rounds and not any(not is_late(told) for told in tries):
        tries.append(await house.hold(calls, plan.seconds))
    return min(tries, key=_late)


def _late(told: dict[str, Any]) -> float:
    return float(told["phone_late_ms"]["p99"])


def is_late(told: dict[str, Any]) -> bool:
    return _late(told) >= LATE_MS


async def measure(calls: int, plan: LoadPlan, with_naive: bool) -> dict[str, Any]:
    async with application() as app:
        report: dict[str, Any] = {"load_before": os.getloadavg()}
        if not calls:
            report["steps"] = await climb(app, plan)
            calls = max((each["calls"] for each in report["steps"] if not is_late(each)), default=plan.first)
            report["largest"] = calls
        runs: dict[str, list[dict[str, Any]]] = {"ours": [], "naive": []}
        for _ in range(plan.rounds):
            for kind in ("ours", "naive") if with_naive else ("ours",):
                runs[kind].append(await once(kind, calls, app, plan))
        best = {kind: min(told, key=_late) for kind, told in runs.items() if told}
        report["rounds"] = [round_of(told) for told in runs["ours"]]
        report["verdict"] = verdict(best["ours"])
        return report | best | ({"ratios": ratios(best["naive"], best["ours"])} if with_naive else {})


def verdict(told: dict[str, Any]) -> dict[str, bool]:
    """Return what the best round proves; on a busy machine nothing against the exchange."""
    is_quiet = told["kept_from_core_percent"] < QUIET_PERCENT
    return {"on_time": not is_late(told), "whole": not told["kept"]["broken"], "machine_was_quiet": is_quiet}


def round_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a round came to, so that the ones that do not count are seen too."""
    return {"phone_late_p99_ms": _late(told), "broken": told["kept"]["broken"], "kept": told["kept"]}


def ratios(naive: dict[str, Any], ours: dict[str, Any]) -> dict[str, float]:
    """Return the naive exchange's figures as so many times ours."""
    return {
        "cpu": round(naive["cpu_percent"] / ours["cpu_percent"], 2),
        "phone_late_p99": round(naive["phone_late_ms"]["p99"] / max(0.01, ours["phone_late_ms"]["p99"]), 2),
    }


@click.command()
@click.option("--calls", default=0, help="Hold so many calls (two legs each); 0 looks for the largest number.")
@click.option("--first", default=10, show_default=True, help="Calls at the first step.")
@click.option("--step", default=10, show_default=True, help="Calls added at each step.")
@click.option("--most", default=120, show_default=True, help="Calls at the last step.")
@click.option("--seconds", default=10.0, show_default=True, help="How long each step is measured.")
@click.option("--core", default=0, show_default=True, help="The core of the exchange; the load keeps to the others.")
@click.option("--rounds", default=2, show_default=True, help="Tries; the best counts.")
@click.option("--profile", is_flag=True, help="Say where the time goes; costs a little of it.")
@click.option("--naive/--no-naive", default=True, show_default=True, help="Measure the naive exchange beside ours.")
def main(**options: Any) -> None:
    if hasattr(os, "sched_setaffinity"):
        others = os.sched_getaffinity(0) - {options["core"]}
        os.sched_setaffinity(0, others or {options["core"]})
    plan = LoadPlan(*(options[name] for name in ("first", "step", "most", "seconds", "core", "profile", "rounds")))
    report = asyncio.run(measure(options["calls"], plan, options["naive"]))
    click.echo(json.dumps(report, indent=2))
    told = report["verdict"]
    if not told["machine_was_quiet"]:
        click.echo("Other work kept the exchange from its core: no verdict. Try again on a quiet machine.", err=True)
    elif not all(told.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
