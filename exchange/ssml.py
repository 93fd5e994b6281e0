"""The marks within Say: what is spoken, and where it pauses. Emphasis, prosody and the like change nothing."""

import re
from collections.abc import Iterator

from exchange.audio import RATE
from exchange.speak import Voice
from exchange.twiml import Element

LONGEST_PAUSE_SECONDS = 10.0
STRENGTHS = {"none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.25, "strong": 0.6, "x-strong": 1.0}
SPELLED = frozenset({"characters", "spell-out", "digits"})
_TIME = re.compile(r"(\d*\.?\d+)(ms|s)")
Piece = str | float


def pieces(element: Element) -> tuple[Piece, ...]:
    """Texts, and between them pauses in seconds."""
    found: list[Piece] = []
    text: list[str] = []
    for each in _walk(element):
        if isinstance(each, str):
            text.append(each)
        elif each:
            found += [*_joined(text), each]
            text = []
    return (*found, *_joined(text))


def words(found: tuple[Piece, ...]) -> str:
    """What is spoken, in one line."""
    return " ".join(each for each in found if isinstance(each, str))


async def sound(voice: Voice, found: tuple[Piece, ...], language: str) -> bytes:
    """Speech and pauses as one piece of sound; SpeechError when it cannot be spoken."""
    return b"".join(
        [
            await voice.speak(each, language) if isinstance(each, str) else bytes(2 * round(each * RATE))
            for each in found
        ]
    )


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
    else:
        for each in element.content or (element.text,):
            yield from [each] if isinstance(each, str) else _walk(each)
        yield " "


def _pause(element: Element) -> float:
    time = _TIME.fullmatch(element.string("time"))
    if time:
        return min(LONGEST_PAUSE_SECONDS, float(time[1]) / (1000 if time[2] == "ms" else 1))
    return STRENGTHS.get(element.string("strength"), STRENGTHS["medium"])
