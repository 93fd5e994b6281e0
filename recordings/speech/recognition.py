"""Recognition as values: speech in, words with times and confidence out. `engines/choice.py` opens an engine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hotline.values.language import Language
from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import Pcm


@dataclass(frozen=True)
class RecognisedWord:
    """One word; times in seconds from the start of the channel, confidence 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True)
class RecognisedSegment:
    """Words of one stretch that belong together. `words` is empty where an engine times only the whole."""

    start: float
    end: float
    text: str
    confidence: float
    words: tuple[RecognisedWord, ...] = ()


class Engine(Protocol):
    """Turns the stretches of speech in a channel into text."""

    @property
    def name(self) -> str:
        """Return engine and model, as stored with a transcript."""

    @property
    def longest_seconds(self) -> float:
        """Return the longest stretch that it takes."""

    def recognise(
        self, pcm: Pcm, stretches: Sequence[SpeechSegment], language: Language, prompt: str = ""
    ) -> Iterator[RecognisedSegment]:
        """Yield what is said in these stretches of `pcm` (a whole channel, 8 kHz), by time; nothing when nothing is.

        `prompt` is a text of words that may come, for engines that can use one.
        """


@dataclass(frozen=True)
class ModelLocation:
    """The folders of models, and how much of the machine one recognition may use."""

    models: Path
    vosk: Path | None = None
    threads: int = 2
