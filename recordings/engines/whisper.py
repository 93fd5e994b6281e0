"""Whisper base through CTranslate2: the engine that is always there, because two packages ship its weights.

A stretch is put into a window of 10 seconds rather than Whisper's 30, which costs a third of the processor time.
"""

import math
from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np

from hotline.values import Language
from recordings.audio import TELEPHONE_RATE, Pcm, resample, to_float
from recordings.engines import mel, weights
from recordings.recognise import Place, Segment
from recordings.text import tidy

WINDOW_SECONDS = 10.0
FRAMES = int(WINDOW_SECONDS * 100)
CODES = {Language.MANDARIN: "<|zh|>", Language.ENGLISH: "<|en|>"}
BEAM = 5
TOKENS_PER_SECOND, SPARE_TOKENS = 12, 12  # fast Mandarin needs about ten; more is invention
# Below these the text is taken for invented. Voice activity has been found before, so both must look bad, or one
# very bad: a short "yes" on a poor line often has a high no-speech probability.
NO_SPEECH, DOUBTFUL, HOPELESS = 0.6, -1.0, -1.6
# What Whisper learnt from subtitles and says when it hears none of our callers.
INVENTED = (
    "字幕",
    "点赞",
    "訂閱",
    "订阅",
    "打赏",
    "amara.org",
    "thanks for watching",
    "thank you for watching",
    "subscribe",
)


class Whisper:
    """The packaged model; loads at its first use (half a second, 320 MB)."""

    name = "whisper-base"
    longest_seconds = WINDOW_SECONDS - 0.2

    def __init__(self, place: Place) -> None:
        """Use the model in `place`; nothing is loaded yet."""
        self._place = place

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        """The network and its tokenizer. Raises `EngineMissing`, `ModelDamaged`."""
        import ctranslate2
        import tokenizers

        folder = weights.prepare(self._place.models)
        network = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=self._place.threads)
        return network, tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))

    def recognise(self, pcm: Pcm, language: Language) -> list[Segment]:
        """The text of one stretch as one segment, or nothing where it is most likely invented."""
        import ctranslate2

        network, tokenizer = self._model
        seconds = len(pcm) / TELEPHONE_RATE
        sound = mel.spectrogram(resample(to_float(pcm), TELEPHONE_RATE, mel.RATE), FRAMES)
        start = ["<|startoftranscript|>", CODES[language], "<|transcribe|>", "<|notimestamps|>"]
        result = network.generate(
            ctranslate2.StorageView.from_array(np.ascontiguousarray(sound[None])),
            [[tokenizer.token_to_id(token) for token in start]],
            beam_size=BEAM,
            max_length=len(start) + SPARE_TOKENS + int(TOKENS_PER_SECOND * seconds),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        text = tidy(tokenizer.decode(result.sequences_ids[0]), language)
        score = float(result.scores[0])
        if not text or is_invented(text, score, float(result.no_speech_prob)):
            return []
        return [Segment(0.0, seconds, text, math.exp(min(0.0, score)))]


def is_invented(text: str, score: float, no_speech: float) -> bool:
    """Whether the text was most likely made up: by its mean log-probability, the no-speech probability and itself."""
    lowered = text.lower()
    if score < HOPELESS or (no_speech > NO_SPEECH and score < DOUBTFUL):
        return True
    return any(phrase in lowered for phrase in INVENTED) or is_loop(text)


def is_loop(text: str) -> bool:
    """Whether a few signs are said over and over, as a decoder does that has lost its way."""
    if len(text) < 24:
        return False
    grams = Counter(text[index : index + 4] for index in range(len(text) - 3))
    return grams.most_common(1)[0][1] * 4 > len(text) * 0.6
