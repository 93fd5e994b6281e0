"""ICD-10 as it is written in Chinese hospitals, and the condition that plans go by. Pure; nothing is refused here.

Undotted (I509), national and clinical extensions (I50.900x018), dagger and asterisk (A18.0+M49.0*), in full width or
small letters, several separated by anything. What is no code is kept as text.
"""

import re
import unicodedata
from functools import lru_cache

OFTEN = lru_cache(maxsize=1 << 14)
# A letter, two digits, what follows the dot, a clinical extension. It begins at the start or after something that
# separates, so that the B12 of 维生素B12缺乏 is none, and ends where no letter or digit follows; M80100/3 is none.
CODE = re.compile(
    r"(?<![A-Z0-9.\u3400-\u9fff])([A-Z]\d[0-9A-Z])\.?((?:[0-9X]{1,3}(?:X\d{1,3})?|\d{1,3}[A-Z]?)?)"
    r"(?![A-Z0-9]|/\d)[†*+]*",
    re.I,
)
BETWEEN = re.compile(r"[\s;,，；、|/+†*※#\[\]()（）:：-]+")
# Words for conditions as hospitals write them -> ours; any further plain name is taken as it stands.
CONDITIONS = {
    "": "general",
    "普通": "general",
    "手术": "surgery",
    "外科手术": "surgery",
    "心衰": "heart_failure",
    "心力衰竭": "heart_failure",
    "心功能不全": "heart_failure",
    "冠心病": "cardiac",
    "心脏病": "cardiac",
    "心肌梗死": "cardiac",
    "糖尿病": "diabetes",
    "2型糖尿病": "diabetes",
    "1型糖尿病": "diabetes",
}
# ICD-10 chapters by their first characters, the more particular first.
ICD = (("I50", "heart_failure"), ("I2", "cardiac"), ("E10", "diabetes"), ("E11", "diabetes"), ("E12", "diabetes"),
       ("E13", "diabetes"), ("E14", "diabetes"))  # fmt: skip
SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
MOST_CODES, LONGEST_TEXT = 40, 200


@OFTEN
def read(text: str) -> tuple[tuple[str, ...], str]:
    """Return the codes in a text, each once, as I50.900x018, and what else stands there."""
    plain = unicodedata.normalize("NFKC", text)
    codes = dict.fromkeys(_code(found) for found in CODE.finditer(plain))
    parts = re.split(r"[\s;|]+", CODE.sub(" ", plain))
    words = " ".join(part for part in parts if BETWEEN.sub("", part))
    return tuple(codes)[:MOST_CODES], words.strip(" ,、+*†/-")[:LONGEST_TEXT]


def _code(found: "re.Match[str]") -> str:
    return f"{found[1].upper()}.{found[2].upper().replace('X', 'x')}" if found[2] else found[1].upper()


@OFTEN
def condition(named: str, codes: tuple[str, ...], text: str) -> str:
    """Return what plans go by: as it is named, else by the first code that tells, else by the text; else general."""
    word = unicodedata.normalize("NFKC", named).strip()
    slug = CONDITIONS.get(word, word.lower().replace(" ", "_").replace("-", "_"))
    if word and SLUG.match(slug):
        return slug
    by_code = (name for code in codes for prefix, name in ICD if code.startswith(prefix))
    words = re.split(r"[\s;,，；、|]+", f"{word} {text}".strip())
    by_words = (CONDITIONS[each] for each in words if each in CONDITIONS)
    return next(by_code, None) or next(by_words, "general")
