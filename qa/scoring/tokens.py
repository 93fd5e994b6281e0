"""The words of a call as the search for phrases reads them: turns of tokens with their times. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from hotline.values.language import Language
from qa.scoring import phonetics
from recordings.speech.normalisation import simplified
from recordings.speech.pinyin import syllables
from recordings.transcripts.spoken_numbers import EN_VALUES

# A pause of one side, without a word of the other, that still belongs to the same turn.
PAUSE_SECONDS = 1.5
FIGURES = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
# How one and nought are said in strings of figures.
BY_EAR = ("幺", "oh")
# Engines write titles short, wordings have them as they are spoken.
TITLES = {"mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor"}
_STOPS = frozenset(",.!?;:，。！？；：、…")
_CLOCK = re.compile(r"(?<=\d)[.:,](?=\d)")
_MANDARIN = re.compile(r"[A-Za-z]+|[^\W_]|[,.!?;:，。！？；：、…]")
_ENGLISH = re.compile(r"\d|[^\W\d_]+(?:'[^\W\d_]+)*|[,.!?;:…]")


@dataclass(frozen=True)
class SpokenUtterance:
    """One utterance; times in seconds from the start of its recording. `words`: (start, end, text, confidence)."""

    speaker: str
    start: float
    end: float
    text: str
    words: tuple[tuple[float, float, str, float], ...] = ()
    confidence: float | None = None
    id: str = ""


@dataclass(frozen=True)
class Token:
    """One syllable of Mandarin or word of English. `stops`: a comma, a full stop or a pause follows."""

    unit: str
    text: str
    start: float
    end: float
    confidence: float
    utterance: int
    # As the engine wrote it, with the punctuation after it.
    raw: str
    stops: bool = False

    @property
    def is_figure(self) -> bool:
        """Return whether it is a spoken figure."""
        return self.text.isdigit() or self.text in FIGURES.values() or self.text in EN_VALUES or self.text in BY_EAR


@dataclass(frozen=True)
class DialogueTurn:
    """All that one side says before the other does."""

    speaker: str
    tokens: tuple[Token, ...]
    said: tuple[SpokenUtterance, ...]

    @property
    def start(self) -> float:
        """Return when it begins."""
        return self.said[0].start

    @property
    def end(self) -> float:
        """Return when it ends."""
        return self.said[-1].end

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Return its sounds."""
        return tuple(token.unit for token in self.tokens)

    @cached_property
    def rough(self) -> frozenset[str]:
        """Return its sounds of Mandarin, roughly: a wording of which half is not among them was hardly said."""
        return frozenset(phonetics.roughly(unit) for unit in self.units)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Return the phonetic forms of its English words, and of each with the next."""
        return frozenset(phonetics.form(words) for words in (*self.units, *map(" ".join, pairwise(self.units))))

    @property
    def confidence(self) -> float:
        """Return the mean over its tokens; 1 where the engine does not tell."""
        confidences = [token.confidence for token in self.tokens]
        return sum(confidences) / len(confidences) if confidences else 0.0

    def text(self, first: int, last: int) -> str:
        """Return the words of tokens `first` up to `last`, one past the end."""
        pieces = [token.text for token in self.tokens[first:last]]
        return ("" if any("\u3400" <= piece[:1] <= "\u9fff" for piece in pieces) else " ").join(pieces)


def dialogue_turns(utterances: Sequence[SpokenUtterance], language: Language) -> list[DialogueTurn]:
    """Return the turns of a dialogue, by time."""
    groups: list[list[SpokenUtterance]] = []
    for one in sorted(utterances, key=lambda one: (one.start, one.speaker)):
        before = groups[-1][-1] if groups else None
        if before and before.speaker == one.speaker and one.start - before.end <= PAUSE_SECONDS:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [_turn(group, language) for group in groups]


def _turn(group: Sequence[SpokenUtterance], language: Language) -> DialogueTurn:
    tokens = [token for number, one in enumerate(group) for token in tokens_of(one, number, language)]
    return DialogueTurn(group[0].speaker, tuple(tokens), tuple(group))


def tokens_of(one: SpokenUtterance, number: int, language: Language) -> list[Token]:
    """Return the tokens of one utterance; words without times are spread evenly over it."""
    words = one.words or ((one.start, one.end, one.text, 1.0 if one.confidence is None else one.confidence),)
    pieces = [piece for word in words for piece in _pieces(*word, language)]
    kept: list[_Piece] = []
    for piece in pieces:
        if piece.raw not in _STOPS:
            kept.append(piece)
        elif kept:
            kept[-1] = replace(kept[-1], raw=kept[-1].raw + piece.raw)
    texts = [_plain(piece.raw, language) for piece in kept]
    units = _units(texts, language)
    last = len(kept) - 1
    return [
        Token(
            *(unit, text, piece.start, piece.end, piece.confidence, number, piece.raw),
            stops=piece.raw[-1] in _STOPS or index == last,
        )
        for index, (unit, text, piece) in enumerate(zip(units, texts, kept, strict=True))
    ]


@dataclass(frozen=True)
class _Piece:
    """A token in the making, or a sign of punctuation."""

    start: float
    end: float
    raw: str
    confidence: float


def _pieces(start: float, end: float, text: str, confidence: float, language: Language) -> Iterator[_Piece]:
    """Yield a word of the engine as tokens and punctuation, its time shared out among them."""
    pattern = _MANDARIN if language is Language.MANDARIN else _ENGLISH
    parts = pattern.findall(_CLOCK.sub("", text).replace("\u2019", "'").replace("-", " "))
    spoken = max(1, sum(part not in _STOPS for part in parts))
    step, at = (end - start) / spoken, start
    for part in parts:
        following = at if part in _STOPS else at + step
        yield _Piece(at, following, part, confidence)
        at = following


def _plain(raw: str, language: Language) -> str:
    """Return a token as it is compared: small letters, simplified characters, no apostrophes, figures as they are
    spoken.
    """
    bare = raw.rstrip("".join(_STOPS)).lower().replace("'", "")
    if language is Language.ENGLISH:
        return TITLES.get(bare, bare)
    return FIGURES.get(bare) or simplified(bare)


def _units(texts: Sequence[str], language: Language) -> list[str]:
    if language is Language.ENGLISH:
        return list(texts)
    # Read as one text, so that a character of several readings gets the one that fits.
    whole = syllables("".join(texts))
    return whole if len(whole) == len(texts) else [syllables(text)[0] for text in texts]
