"""The sound with its true text that the benches of recognition hear."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hotline.values.language import Language
from recordings.storage.audio import Sound, read_wav

AUDIO = Path(__file__).parents[3] / "shared" / "audio"


@dataclass(frozen=True)
class Clip:
    """One channel with its true text. `kind` is the set that it belongs to."""

    name: str
    kind: str
    language: Language
    sound: Sound
    text: str


def human() -> Iterator[Clip]:
    """Yield single sentences and digit strings of human speakers."""
    with (AUDIO / "human" / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            sound = read_wav((AUDIO / "human" / row["file"]).read_bytes())
            yield Clip(row["file"], f"human {row['kind']}", Language(row["language"]), sound, row["text"])


def calls() -> Iterator[Clip]:
    """Yield each channel of the two-channel calls, with what was said on it."""
    for path in sorted((AUDIO / "calls").glob("*.json")):
        call = json.loads(path.read_text("utf-8"))
        sound = read_wav(path.with_suffix(".wav").read_bytes())
        for speaker, channel in zip(("caller", "agent"), sound.channels, strict=True):
            text = " ".join(one["text"] for one in call["utterances"] if one["speaker"] == speaker)
            yield Clip(f"{path.stem} {speaker}", "calls", Language(call["language"]), Sound((channel,)), text)
