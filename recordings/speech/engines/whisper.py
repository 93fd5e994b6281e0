"""Whisper base through CTranslate2: the engine that is always there, because two packages ship its weights.

Sound is given in windows just long enough for it, of 10 to 30 seconds, rather than always in Whisper's 30: a short
answer costs a third of the processor time.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hotline.values.language import Language
from recordings.speech.engines import mel, tokens, weights
from recordings.speech.engines.hallucinations import is_formula, is_hallucinated, without_echo
from recordings.speech.engines.packing import Pack, packs
from recordings.speech.normalisation import tidy
from recordings.speech.recognition import ModelLocation, RecognisedSegment, RecognisedWord
from recordings.speech.voice_activity import SpeechSegment
from recordings.storage.audio import TELEPHONE_RATE, Pcm, resample, to_float

WINDOWS = (1000, 1500, 2000, 2500, 3000)  # frames of 10 ms; shorter ones make it loop
LONGEST_PACK = 29.0
CODES = {Language.MANDARIN: "<|zh|>", Language.ENGLISH: "<|en|>"}
# Words of the field, which the model then prefers. None in Mandarin: there it says the hint instead of what it hears.
HINTS = {Language.ENGLISH: " Hospital hotline: appointment, clinic, doctor, nurse."}
LONGEST_HINT = 120  # tokens, of the 448 that a window may have
BEAM = 5
TOKENS_PER_SECOND, SPARE_TOKENS, MOST_TOKENS = 12, 16, 440  # fast Mandarin needs about ten; more is invention


@dataclass(frozen=True)
class _DecodedWindow:
    """The yield of one window."""

    text: str
    words: list[RecognisedWord]
    score: float
    no_speech: float


class Whisper:
    """The packaged model; loads at its first use (half a second, 320 MB)."""

    name = "whisper-base"
    longest_seconds = LONGEST_PACK

    def __init__(self, place: ModelLocation) -> None:
        """Use the model in `place`; nothing is loaded yet."""
        self._place = place

    def recognise(
        self, pcm: Pcm, stretches: Sequence[SpeechSegment], language: Language, prompt: str = ""
    ) -> Iterator[RecognisedSegment]:
        """Yield one segment per stretch in which something was understood, its words timed by alignment."""
        for pack in packs(stretches, LONGEST_PACK):
            yield from self._pack(pcm, pack, language, prompt or HINTS.get(language, ""))

    def _pack(self, pcm: Pcm, pack: Pack, language: Language, hint: str) -> Iterator[RecognisedSegment]:
        decoded = self._listen(pack.sound(pcm), language, hint)
        if not is_hallucinated(decoded.text, decoded.score, decoded.no_speech):
            yield from _segments(decoded, pack, language)
        elif len(pack.stretches) > 1:
            # The decoder lost its way somewhere in the pack; by itself each stretch has another chance.
            for single in pack.singles():
                yield from self._pack(pcm, single, language, hint)

    def _listen(self, pcm: Pcm, language: Language, hint: str) -> _DecodedWindow:
        import ctranslate2

        network, tokenizer = self.model
        seconds = len(pcm) / TELEPHONE_RATE
        frames = next((size for size in WINDOWS if size >= seconds * 100), WINDOWS[-1])
        sound = mel.spectrogram(resample(to_float(pcm), TELEPHONE_RATE, mel.RATE), frames)
        encoded = network.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(sound[None])))
        start = [tokenizer.token_to_id(word) for word in ("<|startoftranscript|>", CODES[language], "<|transcribe|>")]
        prompt = [*_hint(tokenizer, hint), *start, tokenizer.token_to_id("<|notimestamps|>")]
        result = network.generate(
            encoded,
            [prompt],
            beam_size=BEAM,
            max_length=min(MOST_TOKENS, len(prompt) + SPARE_TOKENS + int(TOKENS_PER_SECOND * seconds)),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        marks = tokenizer.token_to_id("<|endoftext|>")  # from here on tokens are marks: of time, of language
        ids = without_echo([number for number in result.sequences_ids[0] if number < marks])
        words: list[RecognisedWord] = []
        if ids:
            [aligned] = network.align(encoded, start, [ids], frames)
            words = tokens.words(ids, tokenizer.decode, aligned.alignments, aligned.text_token_probs)
        return _DecodedWindow(tokenizer.decode(ids), words, float(result.scores[0]), float(result.no_speech_prob))

    @cached_property
    def model(self) -> tuple[Any, Any]:
        """Return the network and its tokenizer. Raises `EngineMissing`, `ModelDamaged`."""
        import ctranslate2
        import tokenizers

        folder = weights.prepare(self._place.models)
        network = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=self._place.threads)
        return network, tokenizers.Tokenizer.from_str(tokens.mended((folder / "tokenizer.json").read_text("utf-8")))


def _hint(tokenizer: Any, hint: str) -> list[int]:
    if not hint:
        return []
    ids: list[int] = tokenizer.encode(hint, add_special_tokens=False).ids
    return [tokenizer.token_to_id("<|startofprev|>"), *ids[:LONGEST_HINT]]


def _segments(decoded: _DecodedWindow, pack: Pack, language: Language) -> Iterator[RecognisedSegment]:
    """Yield the words of a pack, stretch by stretch, at their places in the channel."""
    pieces: list[list[RecognisedWord]] = [[] for _ in pack.stretches]
    for word in decoded.words:
        pieces[pack.piece_of(word.start, word.end)].append(word)
    for piece, words in enumerate(pieces):
        text = tidy("".join(word.text for word in words), language)
        if not text or is_formula(text):
            continue
        placed = tuple(
            RecognisedWord(pack.in_channel(w.start, piece), pack.in_channel(w.end, piece), w.text.strip(), w.confidence)
            for w in words
        )
        stretch = pack.stretches[piece]
        confidence = math.exp(sum(math.log(max(w.confidence, 1e-4)) for w in words) / len(words))
        yield RecognisedSegment(stretch.start, stretch.end, text, confidence, placed)
