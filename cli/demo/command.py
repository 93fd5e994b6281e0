"""`hotline demo`: starts the whole house in a folder of its own, plays one act or both, and tells what happened."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import audit_marks
from cli.demo import act, follow_up
from cli.demo.act import Act
from cli.demo.play import Demo
from cli.local import embedded
from cli.local.processes import LocalHotline

SCENARIOS = {"morning": act.MORNING, "follow-up": follow_up.ACT}
BOTH = "both"
# Where nobody sees it live: a file or a pipe without COLUMNS.
PIPE_COLUMNS = 120
# Settings of the caller's shell that would lead the demo away from its own folder.
OWN = (
    "DATABASE_URL",
    "REDIS_URL",
    "BLOB_URL",
    "TWILIO_",
    "HOTLINE_",
    "VOICE_",
    "CONSOLE_",
    "EXCHANGE_",
    "FLOW_FILE",
    "CAMPAIGN_",
)


@click.command()
@click.option("--scenario", type=click.Choice([*SCENARIOS, BOTH]), default="morning", help="what is played")
@click.option("--exit", "leave", is_flag=True, help="end after the summary instead of staying up")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="write the summary to FILE")
@click.option("--logs", is_flag=True, help="show what the processes print")
@audit_marks.touches_nothing("a made-up hospital in a folder of its own")
def command(scenario: str, leave: bool, file: Path | None, logs: bool) -> None:
    """A morning at a sample hospital, in real time, about two minutes.

    Starts every process on free ports in a folder of its own, plays eight callers and six members of staff with
    real audio, shows the floor live, and ends with what the database holds: who was answered when, recordings,
    transcripts. It then stays up to be looked at, until Ctrl-C.

    The scenario follow-up calls twelve patients after they left hospital, about three minutes: one tells of chest
    pain and speaks with a nurse, one is a machine, one is somebody else, and so on.

    The scenario both plays one after the other in the same house; its JSON has the summary of each by its name. At the
    end the staff pages show all of it, and every sign-in is printed, once it was tried.
    """
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_COLUMNS)
    stop = _stop_on_signals()
    acts = {name: SCENARIOS[name] for name in (SCENARIOS if scenario == BOTH else [scenario])}
    told: dict[str, Any] = {}
    with _demo(list(acts.values()), console, stop, shows_logs=logs) as demo:
        demo.open(act.HOSPITAL)
        for name, played in acts.items():
            told[name] = demo.play(played)
            _write(file, told if scenario == BOTH else told[name])  # an act that is over is kept when the next is not
        tried = demo.try_sign_ins()
        _write(file, (told if scenario == BOTH else told[scenario]) | {"sign_ins": tried})
        if not leave:
            demo.stay(tried)
    if not all(SCENARIOS[name].success(what) for name, what in told.items()):
        raise SystemExit("hotline demo: nobody was reached; `hotline doctor` looks for what is missing")


def _write(file: Path | None, told: dict[str, Any]) -> None:
    if file is not None:
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


@contextlib.contextmanager
def _demo(acts: list[Act], console: Console, stop: threading.Event, *, shows_logs: bool) -> Iterator[Demo]:
    """A house for these acts in a folder of its own; nothing of it is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="hotline-demo-"))
    log = (home / "processes.log").open("w", encoding="utf-8")

    def say(name: str, line: str) -> None:
        log.write(f"{name:>8} | {line}\n")
        log.flush()
        if shows_logs:
            click.echo(f"{name:>8} | {line}", err=True)

    demo = Demo(LocalHotline(embedded.plan(home, _environment(acts), free_ports=True), say), console, home)
    demo.stop = stop
    try:
        yield demo
    finally:
        console.print("Stopping every process …")
        demo.house.close()
        log.close()
        shutil.rmtree(home, ignore_errors=True)


def _environment(acts: list[Act]) -> dict[str, str]:
    made = {name: text for name, text in os.environ.items() if not name.startswith(OWN)}
    made |= {"DEFAULT_LANGUAGE": "zh-CN", "LOG_FORMAT": "text"}
    for played in acts:
        made |= played.environment
    return made


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop
