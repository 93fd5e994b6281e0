"""`hotline patients`: who the hospital's patients are, from its own lists."""

from pathlib import Path

import click

from campaigns.stopping import patient_list_service
from cli import audit_marks
from cli.local import embedded
from cli.terminal import import_progress
from crm.patients import service
from hotline import clock
from hotline.context import open_context

SHOWN = 50


@click.group()
def command() -> None:
    """Patients: load the hospital's list, so that callers are known by their number."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--skip/--no-skip",
    "skips",
    default=None,
    help="leave rows out that cannot be taken, and take the others (IMPORT_SKIPS_REJECTED)",
)
@click.option("--all", "show_all", is_flag=True, help=f"list every rejected field, not only the first {SHOWN}")
@audit_marks.touches("import_patients", "patient", "list")
def load(file: Path, skips: bool | None, show_all: bool) -> None:
    """Load FILE, a table (CSV, XLSX) with number, name, birth_date, flags, discharged_on, language, died_on.

    Flags are separated by ; and are limited_mobility, cardiac, diabetic, flagged, do_not_call, deceased. Rows that
    cannot be used are reported with line, field and reason, and keep the whole list out, or are left out (--skip).
    Calls to whoever has died or wants none are stopped.
    """
    now = clock.now()
    with open_context(embedded.load()) as context:
        with import_progress.shown(file.name) as progress:
            outcome = service.import_file(context, file, now, skips=skips, progress=progress)
        changed = patient_list_service.follow(context, now)
        audit_marks.showed(outcome.added + outcome.changed)
    shown = outcome.rejected if show_all else outcome.rejected[:SHOWN]
    for rejected in shown:
        click.echo(f"{file.name}: {rejected}", err=True)
    if len(outcome.rejected) > len(shown):
        click.echo(f"and {len(outcome.rejected) - len(shown)} more; --all lists them", err=True)
    done = f"{outcome.added} patients added, {outcome.changed} changed, {outcome.rejects} rows rejected"
    click.echo(f"{done}." if outcome.is_stored else f"{done}; the database is unchanged. --skip leaves those rows out.")
    if changed.stopped:
        click.echo(f"{changed.stopped} planned calls stopped.")
    if outcome.rejects:
        raise SystemExit(1)
