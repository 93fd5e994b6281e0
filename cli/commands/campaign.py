"""`hotline campaign`: discharges in, a plan, calls, and results out."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from campaigns.errors import ImportFault
from campaigns.importing import file_service as sources
from campaigns.planning import absence_service, enrolment_service, plan, service
from campaigns.results import export_service
from campaigns.stopping import undo_service as stopping_undo
from cli import audit_marks
from cli.commands import campaign_draw, campaign_status
from cli.commands.run import _until_told
from cli.commands.users import note
from cli.local import embedded
from cli.terminal import import_progress
from hotline import clock, log
from hotline.context import AppContext, open_context

DAY = click.DateTime(["%Y-%m-%d"])
SHOWN = 20  # rejected rows on the screen; all of them go to --report


@click.group()
def command() -> None:
    """Calls to patients after they leave hospital: import, plan, start, pause, status, export."""


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--consent", is_flag=True, help="FHIR, HL7: everyone in these files has agreed to be called")
@click.option(
    "--skip/--no-skip",
    "skips",
    default=None,
    help="leave rows out that cannot be taken, and take the others (IMPORT_SKIPS_REJECTED)",
)
@click.option(
    "--confirm-identities", "confirms", is_flag=True, help="names, numbers and birth dates here are right: take them"
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="write every rejected row there")
@audit_marks.touches("import_discharges", "discharges", "files")
def import_(files: tuple[Path, ...], consent: bool, skips: bool | None, confirms: bool, report: Path | None) -> None:
    """Take discharges from FILES or folders: tables (CSV, XLSX), FHIR (JSON, NDJSON), HL7 (ADT messages).

    A file is checked to its end before anything is stored. Taken twice, it changes nothing. FHIR files are read as one:
    an export has one for each type of resource.
    """
    lines, is_broken = [], False
    with open_context(embedded.load()) as context:
        house = context.settings
        options = sources.ImportOptions(
            consent, house.import_skips_rejected if skips is None else skips, confirms=confirms
        )
        if confirms:
            with context.database.write() as session:
                note(session, "confirm_identities", "import", "file")
        for group in sources.sources(files):
            name = ", ".join(str(file) for file in group)
            told, is_stored = _import(context, group, options)
            is_broken = is_broken or not is_stored
            lines.extend(told)
            for line in (*told[:-2][:SHOWN], *told[-2:]):
                click.echo(f"{name}: {line}")
    if report is not None:
        report.write_text("\n".join(lines) + "\n", "utf-8", errors="backslashreplace")
    if is_broken:
        raise SystemExit(1)


def _import(context: AppContext, group: Sequence[Path], options: sources.ImportOptions) -> tuple[list[str], bool]:
    """Return what became of these files, in lines, and whether they are stored; where they are not, others still may
    be.
    """
    with import_progress.shown(group[0].name) as progress:
        try:
            taken = sources.take(context, group, options, clock.now(), progress)
        except ImportFault as fault:
            return [str(fault), "The database is unchanged."], False
    return sources.report(taken), taken.stored is not None


@command.command("plan")
@click.argument("name")
@click.option("--since", type=DAY, help="discharges from this day on")
@click.option("--until", type=DAY, help="discharges to this day")
@click.option("--ward", "wards", multiple=True, help="of this ward only; may be repeated")
@click.option("--condition", "conditions", multiple=True, help="of this condition only; may be repeated")
@click.option("--plan", "plans", multiple=True, help="by this plan only; may be repeated")
@audit_marks.touches("plan_campaign", "campaign", "name")
def plan_(name: str, since: datetime | None, until: datetime | None, **only: tuple[str, ...]) -> None:
    """Plan the campaign NAME: who is called when. Again after new discharges; nobody is planned twice."""
    scope = plan.Scope(
        since.date() if since else None, until.date() if until else None, **{k: frozenset(v) for k, v in only.items()}
    )
    with open_context(embedded.load()) as context:
        service.make(context.database, name, scope, clock.now())
        done = enrolment_service.enrol(context, name, clock.now())
        audit_marks.showed(done.added)
    click.echo(f"{name}: {done.added} calls planned, {done.known} planned before.")
    for reason, count in sorted(done.without.items()):
        click.echo(f"  left out: {count} {reason.replace('_', ' ')}")


@command.command()
@click.argument("name")
@audit_marks.touches("start_campaign", "campaign", "name")
def start(name: str) -> None:
    """Call the recipients of NAME from now on (`router` sets the pace, workers dial)."""
    with open_context(embedded.load()) as context:
        service.start(context.database, context.notifier, name, clock.now())
    click.echo(f"{name} is running; `hotline campaign status {name}` shows it.")


@command.command()
@click.argument("name")
@click.option("--reason", default="", help="shown to staff")
@click.option("--finish", is_flag=True, help="for good: whoever is still planned is not called")
@audit_marks.touches("pause_campaign", "campaign", "name")
def pause(name: str, reason: str, finish: bool) -> None:
    """Dial nobody of NAME until it is started again; conversations go on, and whoever calls back is heard."""
    with open_context(embedded.load()) as context:
        if finish:
            service.finish(context.database, context.notifier, name, clock.now())
        else:
            service.pause(context.database, context.notifier, name, reason)
    click.echo(f"{name} is {'finished' if finish else 'paused'}.")


@command.command()
@click.argument("recipient")
@click.option("--why", required=True, help="kept with the recipient, and shown to staff")
@click.option("--alive", is_flag=True, help="it is certain that the patient is alive: undo a death, too")
@audit_marks.touches("undo_stop", "recipient", "recipient")
def undo(recipient: str, why: str, alive: bool) -> None:
    """Undo what stopped the calls to RECIPIENT (an id, as `hotline campaign export` writes it); they go on.

    A later fact stops them again.
    """
    with open_context(embedded.load()) as context:
        done = stopping_undo.undo(context, recipient, stopping_undo.UndoRequest(why, is_sure=alive), clock.now())
    click.echo(f"{done.resumed} calls go on.")


@command.command("export")
@click.argument("name")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--anonymous", is_flag=True, help="without names, numbers and birth dates")
@audit_marks.touches("export_campaign", "campaign", "name")
def export_(name: str, out: Path, anonymous: bool) -> None:
    """Write what the recipients of NAME answered to OUT: .csv, .xlsx, or .ndjson (FHIR QuestionnaireResponse)."""
    kinds = {".csv": export_service.to_csv, ".xlsx": export_service.to_xlsx, ".ndjson": export_service.to_fhir}
    write = kinds.get(out.suffix.lower())
    if write is None:
        raise click.UsageError(f"OUT ends in one of {', '.join(kinds)}")
    with open_context(embedded.load()) as context:
        count = write(context.database, name, out, is_named=not anonymous)
        audit_marks.showed(count)
    click.echo(f"{out}: {count} recipients.")


command.add_command(campaign_status.status)
command.add_command(campaign_draw.command)


@command.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--skip/--no-skip",
    "skips",
    default=None,
    help="leave rows out that cannot be taken, and take the others (IMPORT_SKIPS_REJECTED)",
)
@audit_marks.touches("plan_campaign", "campaign", "name")
def away(name: str, file: Path, skips: bool | None) -> None:
    """A doctor is away: plan calls to everyone in the table FILE, as the campaign NAME.

    Its columns: patient_number, name, birth_date, phone, language, doctor, appointment (YYYY-MM-DD HH:MM) and
    alternatives (such times with ; between them). `hotline campaign start NAME` begins to call.
    """
    with open_context(embedded.load()) as context:
        done, rejects = absence_service.take(context, name, file, clock.now(), skips=skips)
        audit_marks.showed(done.added)
    for reject in rejects[:SHOWN]:
        click.echo(f"{file.name}: {reject}", err=True)
    stored = done.added + done.known + sum(done.without.values())
    if rejects and not stored:
        raise click.ClickException(f"{file.name}: {len(rejects)} fields cannot be taken; nothing was stored")
    left_out = f", {len({reject.line for reject in rejects})} rows left out" if rejects else ""
    click.echo(f"{name}: {done.added} calls planned, {done.known} planned before{left_out}.")
    for reason, count in sorted(done.without.items()):
        click.echo(f"  not to be called: {count} {reason.replace('_', ' ')}")


@command.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="address to listen on; beyond this machine MLLP_CLIENT_CA or MLLP_PEERS must say who may send",
)
@click.option("--port", default=2575, show_default=True, help="port to listen on")
@click.option("--consent", is_flag=True, help="everyone of whom the messages tell has agreed to be called")
@audit_marks.touches("take_messages", "discharges", "hl7", at_start=True)
def listen(host: str, port: int, consent: bool) -> None:
    """Take HL7 ADT messages over MLLP until told to stop; each is acknowledged once it is stored."""
    import asyncio

    from campaigns.importing.hl7 import mllp_access_service
    from campaigns.importing.hl7.mllp_service import Listener

    values = embedded.load()
    mllp_access_service.of(values, host)  # refused before anything is opened
    log.configure("listener", values.log_format)
    with open_context(values) as context:
        click.echo(f"Listening for HL7 on {host}:{port}.")
        asyncio.run(Listener(context, has_consent=consent or values.campaign_consent).serve(host, port, _until_told()))
