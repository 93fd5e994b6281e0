"""Closed-set scoring: how likely each of a few given texts is what a piece of sound says, by Whisper's decoder.

Nothing is decoded: the texts are given, and the packaged model says how probable each is. A phrase of the field that it
would never have written by itself can so be told from what only sounds a little like it.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hotline.values.language import Language
from recordings.speech.engines import mel
from recordings.speech.engines.choice import open_engine
from recordings.speech.engines.whisper import CODES, LONGEST_PACK, WINDOWS, Whisper
from recordings.speech.recognition import ModelLocation
from recordings.speech.voice_activity import MARGIN_SECONDS
from recordings.storage.audio import TELEPHONE_RATE, Pcm, resample, to_float

# A token that cannot be there at all costs no more than this, so that one odd sign does not decide everything.
LEAST_PROBABILITY = 1e-5


class ClosedSetScorer:
    """Scores texts against sound; the model is loaded at its first use and shared with recognition."""

    def __init__(self, place: ModelLocation) -> None:
        """Use the model in `place`. Raises `EngineMissing`."""
        engine = open_engine("whisper", Language.MANDARIN, place)
        assert isinstance(engine, Whisper)  # noqa: S101 (what `engine` was asked for)
        self._engine = engine

    def scores(
        self, pcm: Pcm, start: float, end: float, language: Language, texts: Sequence[str]
    ) -> list[tuple[float, int]]:
        """Return for each text the log-probability that it is all that is said, and its count of
        tokens.

        The sound is that from `start` to `end`, in seconds. One longer than Whisper's window is cut at its end: keep it
        below 29 seconds.
        """
        first = max(0.0, start - MARGIN_SECONDS)
        last = min(len(pcm) / TELEPHONE_RATE, end + MARGIN_SECONDS, first + LONGEST_PACK)
        piece = pcm[round(first * TELEPHONE_RATE) : round(last * TELEPHONE_RATE)]
        network, tokenizer = self._engine.model
        encoded, frames = _encoded(network, piece)
        begin = [tokenizer.token_to_id(word) for word in ("<|startoftranscript|>", CODES[language], "<|transcribe|>")]
        results = []
        for text in texts:
            ids = tokenizer.encode(_spelt(text, language), add_special_tokens=False).ids[:400]
            results.append((_score(network, encoded, begin, ids, frames) if ids else -math.inf, len(ids)))
        return results


def _score(network: Any, encoded: Any, begin: list[int], ids: list[int], frames: int) -> float:
    [aligned] = network.align(encoded, begin, [ids], frames)
    return float(sum(math.log(max(chance, LEAST_PROBABILITY)) for chance in aligned.text_token_probs))


def _encoded(network: Any, piece: Pcm) -> tuple[Any, int]:
    import ctranslate2

    seconds = len(piece) / TELEPHONE_RATE
    frames = next((size for size in WINDOWS if size >= seconds * 100), WINDOWS[-1])
    sound = mel.spectrogram(resample(to_float(piece), TELEPHONE_RATE, mel.RATE), frames)
    return network.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(sound[None]))), frames


def _spelt(text: str, language: Language) -> str:
    """Return the text as the model's own begins: English with a space."""
    return f" {text.strip()}" if language is Language.ENGLISH else text
