"""Spoken numbers as digits, in Mandarin and English, so that `一零二四`, `one zero two four` and `1024` meet. Pure."""

import re

ZH_DIGITS = {word: str(value) for value, word in enumerate("零一二三四五六七八九")} | {"〇": "0", "幺": "1", "两": "2"}
ZH_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_ZH_NUMBER = re.compile(rf"[\d{''.join(ZH_DIGITS)}{''.join(ZH_UNITS)}]+")
_ZH_STRING = re.compile(rf"[\d{''.join(set(ZH_DIGITS) - {'两'})}]{{3,}}")

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
EN_VALUES = {word: value for value, word in enumerate(_SMALL)} | {w: 20 + 10 * n for n, w in enumerate(_TENS)}
EN_UNITS = {"hundred": 100, "thousand": 1_000}


def zh_strings(text: str) -> str:
    """Write three or more digits spoken one by one as figures: `工号一零二四` is `工号1024`. Quantities stay words."""
    return _ZH_STRING.sub(lambda found: _digits(found[0]), text)


def zh_numbers(text: str) -> str:
    """Write every number as figures, quantities too: `二十九度` is `29度`, `15万` is `150000`, `一下` is `1下`."""
    return _ZH_NUMBER.sub(lambda found: _zh_value(found[0]), text)


def en_numbers(words: list[str]) -> list[str]:
    """Write every number as one word per figure: `twenty nine`, `29`, `2 9` are all `2 9`; `oh`
    beside a figure is `0`.
    """
    out: list[str] = []
    index = 0
    while index < len(words):
        taken, figures = _en_number(words, index)
        if taken:
            out.extend(figures)
        else:
            out.append("0" if words[index] in ("oh", "o") and _beside_figure(words, index, out) else words[index])
        index += max(1, taken)
    return out


def _digits(text: str) -> str:
    return "".join(ZH_DIGITS.get(sign, sign) for sign in text)


def _zh_value(text: str) -> str:
    if not any(sign in ZH_UNITS for sign in text):
        return _digits(text)
    total = section = 0
    figures, unit = "", 1
    for sign in text:
        if sign not in ZH_UNITS:
            figures = figures + _digits(sign) if figures.strip("0") or sign not in "零〇" else ""
            unit = 1 if sign in "零〇" else unit
            continue
        unit = ZH_UNITS[sign]
        if unit < 10_000:
            section += int(figures or 1) * unit
        else:
            total, section = (total + section + int(figures or (0 if total + section else 1))) * unit, 0
        figures = ""
    # 一百二 is 120: a last figure without its unit counts tenths of the unit before it.
    last = int(figures or 0) * (unit // 10 if unit >= 100 and len(figures) == 1 else 1)
    return str(total + section + last)


def _en_number(words: list[str], index: int) -> tuple[int, list[str]]:
    """Return how many words at `index` are one number, and its figures."""
    word = words[index]
    if word.isascii() and word.isdigit():
        return 1, list(word)
    if word not in EN_VALUES:
        return 0, []
    value, taken = EN_VALUES[word], 1
    rest = words[index + 1 : index + 4]
    if value >= 20 and rest and 1 <= EN_VALUES.get(rest[0], 0) <= 9:
        value, taken = value + EN_VALUES[rest[0]], 2
    rest = words[index + taken :]
    if 0 < value < 100 and rest and rest[0] in EN_UNITS:
        value, taken = value * EN_UNITS[rest[0]], taken + 1
        skip = int(rest[1:2] == ["and"])
        more, figures = _en_number(words, index + taken + skip) if index + taken + skip < len(words) else (0, [])
        if more and int("".join(figures)) < 100 and not words[index + taken + skip].isdigit():
            value, taken = value + int("".join(figures)), taken + skip + more
    return taken, list(str(value))


def _beside_figure(words: list[str], index: int, out: list[str]) -> bool:
    after = words[index + 1] if index + 1 < len(words) else ""
    return bool(out and out[-1].isdigit()) or after.isdigit() or after in EN_VALUES
