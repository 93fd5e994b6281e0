"""Workbooks (XLSX), read by a process of its own that may be killed: whatever a file was made to do, it costs little.

`crm.feeds.engines.xlsx_worker` is that process; it writes each row as a line of JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crm.errors import UnreadableFile
from crm.feeds.file_limits import FileLimits

ROOT = Path(__file__).resolve().parents[2]
END = "end"


def lines(file: Path, limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    """Yield each row of the first sheet that is not empty.

    Raises `UnreadableFile`, also when the process was stopped.
    """
    command = [sys.executable, "-m", "crm.feeds.engines.xlsx_worker", str(file.resolve()), json.dumps(asdict(limits))]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    with subprocess.Popen(  # noqa: S603 # our own interpreter, the file's name as one argument
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield from _told(file, process, limits)
        finally:
            process.kill()


def _told(file: Path, process: "subprocess.Popen[bytes]", limits: FileLimits) -> Iterator[tuple[int, list[str]]]:
    assert process.stdout is not None  # noqa: S101 # it was asked for
    for text in process.stdout:
        told: Any = json.loads(text)
        if isinstance(told, str):
            if told == END:
                return
            raise UnreadableFile(f"{file.name}: {told}")
        yield told[0], told[1]
    raise UnreadableFile(
        f"{file.name}: is no workbook that can be read within {limits.seconds} s and"
        f" {limits.memory_bytes >> 20} MB; save it anew as .xlsx"
    )
