"""Recognition errors and processor time of the product's own path beside the bare engine, on the same files in one run.

The product: `recordings.speech.dialogue` with the engine that `auto` chooses. The bare engine: faster-whisper's
defaults on the same weights, given each channel and its language. Every file goes through both, one after the other, so
that a slow moment of the machine meets both. Errors are counted on `recordings.speech.normalisation.comparable`, which
is applied alike to the true text and to both outputs: no case, no punctuation, simplified characters, every number in
figures, one spelling; Mandarin by characters (CER), English by words (WER). Beside them: wrong syllables of Mandarin
without their tones, numbers and names of the true text that are not in the heard one, processor seconds per minute of
sound, and signs invented where nobody speaks.

    python -m bench.transcribe [--json OUT] [--only human|calls] [--every N]
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import jiwer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.speech.clips import Clip, calls, human
from bench.speech.counts import ErrorCount, invented_signs, names, numbers, syllables
from hotline.configuration.settings import Settings
from hotline.values.language import Language
from recordings.speech import hints, hints_file, recognition
from recordings.speech.engines import choice as engine_choice
from recordings.speech.engines import weights
from recordings.speech.normalisation import comparable
from recordings.storage.audio import TELEPHONE_RATE, resample, to_float

# What the project has promised, in percent, for the mean over the files of a language.
LIMITS = {Language.MANDARIN: 20.0, Language.ENGLISH: 8.0}
WAYS = ("product", "bare")


@dataclass
class SetTally:
    """The tally of one way on one set."""

    errors: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    cpu_seconds: float = 0.0
    sound_seconds: float = 0.0
    syllables: ErrorCount = field(default_factory=ErrorCount)
    numbers: ErrorCount = field(default_factory=ErrorCount)
    names: ErrorCount = field(default_factory=ErrorCount)

    @property
    def pooled(self) -> float:
        """Return percent of all units of the set."""
        return 100 * sum(self.errors) / sum(self.units)

    @property
    def mean(self) -> float:
        """Return the mean over the files of each file's percentage."""
        return 100 * sum(e / n for e, n in zip(self.errors, self.units, strict=True)) / len(self.units)


def product(place: recognition.ModelLocation) -> Callable[[Clip], str]:
    """Return the product's own path from sound to text."""

    def listen(clip: Clip) -> str:
        engine = engine_choice.open_engine("auto", clip.language, place)
        known = hints.Hints(clip.language, hints_file.words_of(None)[clip.language])
        return " ".join(line.text for line in hints.transcribe(clip.sound, engine, known))

    return listen


def bare(place: recognition.ModelLocation) -> Callable[[Clip], str]:
    """Return faster-whisper with its defaults, on the same weights and threads."""
    from faster_whisper import WhisperModel

    folder = weights.prepare(place.models)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=place.threads)

    def listen(clip: Clip) -> str:
        samples = resample(to_float(clip.sound.channels[0]), TELEPHONE_RATE, 16_000)
        segments, _ = model.transcribe(samples, language=clip.language.value[:2])
        return " ".join(segment.text for segment in segments)

    return listen


def errors(clip: Clip, heard: str) -> tuple[int, int]:
    """Return how many units are wrong, and how many there are."""
    true, heard = comparable(clip.text, clip.language), comparable(heard, clip.language)
    if clip.language is Language.MANDARIN:
        true, heard = " ".join(true), " ".join(heard)
    found = jiwer.process_words([true], [heard])
    return found.substitutions + found.deletions + found.insertions, len(true.split())


