"""The machine's marks beside a supervisor's, per item and language, and beside plain text matching on the same words.

Every call of the folder goes through the product once (`recordings.speech.dialogue`, `qa.scoring.auto_scoring`); plain
matching reads the same transcript, phrase lists and parts of the call, but looks for the wordings letter by letter.
`yes` is what counts: precision is the part of all yes that the supervisor gave too, recall the part of the supervisor's
that was found, an `unsure` counting as not found; the share of unsure stands beside them. `--degrade` adds what lines
do: noise, another rate, mu-law, quiet voices. `--spoken` adds calls in other words, spoken by the product's own voice.

    python -m bench.quality [--json OUT] [--calls FOLDER] [--degrade] [--spoken]
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.speech.quality_calls import calls as quality_calls_calls
from bench.speech.quality_calls import plain
from bench.speech.quality_calls.calls import LabelledCall
from hotline.configuration.settings import Settings
from hotline.values.scorecard import ItemAnswer
from qa import scorecards
from qa.scorecards import phrase_lists_file
from qa.scoring import auto_scoring, dialogue_builder
from qa.scoring.score import score
from recordings.speech import dialogue, recognition
from recordings.speech.engines import choice as engine_choice
from recordings.speech.engines.closed_set import ClosedSetScorer

CALLS = Path(__file__).parents[2] / "shared" / "audio" / "calls"
# What the project has promised over all labelled items.
PRECISION, RECALL, UNSURE = 0.95, 0.9, 0.15
WAYS = ("ours", "plain")


@dataclass
class ItemTally:
    """The tally of one way on one item: yes where yes was right, and so on."""

    right_yes: int = 0
    wrong_yes: int = 0
    right_no: int = 0
    wrong_no: int = 0
    unsure_yes: int = 0
    unsure_no: int = 0

    def add(self, is_so: bool, answer: ItemAnswer) -> None:
        """Count one answer to an item that the supervisor marked `is_so`."""
        name = {ItemAnswer.YES: "yes", ItemAnswer.UNSURE: "unsure"}.get(answer, "no")
        if name == "unsure":
            self.unsure_yes, self.unsure_no = self.unsure_yes + is_so, self.unsure_no + (not is_so)
        elif name == "yes":
            self.right_yes, self.wrong_yes = self.right_yes + is_so, self.wrong_yes + (not is_so)
        else:
            self.wrong_no, self.right_no = self.wrong_no + is_so, self.right_no + (not is_so)

    @property
    def count(self) -> int:
        """Return the number of all answers."""
        return sum(vars(self).values())

    @property
    def precision(self) -> float | None:
        """Return the part of all yes that was right."""
        said = self.right_yes + self.wrong_yes
        return self.right_yes / said if said else None

    @property
    def recall(self) -> float | None:
        """Return the part of what is so that was found; unsure is not found."""
        so = self.right_yes + self.wrong_no + self.unsure_yes
        return self.right_yes / so if so else None

    @property
    def unsure(self) -> float:
        """Return the share of unsure."""
        return (self.unsure_yes + self.unsure_no) / self.count

    def figures(self) -> dict[str, Any]:
        """Return the tally as the JSON holds it."""
        return {
            **vars(self),
            "precision": _rounded(self.precision),
            "recall": _rounded(self.recall),
            "unsure_share": _rounded(self.unsure),
        }


Tallies = dict[tuple[str, str, str], dict[str, ItemTally]]


def run(calls: Iterator[LabelledCall], place: recognition.ModelLocation) -> tuple[Tallies, list[dict[str, Any]]]:
    """Run all calls through both ways: tallies by set, language and item, and each call's answers."""
    tallies: Tallies = defaultdict(lambda: {way: ItemTally() for way in WAYS})
    told = []
    scorer = ClosedSetScorer(place)
    for call in track(list(calls), "listening", console=Console(stderr=True)):
        answers = _marks(call, place, scorer)
        told.append({"call": call.name, "set": call.kind, **answers})
        for item, label in call.labels.items():
            for way in WAYS:
                if item in answers[way]:
                    tallies[call.kind, call.language, item][way].add(bool(label), ItemAnswer(answers[way][item]))
    return tallies, told


