"""Words that recognition should know, and the spelling of what was heard by them.

English words are told to the recogniser beforehand. In Mandarin that makes a small model say them out of nothing, so
there they correct the spelling of what was heard with the same sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from hotline.values.language import Language
from recordings.speech import dialogue
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.pinyin import syllables
from recordings.speech.recognition import Engine
from recordings.storage.audio import Sound

MOST_WORDS, SHORTEST = 60, 2


@dataclass(frozen=True)
class Hints:
    """The words of one language, the most important first."""

    language: Language
    words: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """Return what the recogniser is told beforehand; empty in Mandarin."""
        if self.language is Language.MANDARIN or not self.words:
            return ""
        return f" Hospital hotline: {', '.join(self.words[:MOST_WORDS])}."


def transcribe(
    sound: Sound, engine: Engine, hints: Hints, progress: Callable[[float], None] | None = None
) -> list[TranscriptLine]:
    """Return the dialogue, recognised with these hints and spelt by them: the product's one path from sound to text."""
    return spelt(dialogue.transcribe(sound, hints.language, engine, progress, hints.prompt), hints)


def spelt(lines: Sequence[TranscriptLine], hints: Hints) -> list[TranscriptLine]:
    """Return the dialogue with words of the hints spelt right where something else of the same sound was heard."""
    if hints.language is not Language.MANDARIN:
        return list(lines)
    spellings = {tuple(syllables(word)): word for word in reversed(hints.words)}
    lengths = sorted({len(sound) for sound in spellings if len(sound) > 1}, reverse=True)
    return [_spelt(line, spellings, lengths) for line in lines]


def _spelt(line: TranscriptLine, spellings: dict[tuple[str, ...], str], lengths: Sequence[int]) -> TranscriptLine:
    text = line.text
    spoken = [syllables(sign)[0] for sign in text]
    for length in lengths:
        for at in range(len(text) - length + 1):
            word = spellings.get(tuple(spoken[at : at + length]))
            if word and len(word) == length and word != text[at : at + length] and not _are_words(text, at, length):
                text = text[:at] + word + text[at + length :]
    if text == line.text or len(text) != len(line.text):
        return line
    return replace(line, text=text, words=_respelt(line, text))


def _are_words(text: str, at: int, length: int) -> bool:
    """Return whether what stands there makes sense by itself: the segmenter finds words of its own in it, no lone
    signs.
    """
    import rjieba

    return rjieba.has_word(text[at : at + length]) if length < 4 else False


def _respelt(line: TranscriptLine, text: str) -> tuple[tuple[float, float, str, float], ...]:
    """Return the words with the signs of the new text, where each is one sign of the old one."""
    joined = "".join(word for _, _, word, _ in line.words)
    if len(joined) != len(line.text):
        return line.words
    ends = list(accumulate(len(word) for _, _, word, _ in line.words))
    return tuple(
        (start, end, text[last - len(word) : last], chance)
        for (start, end, word, chance), last in zip(line.words, ends, strict=True)
    )
