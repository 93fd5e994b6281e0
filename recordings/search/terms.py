"""Search terms of an utterance: words, single characters and pairs of toneless syllables of Mandarin, stems of English.
Pure.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from hotline.values.language import Language
from recordings.speech.normalisation import comparable
from recordings.speech.phrases import sounds

_HAN = re.compile(r"[\u3400-\u9fff]")
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", "e"), ("s", ""))


def terms(text: str, language: Language) -> frozenset[str]:
    """Return everything that this text is found by; each begins with its kind."""
    if language is Language.MANDARIN:
        return frozenset([*_zh_words(text), *_signs(text), *_pairs(sounds(text, language)), *_latin(text)])
    return frozenset(f"e:{stem(word)}" for word in comparable(text, Language.ENGLISH).split())


def needed(query: str, language: Language) -> frozenset[str]:
    """Return what an utterance must have to hold `query`; empty where the query says nothing.

    Mandarin is sought by sound, so that a wrong character of the same sound is found too.
    """
    if language is Language.MANDARIN:
        spoken = sounds(query, language)
        if len(spoken) > 1:
            return frozenset(_pairs(spoken))
        return frozenset([*_signs(query), *_latin(query)])
    return terms(query, language)


def holds(text: str, query: str, language: Language) -> bool:
    """Return whether `query` really is in `text`, by sound: pairs alone could come from different places."""
    spoken, sought = sounds(text, language), sounds(query, language)
    if language is Language.ENGLISH:
        spoken, sought = [stem(word) for word in spoken], [stem(word) for word in sought]
    return bool(sought) and any(spoken[at : at + len(sought)] == sought for at in range(len(spoken) - len(sought) + 1))


def is_exact(text: str, query: str, language: Language) -> bool:
    """Return whether it is there letter by letter."""
    spoken, sought = comparable(text, language), comparable(query, language)
    return sought in spoken if language is Language.MANDARIN else f" {sought} " in f" {spoken} "


def languages_of(query: str) -> tuple[Language, ...]:
    """Return the languages that are searched: Mandarin alone where there is a character of it, else both."""
    return (Language.MANDARIN,) if _HAN.search(query) else tuple(Language)


def stem(word: str) -> str:
    """Return an English word without its ending; short ones stay. The same for what is stored and what is sought."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    word = word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeious" else word
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _zh_words(text: str) -> list[str]:
    import rjieba

    return [f"w:{word}" for word in rjieba.cut_for_search(comparable(text, Language.MANDARIN)) if len(word) > 1]


def _signs(text: str) -> list[str]:
    return [f"c:{sign}" for sign in comparable(text, Language.MANDARIN) if _HAN.match(sign)]


def _latin(text: str) -> list[str]:
    return [f"e:{stem(word)}" for word in re.findall(r"[a-z]{2,}|\d+", comparable(text, Language.MANDARIN))]


def _pairs(spoken: Sequence[str]) -> list[str]:
    return [f"p:{one} {other}" for one, other in pairwise(spoken)]
