"""Calls of our own writing, as text and as sound: other wordings than the shared calls have, labelled by hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from hotline.values.language import Language
from ivr.prompts.engines.espeak import synthesise
from qa.scoring.tokens import SpokenUtterance
from recordings.storage.audio import TELEPHONE_RATE, Pcm, Sound, read_wav

SCRIPTS = Path(__file__).with_name("scripts.yaml")
SIDES = {"a": "agent", "c": "caller"}
PAUSE_SECONDS = 0.5
# How fast one speaks where there is only text, in characters (Mandarin) or letters (English) a second.
RATE = {Language.MANDARIN: 4.0, Language.ENGLISH: 14.0}


@dataclass(frozen=True)
class CallScript:
    """A call as it is written: who says what, `None` a silence of so many seconds."""

    name: str
    language: Language
    is_follow_up: bool
    labels: Mapping[str, int]
    parts: tuple[tuple[str | None, str | float], ...]


@dataclass(frozen=True)
class SpokenCall:
    """A script as sound."""

    name: str
    language: Language
    is_follow_up: bool
    labels: Mapping[str, int]
    sound: Sound


def scripts() -> list[CallScript]:
    """Return all scripts."""
    return [
        CallScript(
            one["name"],
            Language(one["language"]),
            bool(one.get("follow_up")),
            one["labels"],
            tuple(_part(*entry.split(": ", 1)) for entry in one["said"]),
        )
        for one in yaml.safe_load(SCRIPTS.read_text("utf-8"))
    ]


def _part(side: str, text: str) -> tuple[str | None, str | float]:
    return (None, float(text)) if side == "-" else (SIDES[side], text)


def as_text(script: CallScript) -> list[SpokenUtterance]:
    """Return the script as a perfect transcript."""
    at, found = 1.0, []
    for side, said in script.parts:
        if side is None:
            at += float(said)
            continue
        end = at + max(0.6, len(str(said)) / RATE[script.language])
        found.append(SpokenUtterance(side, at, end, str(said), confidence=1.0))
        at = end + PAUSE_SECONDS
    return found


def spoken_calls() -> Iterator[SpokenCall]:
    """Yield every script, spoken by the product's voice on two channels."""
    for script in scripts():
        sides: dict[str, list[Pcm]] = {"caller": [], "agent": []}
        _add(sides, 1.0, None, None)
        for side, said in script.parts:
            if side is None:
                _add(sides, float(said), None, None)
                continue
            [pcm] = read_wav(synthesise(str(said), script.language)).channels
            _add(sides, len(pcm) / TELEPHONE_RATE, side, pcm)
            _add(sides, PAUSE_SECONDS, None, None)
        sound = Sound((np.concatenate(sides["caller"]), np.concatenate(sides["agent"])))
        yield SpokenCall(script.name, script.language, script.is_follow_up, script.labels, sound)


def _add(sides: dict[str, list[Pcm]], seconds: float, side: str | None, pcm: Pcm | None) -> None:
    silence = np.zeros(round(seconds * TELEPHONE_RATE) if pcm is None else len(pcm), dtype=np.int16)
    for name, pieces in sides.items():
        pieces.append(pcm if name == side and pcm is not None else silence)
