"""`hotline review`: marks a two-channel recording by a scorecard, ours or another system's."""

import json
import os
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli import audit_marks
from cli.terminal.speech_options import LANGUAGES, place, place_options
from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa import scorecards
from qa.scoring import recording_review_service
from qa.scoring.recording_review_service import SIDES, RecordingReview, ReviewTask
from qa.scoring.score import is_fault
from recordings.speech import recognition
from recordings.speech.engines import choice as engine_choice
from recordings.speech.engines.closed_set import ClosedSetScorer
from recordings.storage.audio import Sound

ORDERS = {",".join(SIDES): SIDES, ",".join(reversed(SIDES)): tuple(reversed(SIDES))}
FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
STYLES = {ItemAnswer.UNSURE: "yellow", ItemAnswer.NA: "dim"}


def _there(_context: click.Context, _option: click.Parameter, out: Path | None) -> Path | None:
    """Return a file to write into: asked before anything is listened to."""
    if out is not None and not os.access(out if out.exists() else out.parent, os.W_OK):
        raise click.BadParameter(f"{out}: nothing can be written there")
    return out


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scorecard", default="service", show_default=True, help="which points are marked")
@click.option("--language", required=True, type=LANGUAGES, help="the language that is spoken")
@click.option(
    "--channels", type=click.Choice(list(ORDERS)), default=",".join(SIDES), show_default=True, help="who is on which"
)
@click.option(
    "--json",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_there,
    help="write the marks there as JSON",
)
@click.option("--scorecards", "folder", type=FOLDER, envvar="SCORECARDS_FOLDER", help="folder with your own scorecards")
@click.option("--hospital", default="", help="your hospital's name: saying it counts as naming it")
@place_options
@audit_marks.touches_nothing("a file that whoever runs it has; nothing of the house is read")
def command(file: Path, scorecard: str, folder: Path | None, out: Path | None, **options: str) -> None:
    """Mark FILE (two channels, caller and agent apart; WAV of any rate, MP3, FLAC, Ogg) by a scorecard.

    What the machine is not sure of is left to people and is never a fault.
    """
    card = scorecards.load(folder)[scorecard]
    task = ReviewTask(card, Language(options["language"]), ORDERS[options["channels"]], folder, options["hospital"])
    where = {name: options[name] for name in ("home", "vosk_models", "threads")}
    made = _with_progress(recording_review_service.read(file, task.order), task, place(**where))  # type: ignore[arg-type] # click gives the types
    _show(task, made)
    if out is not None:
        out.write_text(
            json.dumps(recording_review_service.document(made), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )


def _with_progress(sound: Sound, task: ReviewTask, where: recognition.ModelLocation) -> RecordingReview:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    engine = engine_choice.open_engine("auto", task.language, where)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"listening, {engine.name}", total=sound.seconds * len(sound.channels))

        def heard(seconds: float) -> None:
            progress.advance(bar, seconds)
            if progress.finished:
                progress.update(bar, description="marking")

        return recording_review_service.review(sound, task, engine, ClosedSetScorer(where), heard)


def _show(task: ReviewTask, made: RecordingReview) -> None:
    console = Console(highlight=False)
    table = Table(title=task.card.labels[task.language], title_justify="left")
    for column in ("item", "answer", "sure", "where"):
        table.add_column(column, overflow="fold")
    for result in made.results:
        item = task.card.item(result.item_id)
        style = "bold red" if is_fault(item, result) else STYLES.get(result.answer, "green")
        places = "\n".join(f"{_clock(e.start)} {e.speaker} {e.text}".strip() for e in result.evidence)
        sure = "" if result.probability is None else f"{max(result.probability, 1 - result.probability):.0%}"
        table.add_row(item.labels[task.language], Text(result.answer.value, style=style), sure, Text(places))
    console.print(table)
    console.print(_sum(made))


def _sum(made: RecordingReview) -> Text:
    """Return the score in one line, with what is left to people."""
    found = made.score
    if found.score is None:
        return Text("No score: nothing could be marked.", style="yellow")
    text = Text(f"Score {found.score:g} of 100", style="bold red" if found.failed else "bold green")
    if found.fatal:
        text.append("  (a fatal fault)")
    if found.open:
        text.append(f"\nLeft to people: {', '.join(found.open)}", style="yellow")
    return text


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{seconds % 60:04.1f}"
