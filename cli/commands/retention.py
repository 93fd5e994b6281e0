"""`hotline retention`: what is deleted when, and the holds that keep evidence."""

from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from cli import audit_marks
from cli.local import embedded
from hotline import clock
from hotline.context import open_context
from recordings.retention import hold_service, report_service
from recordings.retention import service as retention_service
from recordings.retention.service import PurgeItem

SHOWN = 200


@click.group()
def command() -> None:
    """How long sound, words and reviews of calls are kept; legal holds. docs/retention.md explains the rules."""


@command.command()
@click.option("--dry-run", is_flag=True, help="only show what would be deleted, and what is kept by what")
@click.option("--all", "show_all", is_flag=True, help=f"every row, not only the first {SHOWN}")
@audit_marks.touches("list_due", "calls", "calls")
def run(dry_run: bool, show_all: bool) -> None:
    """Delete everything whose period is over and which no complaint and no hold keeps."""
    now = clock.now()
    with open_context(embedded.load()) as context:
        items = list(retention_service.plan(context.database, context.settings, now))
        audit_marks.showed(len(items))
        _show(items if show_all else items[:SHOWN], dry_run=dry_run)
        counts = Counter(item.verdict.kept_by or "over" for item in items)
        kept = ", ".join(f"{count} kept by {keeper}" for keeper, count in sorted(counts.items()) if keeper != "over")
        if dry_run:
            files = len(report_service.due(context.database, context.settings, now))
            told = f"{counts['over']} and {files} files of reports would be deleted"
            click.echo(f"{told}{', ' if kept else ''}{kept}. Nothing was changed.")
            return
        done, files = retention_service.run(context, now), report_service.run(context, now)
    click.echo(f"{len(done)} and {files} files of reports deleted{', ' if kept else ''}{kept}.")


@command.command()
@click.argument("case", metavar="CASE")
@click.option("--reason", required=True, help="why, for those who come later; stored encrypted")
@click.option("--by", required=True, help="who says so")
@audit_marks.touches("place_hold", "call", "case")
def hold(case: str, reason: str, by: str) -> None:
    """Keep the evidence of CASE, `call:ID` or `case:NUMBER`, until the hold is lifted."""
    subject, _, subject_id = case.partition(":")
    if subject not in (hold_service.CALL, hold_service.CASE):
        raise click.BadParameter("call:ID or case:NUMBER", param_hint="CASE")
    with open_context(embedded.load()) as context:
        placed = hold_service.place(context.database, subject, subject_id, clock.now(), reason=reason, by=by)
    click.echo(f"hold {placed.id} on {subject} {placed.subject_id}")


@command.command("holds")
@audit_marks.touches("list_holds", "calls", "holds")
def listing() -> None:
    """The holds that stand."""
    with open_context(embedded.load()) as context, context.database.read() as session:
        rows = hold_service.standing(session)
        audit_marks.showed(len(rows))
    table = Table("hold", "on", "id", "since", "by", "reason")
    for row in rows:
        table.add_row(row.id, row.subject, row.subject_id, f"{row.placed_at:%Y-%m-%d}", row.placed_by, row.reason)
    Console().print(table if rows else "no hold stands")


@command.command()
@click.argument("hold_id", metavar="HOLD")
@click.option("--by", required=True, help="who says so")
@audit_marks.touches("lift_hold", "call", "hold_id")
def lift(hold_id: str, by: str) -> None:
    """Take a hold away: the periods count again."""
    with open_context(embedded.load()) as context:
        hold_service.lift(context.database, hold_id, by, clock.now())
    click.echo(f"hold {hold_id} is lifted")


def _show(items: list[PurgeItem], *, dry_run: bool) -> None:
    table = Table("call", "ended", "kind", "what", "days", "over since", "kept by" if dry_run else "kept by (stays)")
    for item in items:
        verdict, ended = item.verdict, item.call.ended_at
        table.add_row(
            item.call.id,
            f"{ended:%Y-%m-%d}" if ended else "–",
            verdict.kind,
            verdict.what,
            str(verdict.days),
            f"{verdict.due_at:%Y-%m-%d}",
            verdict.kept_by or "",
        )
    if items:
        Console().print(table)
