"""Thousands of damaged sound files through both readers, the exchange's and the recordings'.

Every file must be sound or a refusal, within 30 seconds and 200 MB of its own; status 1 when one is neither. Prints
JSON. For Linux.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from exchange.media import decode
from exchange.media.sound_file import UnreadableSound
from recordings.errors import UnreadableAudio
from recordings.storage.audio import read_any
from tests.support import sound_files

MOST_SECONDS, MOST_MEGABYTES = 30.0, 200.0
BOMB_HOURS = 10
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _read_by_exchange(data: bytes) -> int:
    return len(decode.decode(data, "audio/wav", "/a.wav"))


def _read_by_storage(data: bytes) -> int:
    kept, _ = sound_files.settled(data, None)
    return len(kept)


def _read_by_recognition(data: bytes) -> int:
    return len(read_any(data).channels)


READERS: dict[str, Callable[[bytes], int]] = {
    "play": _read_by_exchange,
    "fetch": _read_by_storage,
    "transcribe": _read_by_recognition,
}


def _memory(name: str) -> float:
    """Return a figure of Linux about this process in megabytes: what it holds (`VmRSS`), or the
    most it held (`VmHWM`).
    """
    [line] = [line for line in STATUS.read_text("utf-8").splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


@dataclass(frozen=True)
class ReadOutcome:
    """The outcome of a file, the seconds of processor that took, and by how much memory grew meanwhile."""

    word: str
    seconds: float
    megabytes: float


def read_outcome(read: Callable[[bytes], int], data: bytes) -> ReadOutcome:
    """Read one file."""
    RESET.write_text("5", "utf-8")  # the most that was held begins anew
    held, began = _memory("VmRSS"), time.process_time()
    try:
        read(data)
        word = "sound"
    except (UnreadableSound, UnreadableAudio):
        word = "refused"
    except Exception as fault:
        word = f"fault: {type(fault).__name__}: {fault}"
    return ReadOutcome(word, time.process_time() - began, _memory("VmHWM") - held)


@click.command()
@click.option("--files", type=click.IntRange(1), default=10_000, show_default=True, help="how many damaged files")
@click.option("--seed", default=7, show_default=True, help="which ones")
def main(files: int, seed: int) -> None:
    """Read the files and say how that went."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in READERS}
    slowest = most = 0.0
    bomb = sound_files.long_silence(BOMB_HOURS, sound_files.RATE)
    for data in [*sound_files.seeds(), bomb, *sound_files.mutated(files, seed)]:
        for name, read in READERS.items():
            found = read_outcome(read, data)
            counted[name][found.word] += 1
            slowest, most = max(slowest, found.seconds), max(most, found.megabytes)
    click.echo(json.dumps({"files": files, "seed": seed, "slowest_seconds": round(slowest, 2), "megabytes": round(most)}
                          | {name: dict(each) for name, each in counted.items()}, indent=1))  # fmt: skip
    faults = any(word.startswith("fault") for each in counted.values() for word in each)
    sys.exit(1 if faults or slowest > MOST_SECONDS or most > MOST_MEGABYTES else 0)


if __name__ == "__main__":
    main()
