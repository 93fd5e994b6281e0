"""`hotline transcribe`: a sound file as a dialogue with times, by the same path that recordings take."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli import audit_marks
from cli.terminal.speech_options import LANGUAGES, place, place_options
from hotline.values.language import Language
from recordings.speech import hints, hints_file, recognition
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.engines import choice as engine_choice
from recordings.storage.audio import Sound
from recordings.storage.audio_file import read_file

COLOURS = {"caller": "cyan", "agent": "green"}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", required=True, type=LANGUAGES, help="the language that is spoken")
@click.option(
    "--engine",
    "wish",
    type=click.Choice(engine_choice.ENGINES),
    default="auto",
    show_default=True,
    help="auto is Vosk where a model of the language is installed, else Whisper",
)
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the dialogue there as JSON")
@place_options
@audit_marks.touches_nothing("a file that whoever runs it has; nothing of the house is read")
def command(file: Path, language: str, wish: str, out: Path | None, **where: object) -> None:
    """Print what is said in FILE (WAV of any rate, MP3, FLAC, Ogg, M4A) as a dialogue with times.

    Of two channels the first is the caller and the second the agent, as recordings of the hotline are.
    """
    spoken = Language(language)
    sound = read_file(file)
    engine = engine_choice.open_engine(wish, spoken, place(**where))  # type: ignore[arg-type] # click gives the types
    lines = _with_progress(sound, spoken, engine)
    _show(lines)
    if out is not None:
        out.write_text(json.dumps(_document(file, spoken, engine.name, sound, lines), ensure_ascii=False, indent=1))


def _with_progress(sound: Sound, language: Language, engine: recognition.Engine) -> list[TranscriptLine]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"listening, {engine.name}", total=sound.seconds * len(sound.channels))
        known = hints.Hints(language, hints_file.words_of(None)[language])
        return hints.transcribe(sound, engine, known, lambda seconds: progress.advance(bar, seconds))


def _show(lines: list[TranscriptLine]) -> None:
    console = Console(highlight=False)
    if not lines:
        console.print("Nobody speaks in this file.")
    for line in lines:
        who = Text(f"{line.speaker:<7}", style=COLOURS.get(line.speaker, ""))
        console.print(Text(f"{_clock(line.start)}–{_clock(line.end)}  "), who, Text(line.text), sep="", soft_wrap=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{seconds % 60:04.1f}"


def _document(
    file: Path, language: Language, engine: str, sound: Sound, lines: list[TranscriptLine]
) -> dict[str, object]:
    return {
        "file": file.name,
        "language": language.value,
        "engine": engine,
        "seconds": round(sound.seconds, 2),
        "channels": len(sound.channels),
        "utterances": [
            {
                "speaker": line.speaker,
                "start": line.start,
                "end": line.end,
                "text": line.text,
                "confidence": line.confidence,
            }
            for line in lines
        ],
    }
