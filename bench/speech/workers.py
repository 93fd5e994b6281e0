"""Minutes of sound that one, two and four worker processes recognise per minute of the clock, on the same clips.

Each process takes the next clip from a common line, as workers take jobs, with one thread of the product's own path. A
processor less than there are workers adds nothing: compare with the number of cores, which is printed.

    python -m bench.speech.workers [--home FOLDER] [--clips N] [--json OUT]
"""

import json
import multiprocessing
import os
import time
from multiprocessing.queues import Queue
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.speech.clips import Clip, human
from bench.transcribe import product
from hotline.configuration.settings import Settings
from recordings.speech import recognition
from recordings.speech.engines import weights

NUMBERS = (1, 2, 4)


def _work(line: "Queue[Clip | None]", done: "Queue[float]", models: Path) -> None:
    listen = product(recognition.ModelLocation(models, threads=1))
    clip = line.get()
    if clip is not None:
        listen(clip)  # loads the model
    done.put(0.0)
    before = time.process_time()
    while (clip := line.get()) is not None:
        listen(clip)
    done.put(time.process_time() - before)


def run(workers: int, clips: list[Clip], models: Path) -> dict[str, float]:
    """Return minutes of sound per minute of the clock, and processor seconds per minute of sound."""
    context = multiprocessing.get_context("spawn")
    line: Queue[Clip | None] = context.Queue()
    done: Queue[float] = context.Queue()
    for _ in range(workers):
        line.put(clips[0])
    processes = [context.Process(target=_work, args=(line, done, models)) for _ in range(workers)]
    for process in processes:
        process.start()
    for _ in processes:
        done.get()
    start = time.monotonic()
    for clip in [*clips, *[None] * workers]:
        line.put(clip)
    spent = sum(done.get() for _ in processes)
    took = time.monotonic() - start
    for process in processes:
        process.join()
    minutes = sum(clip.sound.seconds for clip in clips) / 60
    return {
        "workers": workers,
        "per_minute": round(minutes / (took / 60), 1),
        "cpu_per_minute": round(spent / minutes, 2),
        "cores_used": round(spent / took, 2),
    }


@click.command()
@click.option("--home", type=click.Path(path_type=Path), default=Settings.model_fields["hotline_home"].default)
@click.option("--clips", "count", default=40, show_default=True)
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the figures there")
def main(home: Path, count: int, out: Path | None) -> None:
    """Measure one, two and four workers."""
    weights.prepare(home / "models")
    clips = list(human())[:count]
    rows = [run(number, clips, home / "models") for number in NUMBERS]
    for row in rows:
        row["ratio"] = round(row["per_minute"] / rows[0]["per_minute"], 2)
    names = ("workers", "minutes of sound per minute", "to one worker", "CPU s per minute of sound", "cores used")
    table = Table(*names, title=f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for row in rows:
        columns = ("workers", "per_minute", "ratio", "cpu_per_minute", "cores_used")
        table.add_row(*(str(row[name]) for name in columns))
    Console(stderr=True).print(table)
    made = json.dumps({"cores": os.cpu_count(), "load": os.getloadavg(), "rows": rows}, indent=1)
    click.echo(made)
    if out is not None:
        out.write_text(made)


if __name__ == "__main__":
    main()
