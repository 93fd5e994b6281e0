"""`hotline up`: every process of the Procfile on this machine, kept alive."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from cli import audit_marks
from cli.commands.db import edited_since
from cli.local import queries
from cli.local.embedded import plan
from cli.local.processes import LocalHotline
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file

SAMPLE = Path(__file__).parents[1] / "demo" / "hospital.yaml"


@click.command()
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="folder for everything embedded")
@click.option("--hospital", "file", type=click.Path(dir_okay=False, path_type=Path), help="hospital to load first")
@click.option("--free-ports", is_flag=True, help="take any free ports instead of 8000 to 8002")
@click.option("--procfile", type=click.Path(dir_okay=False, path_type=Path), help="another Procfile")
@audit_marks.touches_nothing("starts the processes; what they show is written down by them")
def command(home: Path | None, file: Path | None, free_ports: bool, procfile: Path | None) -> None:
    """Run everything on this machine until Ctrl-C.

    Without any configuration: an embedded Redis-protocol server, SQLite, the local exchange, secrets of its own in
    the home folder. Name DATABASE_URL, REDIS_URL, BLOB_URL or TWILIO_ACCOUNT_SID to move a part out. A process that
    dies is started again; what it had not finished is found by the sweep.
    """
    home = home or Path(os.environ.get("HOTLINE_HOME", "var/hotline"))
    house = LocalHotline(plan(home, os.environ, free_ports=free_ports), _say, procfile)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        house.open(lambda context: _fill(context.database, context.settings, file))
        click.echo(_welcome(house))
        stop.wait()
    finally:
        house.close()


def _fill(database: Database, settings: Settings, file: Path | None) -> None:
    with database.read() as session:
        is_empty = queries.holdings(session).agents == 0
    if file is not None or is_empty:
        data = hospital_file.read(file or SAMPLE, queues_file.of(settings))
        with database.write() as session:
            left_alone = hospital_service.store(session, data, clock.now())
        if left_alone:
            click.echo(edited_since(left_alone))


def _welcome(house: LocalHotline) -> str:
    environment = house.environment
    exchange = f"http://127.0.0.1:{environment['EXCHANGE_PORT']}"
    phone = f"  a telephone  {exchange}/phone\n" if house.plan.has_exchange else ""
    return (
        f"\nThe hotline is up.\n  staff pages  {environment['CONSOLE_URL']}\n"
        f"  webhooks     {environment['VOICE_URL']}\n  number       {environment['HOTLINE_NUMBER']}\n{phone}"
        "  add a first user: hotline db user LOGIN --name NAME --role administrator\n"
        "Ctrl-C stops everything."
    )


def _say(name: str, line: str) -> None:
    sys.stdout.write(f"{name:>8} | {line}\n")
    sys.stdout.flush()
