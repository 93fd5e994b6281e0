"""Random interleavings of everything that happens to callers, agents, webhooks and routers, on a real database.

The product's own webhooks, router, ladder and sweep run against our own exchange, on a clock that jumps; after every
step the rules of `tests.simulation.interleave.rules` are checked. Prints JSON. `python -m
tests.simulation.interleave.run --help`.
"""

import gc
import json
import logging
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import structlog
import time_machine
from pydantic import SecretStr
from sqlalchemy import event

from hotline.configuration.settings import Settings
from hotline.context import AppContext, open_unchecked, prove
from hotline.encryption.keyring import new_key
from hotline.models import Row
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file as queue_rules
from tests.simulation.interleave import settling
from tests.simulation.interleave.rules import Rules, Violation
from tests.simulation.interleave.world import OUTSIDE, World
from tests.support import servers

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
HOSPITAL = Path(__file__).resolve().parents[3] / "cli/demo/hospital.yaml"
WAYS_OUT = Path(__file__).with_name("queues.yaml")
MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of its own is made in it)
STEPS_PER_DAY = 2_000  # a new database then: rows that are over only make it slower
STEPS_PER_SETTLING = 500


def day(context: AppContext, seed: int, steps: int) -> Counter[str]:
    """`steps` steps in a database with tables and nothing else; how often each event happened. Raises `Violation`.

    Even seeds have queues with every way out of the line.
    """
    if seed % 2 == 0:
        context = replace(context, settings=context.settings.model_copy(update={"queues_file": WAYS_OUT}))
    with time_machine.travel(MORNING, tick=False) as travel:
        with context.database.write() as session:
            hospital_service.store(session, hospital_file.read(HOSPITAL, queue_rules.of(context.settings)), MORNING)
        world = World(context, seed, travel)
        rules = Rules(world)
        with closing(world), closing(rules):
            for number in range(1, steps + 1):
                _step(world, rules, seed, number)
                if number % STEPS_PER_SETTLING == 0 or number == steps:
                    _settle(world, rules, seed, number)
        return world.counts


def _settle(world: World, rules: Rules, seed: int, number: int) -> None:
    try:
        settling.settle(world)
        rules.check()
        rules.check_rest()
    except Violation as error:
        raise Violation(f"seed {seed}, settled after step {number}:\n{error}") from None
    settling.rest(world)


def _step(world: World, rules: Rules, seed: int, number: int) -> None:
    try:
        name = world.step()
    except Exception as error:
        trace = "\n".join(list(world.trace)[-60:])
        raise Violation(f"seed {seed}, step {number}: {type(error).__name__}: {error}\nafter:\n{trace}") from error
    if name in OUTSIDE:
        return
    try:
        rules.check()
    except Violation as error:
        raise Violation(f"seed {seed}, step {number}:\n{error}") from None


def _careless(connection: Any, _record: object) -> None:
    """Nothing has to outlive the machine here."""
    connection.execute("PRAGMA synchronous=OFF")


@contextmanager
def house(folder: Path, database_url: str, redis_url: str) -> Iterator[AppContext]:
    """An empty database with all tables, in `folder` or at `database_url`."""
    values: dict[str, object] = {
        "hotline_home": folder,
        "database_url": database_url,
        "redis_url": redis_url,
        "hotline_keys": SecretStr(f"k1:{new_key()}"),
        "secret_key": SecretStr("a secret of the bench"),
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": SecretStr("a token of the bench"),
        "voice_url": "http://voice.test",
        "hotline_number": "+861066880000",
    }
    context = open_unchecked(Settings.model_validate(values))
    if context.database.is_sqlite:
        event.listen(context.database.engine, "connect", _careless)
    Row.metadata.drop_all(context.database.engine)
    Row.metadata.create_all(context.database.engine)
    prove(context.database, context.keyring)
    try:
        yield context
    finally:
        context.close()


@dataclass(frozen=True)
class Task:
    """One day to be run; `database` is empty for SQLite."""

    seed: int
    steps: int
    database: str
    redis_url: str


@dataclass(frozen=True)
class Done:
    """What came of a day, in which process, and the rule that was broken, if any."""

    task: Task
    process: int
    seconds: float
    counts: Counter[str]
    violation: str = ""


def run(task: Task) -> Done:
    """A day in a database of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began, violation, counts = time.monotonic(), "", Counter[str]()
    fast = MEMORY if MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="hl", dir=fast) as name,
        house(Path(name), task.database, task.redis_url) as context,
    ):
        try:
            counts = day(context, task.seed, task.steps)
        except Violation as error:
            violation = str(error)
    return Done(task, os.getpid(), time.monotonic() - began, counts, violation)


def result(done: Sequence[Done], seconds: float) -> dict[str, object]:
    """Everything so far, as it is printed."""
    clean = [each for each in done if not each.violation]
    steps = sum(each.task.steps for each in clean)
    by_process = {each.process: [other for other in clean if other.process == each.process] for each in clean}
    return {
        "steps": steps,
        "violations": len(done) - len(clean),
        "seconds": round(seconds, 1),
        "steps_per_second": round(steps / seconds, 1),
        "per_process": [
            round(sum(each.task.steps for each in share) / sum(each.seconds for each in share), 1)
            for share in by_process.values()
        ],
        "seeds": [min(each.task.seed for each in done), max(each.task.seed for each in done)],
        "events": dict(sum((each.counts for each in clean), Counter[str]()).most_common()),
    }


@click.command(help=__doc__)
@click.option("--steps", default=20_000, show_default=True, help="how many events")
@click.option("--seed", default=1, show_default=True, help="of the first day; each further day counts on")
@click.option("--processes", default=1, show_default=True, help="how many days are run at the same time, on SQLite")
@click.option("--database", default="", help="address of a PostgreSQL database to be emptied; without it SQLite")
@click.option(
    "--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the result there after each day"
)
def main(steps: int, seed: int, processes: int, database: str, out: Path | None) -> None:
    """Run, and print what was done; the first violation ends it with status 1."""
    if database and processes > 1:
        raise click.UsageError("--processes: each needs a database of its own; with --database there is one.")
    began, done = time.monotonic(), list[Done]()
    with tempfile.TemporaryDirectory(prefix="hl") as name, servers.valkey(Path(name)) as redis_url:
        tasks = [
            Task(seed + index, min(STEPS_PER_DAY, steps - first), database, redis_url)
            for index, first in enumerate(range(0, steps, STEPS_PER_DAY))
        ]
        for each in _run_all(tasks, processes):
            done.append(each)
            text = json.dumps(result(done, time.monotonic() - began), indent=2)
            if out is not None:
                out.write_text(text + "\n", "utf-8")
            if each.violation:
                raise SystemExit(f"VIOLATION\n{each.violation}")
            so_far = sum(other.task.steps for other in done)
            click.echo(f"seed {each.task.seed}: {so_far} steps in {time.monotonic() - began:.0f} s", err=True)
    click.echo(text)


def _run_all(tasks: Sequence[Task], processes: int) -> Iterator[Done]:
    """The days as they end."""
    if processes == 1:
        gc.freeze()  # what is loaded stays: only what a day leaves is looked through
        yield from map(run, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(processes, initializer=gc.freeze) as pool:
        yield from pool.imap_unordered(run, tasks)


if __name__ == "__main__":
    main()
