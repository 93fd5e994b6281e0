"""Digits as they are said and written, found where they stand: the first step of finding personal numbers. Pure.

A run is a string of digits with nothing between them but pauses and fillers, also over several utterances of one
speaker: `幺三八，呃，零零一三` `八千`, `one three eight, double zero`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hotline.values.language import Language
from recordings.transcripts.spoken_numbers import EN_VALUES, ZH_DIGITS, ZH_UNITS

# A speaker who is asked for a number in pieces waits for the other to repeat each.
LONGEST_PAUSE = 45.0
LONGEST_GAP = 16  # signs of fillers between two digits

_ZH_ATOM = re.compile(
    r"\d{1,3}(?:,\d{3})+(?![,\d])|(?<!\d)\d{1,2}:\d\d(?!\d)|\d"
    rf"|[{''.join(set(ZH_DIGITS) - {'两'})}{''.join(ZH_UNITS)}]+"
    r"|(?<=[\d零〇一二三四五六七八九幺])[腰妖夭要洞拐勾](?=[\d零〇一二三四五六七八九幺])|[腰妖夭](?=[\d零一二三四五六七八九])"
    r"|[xX](?![a-zA-Z])|叉"
)
_ZH_FILLER = re.compile(
    r"[呃嗯啊哦噢额哎诶唉欸呀嘛哈那就是对好的吧吗呢了再空杠减横后面接着然中间和]|这个|个|下面|继续|没错|OK|ok|完了|还有"
)
_ZH_SOUNDS = {"腰": "1", "妖": "1", "夭": "1", "要": "1", "洞": "0", "拐": "7", "勾": "9", "叉": "X", "x": "X"}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_EN_WORDS = "|".join(
    sorted([*EN_VALUES, *_TIMES, "hundred", "thousand", "oh", "o", "ex", "x", "nought"], key=len)[::-1]
)
_EN_ATOM = re.compile(
    rf"\d{{1,3}}(?:,\d{{3}})+(?![,\d])|(?<!\d)\d{{1,2}}:\d\d(?!\d)|\d|\b(?:{_EN_WORDS})\b|(?<![A-Za-z])[xX](?![A-Za-z])",
    re.IGNORECASE,
)
_EN_FILLER = re.compile(
    r"\b(?:uh|um|er|erm|ah|hmm|and|then|dash|hyphen|minus|space|plus|that's|it's|is|so|yes|yeah|yep|okay|ok|right|now|the|"
    r"area|code|next|again|followed|by|let|me|see|well|pause|correct|got|it|go|on|sure|rest|last|four|digits|ends?|with|in)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class SpokenText:
    """One utterance as it is searched: who, when (seconds), and its text."""

    speaker: str
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class DigitToken:
    """A digit, or several said as one, in the text of utterance `line` from `start` to `end`."""

    line: int
    start: int
    end: int
    digits: str
    is_quantity: bool = False  # said with a unit, as 三十 or hundred


@dataclass(frozen=True)
class DigitRun:
    """Digits that belong together."""

    atoms: tuple[DigitToken, ...]

    @property
    def digits(self) -> str:
        """Return all digits; the check sign of an identity card is `X`."""
        return "".join(atom.digits for atom in self.atoms)

    @property
    def spoken(self) -> int:
        """Return how many were said or written one by one."""
        return sum(len(atom.digits) for atom in self.atoms if not atom.is_quantity)

    def by_line(self) -> list["DigitRun"]:
        """Return the part of it in each utterance."""
        lines = dict.fromkeys(atom.line for atom in self.atoms)
        return [DigitRun(tuple(atom for atom in self.atoms if atom.line == line)) for line in lines]

    def spans(self) -> list[tuple[int, int, int]]:
        """Return where it stands: (utterance, start, end), one per utterance."""
        return [(part.atoms[0].line, part.atoms[0].start, part.atoms[-1].end) for part in self.by_line()]


def digit_runs(lines: Sequence[SpokenText], language: Language) -> Iterator[DigitRun]:
    """Yield every run of every speaker."""
    for speaker in dict.fromkeys(line.speaker for line in lines):
        atoms = [
            atom
            for number, line in enumerate(lines)
            if line.speaker == speaker
            for atom in digit_tokens(line.text, number, language)
        ]
        yield from _grouped(atoms, lines, language)


def digit_tokens(text: str, line: int, language: Language) -> Iterator[DigitToken]:
    """Yield the digits in one text."""
    if language is Language.MANDARIN:
        yield from _zh(text, line)
    else:
        yield from _en(text, line)


def _zh(text: str, line: int) -> Iterator[DigitToken]:
    for match in _ZH_ATOM.finditer(text):
        word = match[0]
        if "," in word or ":" in word:
            yield DigitToken(line, match.start(), match.end(), "", is_quantity=True)
        elif any(sign in ZH_UNITS for sign in word):
            yield DigitToken(line, match.start(), match.end(), _figures(word), is_quantity=True)
        else:
            for at, sign in enumerate(word, match.start()):
                digit = ZH_DIGITS.get(sign) or _ZH_SOUNDS.get(sign) or sign.upper()
                yield DigitToken(line, at, at + 1, digit)


def _figures(word: str) -> str:
    """Return the digits that a quantity names, for its place in a string: 八千 after 138 0013 is 8000, 十五 is 15."""
    from recordings.transcripts.spoken_numbers import zh_numbers

    return zh_numbers(word)


def _en(text: str, line: int) -> Iterator[DigitToken]:
    times = 1
    for match in _EN_ATOM.finditer(text):
        word = match[0].lower()
        if word in _TIMES:
            times = _TIMES[word]
            yield DigitToken(line, match.start(), match.end(), "")
            continue
        if "," in word or ":" in word:
            digits, is_quantity = "", True
        elif word in ("hundred", "thousand"):
            digits, is_quantity = {"hundred": "00", "thousand": "000"}[word], True
        else:
            digits = {"oh": "0", "o": "0", "nought": "0", "ex": "X", "x": "X"}.get(word) or str(
                EN_VALUES.get(word, word)
            )
            is_quantity = False
        yield DigitToken(line, match.start(), match.end(), digits * times, is_quantity)
        times = 1


def _grouped(atoms: Sequence[DigitToken], lines: Sequence[SpokenText], language: Language) -> Iterator[DigitRun]:
    group: list[DigitToken] = list(atoms[:1])
    for before, after in pairwise(atoms):
        if not _belongs(before, after, lines, language):
            yield DigitRun(tuple(group))
            group = []
        group.append(after)
    if group:
        yield DigitRun(tuple(group))


def _belongs(before: DigitToken, after: DigitToken, lines: Sequence[SpokenText], language: Language) -> bool:
    if before.line == after.line:
        gap = lines[before.line].text[before.end : after.start]
    else:
        if lines[after.line].start - lines[before.line].end > LONGEST_PAUSE:
            return False
        own = [line.text for line in lines[before.line + 1 : after.line] if line.speaker == lines[after.line].speaker]
        gap = " ".join([lines[before.line].text[before.end :], *own, lines[after.line].text[: after.start]])
    if any(one.is_quantity and not one.digits for one in (before, after)):
        return False  # an amount with thousands signs, a time of day
    filler = _ZH_FILLER if language is Language.MANDARIN else _EN_FILLER
    rest = filler.sub("", gap)
    return _WORD.search(rest) is None and len(gap) <= LONGEST_GAP * (1 + (before.line != after.line))
