"""`hotline models`: which speech engines and languages are ready, and how to get more."""

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cli import audit_marks
from cli.terminal.speech_options import LANGUAGES, place, place_options
from hotline.errors import HotlineError
from hotline.values.language import Language
from recordings.errors import EngineMissing
from recordings.speech.engines import choice as engine_choice
from recordings.speech.recognition import ModelLocation
from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import TELEPHONE_RATE


@click.group()
def command() -> None:
    """Speech engines: Vosk where a model of the language is installed, else the packaged Whisper."""


@command.command("list")
@place_options
@audit_marks.touches_nothing("speech models")
def show(**where: object) -> None:
    """Show every engine and language: ready or not, and what to do."""
    here = place(**where)  # type: ignore[arg-type] # click gives the types
    table = Table("language", "engine", "model", "what to do", title="Speech engines", title_justify="left")
    for language in Language:
        for engine, model, remedy in _engines(language, here):
            ready = f"[green]{model}[/green]" if model else "[yellow]not installed[/yellow]"
            table.add_row(language.value, engine, ready, remedy)
    Console().print(table)


@command.command()
@click.option("--language", required=True, type=LANGUAGES, help="the language to fetch a model for")
@place_options
@audit_marks.touches_nothing("speech models")
def fetch(language: str, **where: object) -> None:
    """Download Vosk's small model (about 45 MB) for a language; needs internet."""
    from recordings.speech.engines.fetch import fetch as load

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(f"Vosk, {language}", total=None)
        here = place(**where)  # type: ignore[arg-type] # click gives the types
        folder = load(
            Language(language), here, lambda done, size: progress.update(bar, completed=done, total=size or None)
        )
    click.echo(f"ready: {folder}")


@command.command()
@place_options
@audit_marks.touches_nothing("speech models")
def check(**where: object) -> None:
    """Load every model that is installed and let it listen to a second of silence; exit 1 when one is unfit."""
    here = place(**where)  # type: ignore[arg-type] # click gives the types
    faults = [fault for language in Language for fault in _faults(language, here)]
    for fault in faults:
        click.echo(f"fault: {fault}", err=True)
    raise SystemExit(1 if faults else 0)


def _engines(language: Language, here: ModelLocation) -> list[tuple[str, str, str]]:
    """Engine, its model or nothing, and the remedy."""
    from recordings.speech.engines import vosk, weights

    folder = vosk.find(language, here)
    rows = [("vosk", folder.name if folder else "", "" if folder else vosk.remedy(language, here))]
    try:
        weights.package_folders()
        rows.append(("whisper", "whisper-base (packaged)", "used where Vosk has no model" if not folder else ""))
    except EngineMissing as missing:
        rows.append(("whisper", "", str(missing)))
    return rows


def _faults(language: Language, here: ModelLocation) -> list[str]:
    import numpy as np

    faults = []
    for kind, model, remedy in _engines(language, here):
        if not model:
            if kind == "whisper":
                faults.append(remedy)
            continue
        try:
            engine = engine_choice.open_engine(kind, language, here)
            list(engine.recognise(np.zeros(TELEPHONE_RATE, np.int16), [SpeechSegment(0.0, 1.0, 0.0, 1.0)], language))
            click.echo(f"{language} {kind}: {model} works")
        except HotlineError as error:
            faults.append(str(error))
    return faults
