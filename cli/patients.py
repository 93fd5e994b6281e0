"""`hotline patients`: who the hospital's patients are, from its own lists."""

from pathlib import Path

import click

from campaigns import stopping
from cli import embedded
from crm import patients_file
from hotline import clock
from hotline.ground import stand

SHOWN = 50


@click.group()
def command() -> None:
    """Patients: load the hospital's list, so that callers are known by their number."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--all", "show_all", is_flag=True, help=f"list every rejected row, not only the first {SHOWN}")
def load(file: Path, show_all: bool) -> None:
    """Load FILE, a CSV table with number, name, birth_date, flags, discharged_on, language.

    Flags are separated by ; and are limited_mobility, cardiac, diabetic, flagged, do_not_call, deceased. Rows that
    cannot be used are reported with line, field and reason; the others are stored. A file that is no such table stores
    nothing. Calls to whoever has died or wants none are stopped.
    """
    with stand(embedded.load()) as ground:
        outcome = patients_file.load(ground, file, clock.now())
        changed = stopping.follow_list(ground, clock.now())
    for rejected in outcome.rejected if show_all else outcome.rejected[:SHOWN]:
        click.echo(str(rejected), err=True)
    if not show_all and len(outcome.rejected) > SHOWN:
        click.echo(f"and {len(outcome.rejected) - SHOWN} more; --all lists them", err=True)
    click.echo(f"{outcome.added} patients added, {outcome.changed} changed, {len(outcome.rejected)} rows rejected.")
    if changed.stopped:
        click.echo(f"{changed.stopped} planned calls stopped.")
    if outcome.rejected:
        raise SystemExit(1)