@click.command()
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write the figures there")
@click.option("--only", type=click.Choice(["human", "calls"]), help="one set only")
@click.option("--every", default=1, help="take every n-th file only")
@click.option("--home", type=click.Path(path_type=Path), default=Settings.model_fields["hotline_home"].default)
@click.option("--threads", default=1, show_default=True, help="threads of both ways")
@click.option("--show", is_flag=True, help="print what each way heard wrongly")
def main(out: Path | None, only: str | None, every: int, home: Path, threads: int, show: bool) -> None:
    """Compare the product with the bare engine."""
    clips = [*(human() if only != "calls" else ()), *(calls() if only != "human" else ())][::every]
    place = recognition.ModelLocation(home / "models", threads=threads)
    ways = {"product": product(place), "bare": bare(place)}
    for listen in ways.values():
        listen(clips[0])  # loads the model
    tallies: dict[tuple[str, str, str], SetTally] = defaultdict(SetTally)
    for clip in track(clips, "listening", console=Console(stderr=True)):
        for way, listen in ways.items():
            before = time.process_time()
            heard = listen(clip)
            spent = time.process_time() - before
            wrong, units = errors(clip, heard)
            for kind in (clip.kind, "all"):
                tally = tallies[clip.language.value, kind, way]
                tally.errors.append(wrong)
                tally.units.append(units)
                tally.cpu_seconds += spent
                tally.sound_seconds += clip.sound.seconds
                tally.syllables += syllables(clip.text, heard, clip.language)
                tally.numbers += numbers(clip.text, heard, clip.language)
                tally.names += names(clip.text, heard, clip.language)
            if show and wrong:
                click.echo(f"{clip.name} {way} {wrong}/{units}\n  {clip.text}\n  {heard}")
    figures = report(tallies)
    invented = {way: invented_signs(lambda clip, way=way: ways[way](clip)) for way in WAYS}  # type: ignore[misc] # as above
    print_table(figures)
    Console().print("signs invented in 7 sounds of a line on which nobody speaks, both languages: ", invented)
    if out is not None:
        out.write_text(json.dumps({"sets": figures, "invented": invented, "threads": threads}, indent=1))


def report(tallies: dict[tuple[str, str, str], SetTally]) -> list[dict[str, Any]]:
    """Return one row per language and set: errors of both ways, processor seconds, and the ratio product to bare."""
    rows = []
    for language, kind in sorted({(language, kind) for language, kind, _ in tallies}, reverse=True):
        ours, theirs = (tallies[language, kind, way] for way in WAYS)
        row: dict[str, Any] = {"language": language, "set": kind, "files": len(ours.units), "units": sum(ours.units)}
        for way, tally in zip(WAYS, (ours, theirs), strict=True):
            row[way] = {
                "error_mean": round(tally.mean, 1),
                "error_pooled": round(tally.pooled, 1),
                "cpu_seconds": round(tally.cpu_seconds, 1),
                "cpu_per_minute": round(60 * tally.cpu_seconds / tally.sound_seconds, 2),
                "syllables_wrong": tally.syllables.percent,
                "numbers_wrong": tally.numbers.percent,
                "names_wrong": tally.names.percent,
            }
        row["error_ratio"] = round(ours.pooled / theirs.pooled, 3) if theirs.pooled else None
        row["cpu_ratio"] = round(ours.cpu_seconds / theirs.cpu_seconds, 3)
        if kind == "all":
            row["limit"] = LIMITS[Language(language)]
            row["holds"] = ours.mean <= row["limit"]
        rows.append(row)
    return rows


def print_table(figures: list[dict[str, Any]]) -> None:
    """Print the figures for people."""
    names = (
        "language",
        "set",
        "files",
        "product: mean / pooled %",
        "CPU s/min",
        "bare: mean / pooled %",
        "CPU s/min",
        "holds",
    )
    table = Table(*names, title="Recognition at 8 kHz: character errors (zh-CN), word errors (en-US)")
    for row in figures:
        cells = [row["language"], row["set"], str(row["files"])]
        for way in WAYS:
            cells += [f"{row[way]['error_mean']} / {row[way]['error_pooled']}", str(row[way]["cpu_per_minute"])]
        table.add_row(*cells, f"≤ {row['limit']}: {'yes' if row['holds'] else 'NO'}" if "limit" in row else "")
    Console().print(table)


if __name__ == "__main__":
    main()