def _marks(call: LabelledCall, place: recognition.ModelLocation, scorer: ClosedSetScorer) -> dict[str, Any]:
    engine = engine_choice.open_engine("auto", call.language, place)
    said = dialogue_builder.spoken_utterances(dialogue.transcribe(call.sound, call.language, engine))
    phrases = phrase_lists_file.load(None, call.language)
    made = dialogue_builder.build_dialogue(
        said, dialogue_builder.ScorableAudio(call.sound, scorer), phrases, call.language
    )
    card = scorecards.load(None)["follow-up" if call.is_follow_up else "service"]
    results = auto_scoring.auto_score(card, made)
    return {
        "ours": {result.item_id: result.answer.value for result in results},
        "plain": {item: answer.value for item, answer in plain.mark(card, made).items()},
        "probability": {result.item_id: result.probability for result in results},
        "fatal": score(card, results).fatal,
        "labels": dict(call.labels),
    }


def summed(tallies: Mapping[tuple[str, str, str], Mapping[str, ItemTally]], kind: str, way: str) -> ItemTally:
    """Sum one way over all languages and items of a set."""
    total = ItemTally()
    for (found, _, _), ways in tallies.items():
        if found == kind:
            for name, count in vars(ways[way]).items():
                setattr(total, name, getattr(total, name) + count)
    return total


def document(tallies: Tallies, told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what `--json` writes."""
    kinds = sorted({kind for kind, _, _ in tallies})
    return {
        "sets": {kind: {way: summed(tallies, kind, way).figures() for way in WAYS} for kind in kinds},
        "false_fatal": [one["call"] for one in told if one["fatal"] and not one["labels"].get("forbidden")],
        "items": [
            {"set": kind, "language": language, "item": item, **{way: ways[way].figures() for way in WAYS}}
            for (kind, language, item), ways in sorted(tallies.items())
        ],
        "calls": told,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _show(made: dict[str, Any]) -> None:
    table = Table(title="The machine's marks beside a supervisor's: precision / recall / unsure")
    for column in ("set", "language", "item", "marks", "ours", "plain matching"):
        table.add_column(column)
    for row in made["items"]:
        count = sum(row["ours"][name] for name in vars(ItemTally()))
        table.add_row(row["set"], row["language"], row["item"], str(count), _cell(row["ours"]), _cell(row["plain"]))
    for kind, ways in made["sets"].items():
        count = sum(ways["ours"][name] for name in vars(ItemTally()))
        table.add_row(kind, "all", "all", str(count), _cell(ways["ours"]), _cell(ways["plain"]), style="bold")
    console = Console(width=120)
    console.print(table)
    console.print(f"False fatal faults: {', '.join(made['false_fatal']) or 'none'}")


def _cell(figures: dict[str, Any]) -> str:
    return " / ".join(
        "–" if value is None else f"{value:.2f}"
        for value in (figures["precision"], figures["recall"], figures["unsure_share"])
    )


@click.command()
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="write all figures there")
@click.option("--calls", "folder", type=click.Path(path_type=Path), default=CALLS, help="folder of WAV and labels")
@click.option("--degrade", is_flag=True, help="also with noise, at 8 kHz mu-law, quiet, at 44.1 kHz")
@click.option("--spoken", is_flag=True, help="also calls in other words, by the product's own voice")
def main(out: Path | None, folder: Path, degrade: bool, spoken: bool) -> None:
    """Measure the machine's marks; exit status 1 when the shared calls miss what was promised."""
    place = recognition.ModelLocation(Settings.model_fields["hotline_home"].default / "models", None, 2)
    made = document(*run(quality_calls_calls.all_calls(folder, degrade, spoken), place))
    _show(made)
    if out is not None:
        out.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    found = made["sets"]["calls"]["ours"]
    is_kept = found["precision"] >= PRECISION and found["recall"] >= RECALL and found["unsure_share"] <= UNSURE
    if not is_kept or any(name in made["false_fatal"] for name in (path.stem for path in folder.glob("*.wav"))):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
