"""Further counts of the bench of recognition: syllables, numbers, names, and what is heard where nobody speaks."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jiwer
import numpy as np
from pypinyin import lazy_pinyin

from bench.speech.clips import Clip
from hotline.values.language import Language
from recordings.speech.normalisation import comparable
from recordings.storage.audio import TELEPHONE_RATE, Sound, to_pcm

# Who and what is named in the texts: before a title, or one of the calls' own.
_ZH_NAMES = re.compile(r"[\u4e00-\u9fff](?:医生|先生|女士|主任)|市人民医院|(?:心|消化|呼吸)内科|张江|朝阳|绍兴|荣昌")
_EN_NAMES = re.compile(r"(?<=[a-z,] )(?!I\b|I')[A-Z][a-z]+")


@dataclass(frozen=True)
class ErrorCount:
    """So many wrong of so many."""

    wrong: int = 0
    total: int = 0

    def __add__(self, other: "ErrorCount") -> "ErrorCount":
        return ErrorCount(self.wrong + other.wrong, self.total + other.total)

    @property
    def percent(self) -> float | None:
        """Return per cent, `None` where there were none."""
        return round(100 * self.wrong / self.total, 1) if self.total else None


def syllables(true: str, heard: str, language: Language) -> ErrorCount:
    """Count wrong syllables of Mandarin, tones left out."""
    if language is not Language.MANDARIN:
        return ErrorCount()
    # Figures one by one: a string of them is not one syllable.
    spelt = (" ".join(lazy_pinyin(" ".join(comparable(text, language)))) for text in (true, heard))
    there, got = (" ".join(text.split()) for text in spelt)
    found = jiwer.process_words([there], [got])
    return ErrorCount(found.substitutions + found.deletions + found.insertions, len(there.split()))


def numbers(true: str, heard: str, language: Language) -> ErrorCount:
    """Count numbers of two figures and more that were not heard as they were said."""
    return _missing(_numbers(true, language), _numbers(heard, language))


def names(true: str, heard: str, language: Language) -> ErrorCount:
    """Count names of people and places that were not heard as they were said."""
    pattern = _ZH_NAMES if language is Language.MANDARIN else _EN_NAMES
    there = [comparable(name, language) for name in pattern.findall(true)]
    got = comparable(heard, language)
    wrong = sum(name not in got for name in there)
    return ErrorCount(wrong, len(there))


def invented_signs(listen: Callable[[Clip], str]) -> int:
    """Count the signs heard in silence, hum, noise, ringing and engaged tones, asked in both languages."""
    clips = [Clip(name, "nobody", language, sound, "") for language in Language for name, sound in nobody().items()]
    return sum(len(listen(clip).strip()) for clip in clips)


def nobody() -> dict[str, Sound]:
    """Return what is on a line while nobody speaks: eight seconds each."""
    noise = np.random.default_rng(11)
    time = np.arange(8 * TELEPHONE_RATE) / TELEPHONE_RATE
    kinds = {
        "silence": np.zeros(len(time)),
        "hum": 0.01 * np.sin(2 * np.pi * 50 * time),
        "soft noise": noise.normal(0, 0.003, len(time)),
        "loud noise": noise.normal(0, 0.1, len(time)),
        "ringing": 0.3 * np.sin(2 * np.pi * 450 * time) * (time % 5 < 1),
        "American ringing": 0.15 * (np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)) * (time % 6 < 2),
        "engaged": 0.3 * np.sin(2 * np.pi * 450 * time) * (time % 0.7 < 0.35),
    }
    return {name: Sound((to_pcm(np.asarray(samples, dtype=np.float32)),)) for name, samples in kinds.items()}


def _numbers(text: str, language: Language) -> list[str]:
    plain = comparable(text, language)
    if language is Language.ENGLISH:
        plain = re.sub(r"(?<=\d) (?=\d)", "", plain)
    return re.findall(r"\d{2,}", plain)


def _missing(there: Sequence[str], got: Sequence[str]) -> ErrorCount:
    return ErrorCount((Counter(there) - Counter(got)).total(), len(there))
