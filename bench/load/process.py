"""The process that `bench.exchange` measures: our exchange or the naive one on one core, with its meters.

It reads `begin` and `end` from its input, and answers `end` with one JSON line of what it measured in between.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import FrameType

import structlog

from bench.load import naive as exchange_load_naive
from bench.load.exchange_load import NUMBER
from exchange.core.config import from_values
from exchange.server.server import running

SAMPLE_SECONDS = 0.005
DEEPEST = 12
Late = Callable[[], list[float]]


class Sampler:
    """A profiler that looks at random moments, 200 times a second, at what the process is doing; waiting does not
    count.
    """

    def __init__(self) -> None:
        self.leaves: Counter[str] = Counter()
        self.areas: Counter[str] = Counter()

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self._look)
        self._set()

    def _set(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.5, 1.5) * SAMPLE_SECONDS)  # noqa: S311 - no secret

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        self._set()
        if frame is None or frame.f_code.co_filename.endswith("selectors.py"):
            return
        self.leaves[_name(frame)] += 1
        while frame.f_back is not None and not _is_known(frame):
            frame = frame.f_back
        self.areas[_name(frame)] += 1

    def report(self) -> dict[str, dict[str, float]]:
        """Return the share of the time by the exchange's own (or aiohttp's) functions, and by innermost function."""
        return {"areas": _shares(self.areas), "innermost": _shares(self.leaves)}


def _is_known(frame: FrameType) -> bool:
    path = frame.f_code.co_filename
    return "/exchange/" in path or "/aiohttp/" in path or "/bench/" in path


def _name(frame: FrameType) -> str:
    return f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{frame.f_code.co_qualname}"


def _shares(counted: "Counter[str]") -> dict[str, float]:
    total = sum(counted.values()) or 1
    return {name: round(100 * count / total, 1) for name, count in counted.most_common(DEEPEST)}


class Meter:
    """Lateness, processor time and memory between `begin` and `end`."""

    def __init__(self, late: Late, is_profiled: bool) -> None:
        self._late = late
        self._sampler = Sampler() if is_profiled else None
        self._cpu = self._wall = self._kept_waiting = 0.0

    def begin(self) -> None:
        if self._sampler:
            self._sampler.start()
        self._cpu, self._wall, self._kept_waiting = time.process_time(), time.monotonic(), kept_waiting()

    def end(self) -> dict[str, object]:
        if self._sampler:
            self._sampler.stop()
        wall = time.monotonic() - self._wall
        late = self._late()
        told: dict[str, object] = {
            "tick_late_ms": percentiles(late),
            "cpu_percent": round(100 * (time.process_time() - self._cpu) / wall, 1),
            "kept_from_core_percent": round(100 * (kept_waiting() - self._kept_waiting) / wall, 1),
            "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "seconds": round(wall, 1),
        }
        return told | ({"profile": self._sampler.report()} if self._sampler else {})


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return the middle and the hundredth worst in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    at = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "worst": len(ordered) - 1}
    return {name: round(1000 * ordered[place], 2) for name, place in at.items()}


def kept_waiting() -> float:
    """Return the seconds this process was ready and others had its core: what the machine's other work costs; 0 where
    unknown.
    """
    try:
        return int(Path("/proc/self/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


@contextlib.asynccontextmanager
async def house(args: argparse.Namespace) -> AsyncIterator[tuple[int, Late]]:
    """Run what is measured; yield its port, and how late its frames were since last asked."""
    if args.kind == "naive":
        async with exchange_load_naive.running(args.folder / "recordings") as (port, naive):

            def late() -> list[float]:
                taken, naive.lateness = naive.lateness, []
                return taken

            yield port, late
        return
    numbers = [{"number": NUMBER, "voice_url": f"{args.app}/voice"}]
    config = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "bench",
        "port": 0,
        "data_dir": str(args.folder),
        "numbers": numbers,
    }
    async with running(from_values(config)) as exchange:
        await exchange.speaker.warm_up()

        def late() -> list[float]:
            taken = list(exchange.lateness)
            exchange.lateness.clear()
            return taken

        yield exchange.port, late


async def _main(args: argparse.Namespace) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with house(args) as (port, late):
        print(json.dumps({"port": port}), flush=True)
        meter = Meter(late, args.profile)
        while line := (await reader.readline()).decode().strip():
            if line == "begin":
                late()
                meter.begin()
            elif line == "end":
                print(json.dumps(meter.end()), flush=True)
            else:
                break


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["ours", "naive"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--app", required=True)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {args.core})
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    gc.collect()
    asyncio.run(_main(args))
