"""What a patient's words mean: which answer, which warning sign. Pure; compared by sound, as recognition mishears.

"没有胸痛" tells no pain in the chest: a sign that is denied does not count, anything else does: a nurse who is
asked once too often costs less than one who is not asked.
"""

from collections.abc import Sequence
from functools import lru_cache

from campaigns.dialogue.script import Option, Sign
from hotline.values.language import Language
from recordings.speech.phrases import contains_phrase, sounds

DENIALS = {
    Language.MANDARIN: ("没有", "没", "不", "无", "并未", "从来没"),
    Language.ENGLISH: ("no", "not", "never", "without", "dont", "didnt", "havent", "isnt"),
}
# How many syllables or words before the sign a denial still belongs to it.
REACH = {Language.MANDARIN: 3, Language.ENGLISH: 4}


@lru_cache(maxsize=4096)
def _sounds(text: str, language: Language) -> tuple[str, ...]:
    return tuple(sounds(text, language))


@lru_cache(maxsize=2048)
def tells(words: str, phrases: tuple[str, ...], language: Language) -> str:
    """Return the longest of these phrases that was said, `""` for none."""
    said = [phrase for phrase in phrases if contains_phrase(words, phrase, language)]
    return max(said, key=lambda phrase: len(_sounds(phrase, language)), default="")


def option(words: str, options: Sequence[Option], language: Language) -> Option | None:
    """Return the answer that was said: the one whose longest phrase was found; `None` when none or two alike were."""
    found = [(len(_sounds(tells(words, _phrases(one, language), language), language)), one) for one in options]
    best = max((length for length, _ in found), default=0)
    told = [one for length, one in found if length == best]
    return told[0] if best and len(told) == 1 else None


def sign(words: str, signs: Sequence[Sign], language: Language) -> Sign | None:
    """Return the first warning sign that was told and not denied: signs come in the order of their urgency."""
    for one in signs:
        phrase = tells(words, one.words[language], language)
        if phrase and not _is_denied(words, phrase, language):
            return one
    return None


def _phrases(one: Option, language: Language) -> tuple[str, ...]:
    return (*one.words[language], one.label[language])


def _is_denied(words: str, phrase: str, language: Language) -> bool:
    """Return whether every place at which the phrase stands follows a denial closely."""
    said, sought = _sounds(words, language), _sounds(phrase, language)
    denials = [_sounds(word, language) for word in DENIALS[language]]
    starts = [start for start in range(len(said) - len(sought) + 1) if said[start : start + len(sought)] == sought]
    if not starts:
        return False  # heard roughly only: rather once too often
    return all(
        any(_holds(said[max(0, start - REACH[language]) : start], denial) for denial in denials) for start in starts
    )


def _holds(said: Sequence[str], sought: Sequence[str]) -> bool:
    return any(list(said[i : i + len(sought)]) == list(sought) for i in range(len(said) - len(sought) + 1))
