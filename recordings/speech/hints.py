"""Words that recognition should know: the hospital's file, its staff, and what people corrected most often.

English words are told to the recogniser beforehand. In Mandarin that makes a small model say them out of nothing, so
there they correct the spelling of what was heard with the same sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.errors import ConfigError
from hotline.models import Agent, Department
from hotline.values.language import Language
from recordings.speech import dialogue
from recordings.speech.dialogue import TranscriptLine
from recordings.speech.pinyin import syllables
from recordings.speech.recognise import Engine
from recordings.storage.audio import Sound
from recordings.transcripts.corrections import frequent

MOST_WORDS, SHORTEST = 60, 2


@dataclass(frozen=True)
class Hints:
    """The words of one language, the most important first."""

    language: Language
    words: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """What the recogniser is told beforehand; empty in Mandarin."""
        if self.language is Language.MANDARIN or not self.words:
            return ""
        return f" Hospital hotline: {', '.join(self.words[:MOST_WORDS])}."


def of(session: Session, file: Path | None, language: Language) -> Hints:
    """The hints of a language: the file's words, names of staff and departments, words that were corrected often."""
    staff = [name for name in session.scalars(select(Agent.name)) if _fits(name, language)]
    label = Department.label_zh if language is Language.MANDARIN else Department.label_en
    places = list(session.scalars(select(label)))
    words = [*words_of(file)[language], *staff, *frequent(session, language), *places]
    return Hints(language, tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST)))


@cache
def words_of(file: Path | None) -> dict[Language, tuple[str, ...]]:
    """The words of the hospital's own file, the standard ones where it has none. Raises `ConfigError`."""
    if file is None:
        return read(
            resources.files("recordings.speech").joinpath("hints.yaml").read_text("utf-8"),
            "recordings/speech/hints.yaml",
        )
    try:
        return read(file.read_text("utf-8"), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}; correct HINTS_FILE") from error


def read(text: str, name: str) -> dict[Language, tuple[str, ...]]:
    """The words in the YAML `text` of the file `name`. Raises `ConfigError`."""
    try:
        raw: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: no YAML: {error}") from error
    if not isinstance(raw, dict) or set(raw) - set(Language):
        raise ConfigError(f"{name}: holds no lists of words by language, {', '.join(Language)}")
    found = {}
    for language in Language:
        words = raw.get(language, [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise ConfigError(f"{name}: {language} must be a list of words")
        found[language] = tuple(words)
    return found


def transcribe(
    sound: Sound, engine: Engine, hints: Hints, heard: Callable[[float], None] | None = None
) -> list[TranscriptLine]:
    """The product's one path from sound to dialogue: recognised with these hints, and spelt by them."""
    return spelt(dialogue.transcribe(sound, hints.language, engine, heard, hints.prompt), hints)


def spelt(lines: Sequence[TranscriptLine], hints: Hints) -> list[TranscriptLine]:
    """The dialogue with words of the hints spelt right where something else of the same sound was heard."""
    if hints.language is not Language.MANDARIN:
        return list(lines)
    known = {tuple(syllables(word)): word for word in reversed(hints.words)}
    lengths = sorted({len(sound) for sound in known if len(sound) > 1}, reverse=True)
    return [_spelt(line, known, lengths) for line in lines]


def _spelt(line: TranscriptLine, known: dict[tuple[str, ...], str], lengths: Sequence[int]) -> TranscriptLine:
    text = line.text
    heard = [syllables(sign)[0] for sign in text]
    for length in lengths:
        for at in range(len(text) - length + 1):
            word = known.get(tuple(heard[at : at + length]))
            if word and len(word) == length and word != text[at : at + length] and not _are_words(text, at, length):
                text = text[:at] + word + text[at + length :]
    if text == line.text or len(text) != len(line.text):
        return line
    return replace(line, text=text, words=_respelt(line, text))


def _are_words(text: str, at: int, length: int) -> bool:
    """Whether what stands there makes sense by itself: the segmenter finds words of its own in it, no lone signs."""
    import rjieba

    return rjieba.has_word(text[at : at + length]) if length < 4 else False


def _respelt(line: TranscriptLine, text: str) -> tuple[tuple[float, float, str, float], ...]:
    """The words with the signs of the new text, where each is one sign of the old one."""
    joined = "".join(word for _, _, word, _ in line.words)
    if len(joined) != len(line.text):
        return line.words
    ends = list(accumulate(len(word) for _, _, word, _ in line.words))
    return tuple(
        (start, end, text[last - len(word) : last], chance)
        for (start, end, word, chance), last in zip(line.words, ends, strict=True)
    )


def _fits(name: str, language: Language) -> bool:
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in name)
    return is_chinese is (language is Language.MANDARIN)
