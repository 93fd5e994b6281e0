"""`hotline campaign draw`: a script of calls to patients as a picture; its faults with file, line and field."""

from pathlib import Path

import click

from campaigns.dialogue import drawing, scripts_file
from cli import audit_marks
from cli.commands import ivr
from hotline.configuration.errors import FileFault


@click.command("draw")
@click.argument("script", required=False)
@click.option("--scripts", "folder", type=click.Path(file_okay=False, path_type=Path), help="the hospital's folder")
@click.option("--format", "form", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="write there, not to the terminal")
@audit_marks.touches_nothing("scripts")
def command(script: str | None, folder: Path | None, form: str, out: Path | None) -> None:
    """Draw SCRIPT: who is asked for, the check, every question, what leads to a nurse. Without SCRIPT: list them."""
    try:
        known = scripts_file.load(folder or scripts_file.STANDARD, ivr.house().hospital, "")
    except FileFault as fault:
        raise click.ClickException(str(fault)) from fault
    if script is None:
        for name, one in known.items():
            questions = ", ".join(question.name for question in one.questions)
            click.echo(f"{name}: {' · '.join(one.label.values())}: {questions}")
        return
    if script not in known:
        raise click.UsageError(f"no script {script!r}; there are {', '.join(known)}")
    text = drawing.svg(known[script]) if form == "svg" else drawing.mermaid(known[script])
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, "utf-8")
    click.echo(f"{out}: drawn")
