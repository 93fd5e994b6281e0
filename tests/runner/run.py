"""Run layers in lanes, whatever the others say, and keep what each says."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from tests.runner.layers import ROOT, Layer
from tests.runner.report import Result, read, result_of

# An interrupted layer has this long to end its servers and browsers.
PATIENCE_SECONDS = 60
_PERCENT = re.compile(rb"\[ *(\d+%)\]")


@dataclass
class Run:
    """One run of some layers; the output of each is kept in `folder`, and what a person wants to see is shown."""

    folder: Path
    show: Callable[[bytes], object]
    progress_seconds: float = 30
    _processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _is_over: bool = False

    def everything(self, lanes: Sequence[Sequence[Layer]]) -> list[Result]:
        """Run the lanes at the same time, the layers of a lane one after another; a failure stops none of them.

        What a single lane says is shown as it comes; of several a layer's words are shown when it has failed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(len(lanes)) as pool:
            try:
                running = [pool.submit(self._lane, lane, is_live=len(lanes) == 1) for lane in lanes]
                while True:
                    done, open_lanes = wait(running, self.progress_seconds, FIRST_EXCEPTION)
                    results = {lane: lane.result() for lane in done}
                    if not open_lanes:
                        return [result for lane in running for result in results[lane]]
                    self._tell_progress()
            except BaseException:
                self.interrupt()
                raise
            finally:
                self._end()

    def interrupt(self) -> None:
        """Have all that runs clean up and end, as Ctrl-C does: pytest, its workers and what they started."""
        self._is_over = True
        for process in tuple(self._processes.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)

    def _lane(self, layers: Sequence[Layer], *, is_live: bool) -> list[Result]:
        return [self._layer(layer, is_live=is_live) for layer in layers]

    def _layer(self, layer: Layer, *, is_live: bool) -> Result:
        if self._is_over:
            raise KeyboardInterrupt
        started, output = time.monotonic(), self.folder / f"{layer.name}.txt"
        self._say(f"{layer.name}: begins; all it says is in {output}")
        report = output.with_suffix(".xml")
        report.unlink(missing_ok=True)
        code = self._once(layer, report, output, self.show if is_live else _hide)
        result = result_of(layer, code, read(report), time.monotonic() - started)
        if result.failed and not is_live:
            self.show(output.read_bytes())
        self._say(f"{layer.name}: {'FAILED' if result.failed else 'passed'} after {result.seconds:.0f} s")
        return result

    def _once(self, layer: Layer, report: Path, output: Path, show: Callable[[bytes], object]) -> int:
        """Run a layer's command: its exit code."""
        with output.open("wb") as written, output.open("rb") as shown:
            process = self._start(layer, report, written.fileno())
            while process.poll() is None:
                time.sleep(0.1)
                show(shown.read())
            show(shown.read())
        self._processes.pop(layer.name, None)
        return process.returncode

    def _start(self, layer: Layer, report: Path, output: int) -> "subprocess.Popen[bytes]":
        command = ["nice", "-n", str(layer.niceness), *layer.command]
        if layer.is_pytest:
            command.append(f"--junitxml={report}")
        environment = {**os.environ, **layer.environment}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, process_group=0
        )
        self._processes[layer.name] = process
        return process

    def _tell_progress(self) -> None:
        percents = ((name, _PERCENT.findall(_tail(self.folder / f"{name}.txt"))) for name in tuple(self._processes))
        told = [f"{name} {percent[-1].decode()}" if percent else name for name, percent in percents]
        self._say(f"running: {', '.join(told)}")

    def _say(self, text: str) -> None:
        self.show(f"==== {text}\n".encode())

    def _end(self) -> None:
        """Leave nothing behind that outlives an interrupted run."""
        self._is_over = True
        for process in tuple(self._processes.values()):
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _tail(output: Path) -> bytes:
    return output.read_bytes()[-2000:]


def _hide(_: bytes) -> None:
    """Show nothing: the output of two layers would be mixed up."""
