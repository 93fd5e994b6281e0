"""`hotline audit`: whether the audit log is whole. It reads digests, no patient data, and shows no row."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli import audit_marks
from cli.local import embedded
from hotline.audit import log
from hotline.context import open_context
from hotline.database.database import Database

WHY = {
    "missing": "it is not there",
    "altered": "it is not what was written",
    "another": "it is another one than when the end that was given was kept",
    "cut_off": "the log ends before it; the end that was given was further on",
    "end": "the stored end of the log is not that of its rows",
    "seal": "the seal of its end was not made with a key of HOTLINE_KEYS for this end",
}


@click.group()
def command() -> None:
    """The audit log: check that no row was changed, removed or added in between."""


@command.command()
@click.option("--head", "known", default="", help="an end that was kept elsewhere, NUMBER:DIGEST: it must be there")
@audit_marks.touches_nothing("digests of the log, none of its rows")
def verify(known: str) -> None:
    """Check the whole chain, and print its end; keep that elsewhere, and give it next time as --head.

    Prints the first broken row and ends with exit status 1.
    """
    with open_context(embedded.load()) as context:
        try:
            verdict = _checked(context.database, known)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--head") from error
        with context.database.write() as session:
            log.keep(session, verdict)
    if verdict.broken is not None:
        click.echo(f"The audit log is broken at row {verdict.broken.number}: {WHY[verdict.broken.why]}.")
        raise SystemExit(1)
    click.echo(f"{verdict.rows} rows, every one as it was written. The end of the log:\n\n    {verdict.head}\n")
    click.echo("Keep it elsewhere: `hotline audit verify --head` with it finds a log that was cut off.")


def _checked(database: Database, known: str) -> log.Verdict:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with database.read() as session, Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)

        def told(done: int, all_: int) -> None:
            bar.update(task, completed=done, total=all_)

        return log.verify(session, known, told)
