"""Recognised text as it is stored for people (`tidy`) and as it is compared (`comparable`)."""

import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache

from hotline.values.language import Language
from recordings.transcripts.spoken_numbers import en_numbers, zh_numbers, zh_strings

_BETWEEN_SIGNS = re.compile(r"(?<=[\u3400-\u9fff，。？！、])\s+|\s+(?=[\u3400-\u9fff，。？！、])")
_WIDE = {",": "，", "?": "？", "!": "！", ";": "；", ":": "："}
_AFTER_SIGN = re.compile(r"(?<=[\u3400-\u9fff])[,?!;:]")
_NO_WORD = re.compile(r"[^\w\s]|_")
# Written figures as they are spoken: 8,000 · 37.5 · 9:30 · 5%.
_ZH_WRITTEN = (
    (re.compile(r"(?<=\d),(?=\d{3})"), ""),
    (re.compile(r"(?<=\d)[.:](?=\d)"), "点"),
    (re.compile(r"(\d+)%"), r"百分之\1"),
)
# Spellings of the same spoken word; both sides of a comparison go through it.
_EN_SAME = {
    "mister": "mr",
    "missus": "mrs",
    "misses": "mrs",
    "missis": "mrs",
    "doctor": "dr",
    "ok": "okay",
    "metres": "meters",
    "metre": "meter",
    "alright": "all right",
    "mom": "mum",
}


def tidy(text: str, language: Language) -> str:
    """Return text as it is stored: simplified characters, plain-width figures, digit strings as
    figures, single spaces.
    """
    text = unicodedata.normalize("NFKC", text) if language is Language.ENGLISH else _narrow(text)
    if language is Language.MANDARIN:
        text = zh_strings(_BETWEEN_SIGNS.sub("", _simplifier()(text, "zh-hans")))
        text = _AFTER_SIGN.sub(lambda found: _WIDE[found[0]], text)
    return " ".join(text.split())


def comparable(text: str, language: Language) -> str:
    """Return the text's normal form for measuring errors: no case, no punctuation, numbers as figures, one spelling.

    Mandarin: simplified characters without spaces, every number in figures (the unit is the character). English: words,
    every number as its single figures, titles in short form (the unit is the word).
    """
    text = unicodedata.normalize("NFKC", tidy(text, language)).lower()
    if language is Language.MANDARIN:
        for pattern, written in _ZH_WRITTEN:
            text = pattern.sub(written, text)
        return zh_numbers("".join(_NO_WORD.sub("", text).split()))
    text = text.replace("'", "").replace("\u2019", "")
    words = [_EN_SAME.get(word, word) for word in _NO_WORD.sub(" ", text).split()]
    return " ".join(en_numbers(" ".join(words).replace("good bye", "goodbye").split()))


def simplified(text: str) -> str:
    """Return Mandarin in simplified characters."""
    return _simplifier()(text, "zh-hans")


def traditional(text: str) -> str:
    """Return Mandarin in traditional characters, as the recogniser writes it now and then."""
    return _simplifier()(text, "zh-hant")


@cache
def _simplifier() -> Callable[[str, str], str]:
    """Return zhconv's conversion; loads its tables, which an English installation never needs."""
    import zhconv

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its tables to be closed by itself
        zhconv.loaddict()
    convert: Callable[[str, str], str] = zhconv.convert
    return convert


def _narrow(text: str) -> str:
    """Return full-width letters and figures in plain width; Chinese punctuation stays."""
    return "".join(
        chr(ord(sign) - 0xFEE0) if "\uff10" <= sign <= "\uff5a" and sign.isalnum() else sign for sign in text
    )
