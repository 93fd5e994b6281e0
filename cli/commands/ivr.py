"""`hotline ivr`: check a voice menu, and draw it."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from cli import audit_marks
from hotline.configuration.errors import FileFault
from hotline.configuration.settings import Settings
from hotline.values.language import Language
from ivr.flow import drawing, flow_file
from ivr.flow.check import seconds
from ivr.flow.nodes import LanguageMenu, Menu

FILE = click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def command() -> None:
    """Check or draw a voice menu; without FILE the one in FLOW_FILE, else the standard one."""


@command.command()
@FILE
@audit_marks.touches_nothing("files of the voice menu")
def check(file: Path | None) -> None:
    """Say everything that is wrong with a voice menu, with file, line and field."""
    path = _chosen(file)
    try:
        loaded = flow_file.read_file(path, house())
    except FileFault as fault:
        for line in fault.faults:
            click.echo(line, err=True)
        raise SystemExit(1) from fault
    for line in loaded.warnings:
        click.echo(line, err=True)
    click.echo(f"{path}: {len(loaded.flow.nodes)} nodes, no faults")
    for node in loaded.flow.nodes.values():
        if isinstance(node, Menu | LanguageMenu):
            spoken = ", ".join(f"{language} {seconds(text):.0f} s" for language, text in node.say.items())
            click.echo(f"  {node.name}: {len(node.choices)} choices, spoken in {spoken}")


@command.command()
@FILE
@click.option("--format", "form", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write there, not to stdout."
)
@audit_marks.touches_nothing("files of the voice menu")
def draw(file: Path | None, form: str, out: Path | None) -> None:
    """Draw a voice menu as SVG or as a Mermaid diagram."""
    flow = flow_file.read_file(_chosen(file), house()).flow
    text = drawing.svg(flow) if form == "svg" else drawing.mermaid(flow)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")
        click.echo(f"{out}: drawn")


def _chosen(file: Path | None) -> Path:
    named = os.environ.get("FLOW_FILE")
    return file or (Path(named) if named else flow_file.STANDARD)


def house() -> flow_file.Installation:
    """Return the hospital's name and time zone, as the environment says; no other setting is needed here."""
    names = {
        language: os.environ.get(f"HOSPITAL_NAME_{short}")
        or str(Settings.model_fields[f"hospital_name_{short.lower()}"].default)
        for language, short in ((Language.MANDARIN, "ZH"), (Language.ENGLISH, "EN"))
    }
    zone = os.environ.get("TIMEZONE") or str(Settings.model_fields["timezone"].default)
    try:
        return flow_file.Installation(names, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.ClickException(f"TIMEZONE: {zone!r} is no time zone; write one like Asia/Shanghai") from error
