"""Phrases in recognised speech although the words came out a little wrong. Pure.

Mandarin is compared by toneless pinyin, in which most recognition errors disappear, with the sounds folded that
dialects and engines mix up (zh/z, ch/c, sh/s, -ng/-n). English is compared by letters.
"""

import re
from functools import cache

from rapidfuzz import fuzz

from hotline.values.language import Language
from recordings.speech.normalisation import comparable
from recordings.speech.pinyin import syllables

_FOLDS = ((re.compile("^([zcs])h"), r"\1"), (re.compile("ng$"), "n"))
# Likeness from 0 to 100 that counts as found. Two or three syllables meet too many neighbours to be matched loosely.
_ZH_LIKE, _EN_LIKE = {2: 100.0, 3: 95.0}, {1: 88.0, 2: 92.0, 3: 92.0}
_ZH_LONG, _EN_LONG = 85.0, 86.0


def contains_phrase(text: str, phrase: str, language: Language) -> bool:
    """Return whether `phrase` was most likely said in `text`."""
    spoken, sought = sounds(text, language), sounds(phrase, language)
    if not sought or len(spoken) < max(1, len(sought) - 1):
        return False
    table, usual = (_ZH_LIKE, _ZH_LONG) if language is Language.MANDARIN else (_EN_LIKE, _EN_LONG)
    enough = table.get(len(sought), usual)
    slack = (0,) if enough == 100.0 or len(sought) == 1 else (-1, 0, 1)
    pattern = " ".join(sought)
    return any(
        fuzz.ratio(pattern, " ".join(spoken[start : start + len(sought) + more]), score_cutoff=enough) > 0
        for more in slack
        for start in range(len(spoken) - len(sought) - more + 1)
    )


@cache
def _folded(syllable: str) -> str:
    for pattern, written in _FOLDS:
        syllable = pattern.sub(written, syllable)
    return syllable


def sounds(text: str, language: Language) -> list[str]:
    """Return the units that are compared: folded syllables of Mandarin, words of English."""
    if language is Language.MANDARIN:
        return [_folded(syllable) for syllable in syllables(_spelt(text))]
    return comparable(text, language).split()


def _spelt(text: str) -> str:
    """Return Mandarin without punctuation, figures spoken one by one."""
    return re.sub(r"[^\w]|_", "", text).translate({ord(str(n)): sign for n, sign in enumerate("零一二三四五六七八九")})
