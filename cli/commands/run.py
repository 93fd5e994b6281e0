"""`hotline run`: one process by itself, as the Procfile starts it."""

import signal
import threading

import click

from cli import audit_marks
from hotline import log
from hotline.configuration import settings
from hotline.context import open_context
from hotline.outbox.job_kinds import QUEUES
from telephony.provider import connect


@click.group()
def command() -> None:
    """Run one process by itself; the environment holds its settings (see docs/operations.md)."""


def _until_told() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@command.command()
@audit_marks.touches_nothing("a process; what it changes for patients is written down by it")
def router() -> None:
    """Offer waiting callers to agents, and pace campaigns; a second one stands by and takes over within seconds."""
    from workers import router

    values = settings.load()
    log.configure("router", values.log_format)
    router.run(open_context(values), connect(values), _until_told())


@command.command()
@click.option("--queue", "queues", multiple=True, type=click.Choice(QUEUES), help="take jobs of these queues only")
@audit_marks.touches_nothing("a process; what it changes for patients is written down by it")
def worker(queues: tuple[str, ...]) -> None:
    """Dial, fetch, transcribe, score, render; start as many as there are cores to spare."""
    from workers.worker import work

    values = settings.load()
    log.configure("worker", values.log_format)
    work(open_context(values).notifier, queues or QUEUES)


@command.command()
@audit_marks.touches_nothing("a process; what it changes for patients is written down by it")
def clock() -> None:
    """Sweep what is due, every second; a second one stands by."""
    from workers.clock import leader

    values = settings.load()
    log.configure("clock", values.log_format)
    leader(open_context(values), connect(values)).run(_until_told())
