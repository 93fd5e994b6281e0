"""Run every layer, whatever the others say, and tell the result of all at the end: what `make test` does.

`python -m tests.run_all` runs everything; with names of groups of layers, those alone and once.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.layers import ALONE, BESIDE, GROUPS, ROOT, Layer, Told, read

OUTPUT = ROOT / "var" / "tests"
GIVING_WAY = ("nice", "-n", "10")
ONCE_MORE = ("--last-failed", "--last-failed-no-failures", "none", "--maxfail", "1", "-n", "0")
# An interrupted layer has this long to end its servers and browsers.
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """How one layer ended; `at_second` are those of `passed` that had failed beside others and passed alone."""

    name: str
    seconds: float
    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    at_second: frozenset[str] = frozenset()


def result_of(layer: Layer, runs: Sequence[tuple[int, Told]], seconds: float) -> Result:
    """The result of a layer's runs, each its exit code and its tests: what failed must have passed in the second."""
    if layer.is_pytest:
        first, *later = (told for _, told in runs)
        second = first.failed & frozenset[str]().union(*(told.passed for told in later))
        result = Result(layer.name, seconds, first.passed | second, first.failed - second, first.skipped, second)
    else:
        result = Result(layer.name, seconds, passed=frozenset({layer.name}))
    code = runs[-1][0]
    if code == 0 or result.failed:
        return result
    # It ended badly, and no test says so: a tool that complains, or a run that broke down.
    return replace(result, passed=result.passed - {layer.name}, failed=frozenset({f"exit code {code}"}))


def summary(results: Sequence[Result]) -> Iterator[str]:
    """What is printed last: each layer, what failed, and the closing line of the whole."""
    yield f"{'layer':<24}{'result':<8}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}"
    for one in results:
        counts = f"{len(one.passed):>8}{len(one.failed):>8}{len(one.skipped):>8}{one.seconds:>9.0f}"
        yield f"{one.name:<24}{'FAILED' if one.failed else 'passed':<8}{counts}"
    for one in results:
        yield from (f"passed only when alone: {one.name}: {name}" for name in sorted(one.at_second))
    for one in results:
        yield from (f"FAILED {one.name}: {name}" for name in sorted(one.failed))
    passed, failed, skipped = (
        sum(map(len, ends)) for ends in zip(*((one.passed, one.failed, one.skipped) for one in results), strict=True)
    )
    yield f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


@dataclass
class Run:
    """One run of some layers; the output of each is kept in `folder`."""

    folder: Path
    show: Callable[[bytes], object]
    _processes: set["subprocess.Popen[bytes]"] = field(default_factory=set)
    _is_over: bool = False

    def everything(self, alone: Sequence[Layer], beside: Sequence[Layer] = ()) -> list[Result]:
        """Run `alone` one after another and `beside` at the same time, giving way to them; a failure stops neither."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(1) as pool:
            try:
                computed = pool.submit(lambda: [self._layer(layer, gives_way=True) for layer in beside])
                waited = [self._layer(layer, gives_way=False) for layer in alone]
                return [*waited, *computed.result()]
            except KeyboardInterrupt:
                self.interrupt()
                raise
            finally:
                self._end()

    def interrupt(self) -> None:
        """Have all that runs clean up and end, as Ctrl-C does: pytest, its workers and what they started."""
        for process in tuple(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)

    def _layer(self, layer: Layer, *, gives_way: bool) -> Result:
        """Run one layer. What it says is shown as it comes; of one that gives way only when it has failed."""
        started = time.monotonic()
        show, before = (_hide, GIVING_WAY) if gives_way else (self.show, ())
        output = self.folder / f"{layer.name}.txt"
        self._say(f"{layer.name}: begins; all it says is in {output}")
        runs = [self._once(replace(layer, command=(*before, *layer.command)), output, show)]
        if runs[0][0] and layer.again:
            self._say(f"{layer.name}: what failed, once more and alone")
            again = replace(layer, command=(*layer.command, *ONCE_MORE))
            runs.append(self._once(again, output.with_suffix(".again.txt"), show))
        result = result_of(layer, runs, time.monotonic() - started)
        if gives_way and result.failed:
            self.show(output.read_bytes())
        self._say(f"{layer.name}: {'FAILED' if result.failed else 'passed'} after {result.seconds:.0f} s")
        return result

    def _once(self, layer: Layer, output: Path, show: Callable[[bytes], object]) -> tuple[int, Told]:
        """Run a layer's command once: its exit code and its tests."""
        report = output.with_suffix(".xml")
        report.unlink(missing_ok=True)
        junit = (f"--junitxml={report}",) if layer.is_pytest else ()
        with output.open("wb") as written, output.open("rb") as shown:
            process = self._start((*layer.command, *junit), layer, written.fileno())
            while process.poll() is None:
                time.sleep(0.1)
                show(shown.read())
            show(shown.read())
        self._processes.discard(process)
        return process.returncode, read(report)

    def _start(self, command: Sequence[str], layer: Layer, output: int) -> "subprocess.Popen[bytes]":
        if self._is_over:
            raise KeyboardInterrupt
        environment = {**os.environ, **layer.environment}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
        self._processes.add(process)
        return process

    def _say(self, text: str) -> None:
        self.show(f"==== {text}\n".encode())

    def _end(self) -> None:
        """Leave nothing behind that outlives an interrupted run."""
        self._is_over = True
        for process in tuple(self._processes):
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main(names: Sequence[str]) -> int:
    """Run the named groups once, or everything; 0 when nothing failed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    run = Run(OUTPUT, _show)
    try:
        if names:
            results = run.everything([replace(layer, again=False) for name in names for layer in GROUPS[name]])
        else:
            results = run.everything(ALONE, BESIDE)
    except KeyboardInterrupt:
        print("interrupted")
        return 128 + signal.SIGINT
    print(*summary(results), sep="\n")
    return int(any(one.failed for one in results))


def _hide(_: bytes) -> None:
    """Show nothing: the output of two layers would be mixed up."""


def _show(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
