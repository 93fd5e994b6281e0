"""SSML within Say: what is spoken, where it pauses, how fast it is. Emphasis and the like change nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace

from exchange.core.foreign_text import whole
from exchange.media.audio import RATE
from exchange.speech import sentences
from exchange.speech.synthesiser import Synthesiser
from exchange.webhooks.twiml import Element

LONGEST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 10.0, 300.0
MOST_LETTERS = 4096  # docs/voice/twiml/say
STRENGTHS = {"none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.25, "strong": 0.6, "x-strong": 1.0}
SPELLED = frozenset({"characters", "spell-out", "digits"})
RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.25, "x-fast": 1.5}
SLOWEST, FASTEST = 0.2, 2.0
_TIME = re.compile(r"([0-9]{0,9}\.?[0-9]{1,9})(ms|s)")
Piece = str | float


class PacedText(str):
    """Words at another pace than usual: 0.75 takes a third longer."""

    __slots__ = ("rate",)
    rate: float

    def __new__(cls, text: str, rate: float) -> "PacedText":
        paced = super().__new__(cls, text)
        paced.rate = rate
        return paced


def pieces(element: Element) -> tuple[Piece, ...]:
    """Return texts, and between them pauses in seconds."""
    result: list[Piece] = []
    text: list[str] = []
    for each in _walk(element):
        if isinstance(each, str) and not isinstance(each, PacedText):
            text.append(each)
        elif each:
            result += [*_joined(text), each]
            text = []
    return (*result, *_joined(text))


def words(pieces: tuple[Piece, ...]) -> str:
    """Return what is spoken, in one line."""
    return " ".join(each for each in pieces if isinstance(each, str))


async def sound(voice: Synthesiser, pieces: tuple[Piece, ...], language: str) -> bytes:
    """Return speech and pauses as one piece of sound. Raises `SynthesisError` when it cannot be spoken."""
    spoken: list[bytes] = []
    pause = 0.0
    for each in pieces:
        if isinstance(each, str):
            rate = each.rate if isinstance(each, PacedText) else 1.0
            # A sentence at a time: between two of them others have their turn.
            spoken += [await voice.speak(sentence, language, rate) for sentence in sentences.cut(str(each))]
        else:
            length = min(each, MOST_PAUSE_SECONDS - pause)
            pause += length
            spoken.append(bytes(2 * round(length * RATE)))
    return b"".join(spoken)


def _joined(text: list[str]) -> list[str]:
    spoken = " ".join("".join(text).split())
    return [spoken] if spoken else []


def _walk(element: Element) -> Iterator[Piece]:
    if element.name == "break":
        yield _pause(element)
    elif element.name == "sub" and element.string("alias"):
        yield f" {element.string('alias')} "
    elif element.name == "say-as" and element.string("interpret-as") in SPELLED:
        yield f" {' '.join(''.join(element.whole.split()))} "
    elif element.name == "prosody" and _rate(element) != 1.0:
        for piece in pieces(replace(element, name="s")):
            yield PacedText(piece, _rate(element)) if isinstance(piece, str) else piece
    else:
        for each in element.content or (element.text,):
            yield from [each] if isinstance(each, str) else _walk(each)
        yield " "


def _rate(element: Element) -> float:
    named = element.string("rate", "medium")
    share = whole(named.removesuffix("%")) if named.endswith("%") else None
    rate = RATES.get(named, 1.0) if share is None else share / 100
    return min(FASTEST, max(SLOWEST, rate))


def _pause(element: Element) -> float:
    time = _TIME.fullmatch(element.string("time"))
    if time:
        return min(LONGEST_PAUSE_SECONDS, float(time[1]) / (1000 if time[2] == "ms" else 1))
    return STRENGTHS.get(element.string("strength"), STRENGTHS["medium"])
