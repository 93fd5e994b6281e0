"""One wording of a phrase and where it may have been said: fuzzy search by sound. Pure.

A wording is text with, between its words, `…` (up to a dozen other words), `{number}` (two or more figures), `{name}`
(a person's name), and at its ends `^` (a turn or clause begins here) and `$` (one ends here).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from hotline.values.language import Language
from qa.scoring import names, phonetics
from qa.scoring.tokens import DialogueTurn
from recordings.speech.pinyin import syllables

GAP = "…"
SLOTS = {"{number}", "{name}"}
LONGEST_GAP = 12
_SPLIT = re.compile(r"(…|\{\w+\})")
# The likeness below which a place is not worth a look, by syllables (Mandarin) or words (English).
LEAST = {Language.MANDARIN: {1: 1.0, 2: 0.8, 3: 0.72}, Language.ENGLISH: {1: 0.84, 2: 0.74, 3: 0.7}}
LEAST_LONG = {Language.MANDARIN: 0.66, Language.ENGLISH: 0.68}


@dataclass(frozen=True)
class Wording:
    """A wording taken apart. `parts` are tuples of units, or one of the slots and gaps as its sign."""

    text: str
    parts: tuple[tuple[str, ...] | str, ...]
    at_start: bool
    at_end: bool

    @cached_property
    def units(self) -> tuple[str, ...]:
        """Return its literal syllables or words."""
        return tuple(unit for part in self.parts if not isinstance(part, str) for unit in part)

    @property
    def length(self) -> int:
        """Return the number of syllables or words that are given literally."""
        return len(self.units)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what is written between slots and gaps, one text for each part (a slot's is empty)."""
        inner = self.text.strip().replace("...", GAP).removeprefix("^").removesuffix("$")
        pieces = [piece.strip() for piece in _SPLIT.split(inner) if piece.strip()]
        return tuple("" if piece == GAP or piece in SLOTS else piece for piece in pieces)


@dataclass(frozen=True)
class WordingMatch:
    """A place in a turn at which a wording may have been said: tokens `first` up to `last`, one past the end."""

    wording: Wording
    likeness: float
    first: int
    last: int
    # Where each literal part stands: its number, first token, one past the last.
    spans: tuple[tuple[int, int, int], ...] = ()
    # What the worst-heard of its syllables or words costs, 0 to 1.
    worst: float = 0.0


@cache
def wording(text: str, language: Language) -> Wording:
    """Return the wording that is written so."""
    bare = text.strip().replace("...", GAP)
    inner = bare.removeprefix("^").removesuffix("$")
    pieces = [piece for piece in _SPLIT.split(inner) if piece.strip()]
    parts = tuple(piece if piece == GAP or piece in SLOTS else _units(piece, language) for piece in pieces)
    return Wording(text, parts, bare.startswith("^"), bare.endswith("$"))


def _units(text: str, language: Language) -> tuple[str, ...]:
    if language is Language.MANDARIN:
        return tuple(syllables(re.sub(r"[^\w]|_", "", text)))
    return tuple(re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("\u2019", "")))


def wording_matches(sought: Wording, turn: DialogueTurn, language: Language) -> list[WordingMatch]:
    """Return the best places of this wording in a turn, none over another, the likeliest first."""
    if not _plausible(sought, turn, language):
        return []
    table = LEAST[language]
    least = table.get(sought.length, LEAST_LONG[language])
    ends = _parts(sought, turn, language)
    matches = [find for find in ends if find.likeness >= least and _anchored(find, turn)]
    kept: list[WordingMatch] = []
    for find in sorted(matches, key=lambda one: (-one.likeness, one.last - one.first)):
        if all(find.last <= other.first or find.first >= other.last for other in kept):
            kept.append(find)
    return kept


def _plausible(sought: Wording, turn: DialogueTurn, language: Language) -> bool:
    """Return whether at least half of its sounds, roughly, were said in this turn at all: saves most of the search."""
    if language is Language.MANDARIN:
        sounds = [phonetics.roughly(unit) for unit in sought.units]
        return 2 * sum(unit in turn.rough for unit in sounds) >= len(sounds)
    weighty = [word for word in sought.units if len(word) > 2]
    return len(weighty) < 2 or 3 * sum(phonetics.form(word) in turn.forms for word in weighty) >= len(weighty)


def _anchored(find: WordingMatch, turn: DialogueTurn) -> bool:
    if find.wording.at_start and find.first > 0 and not turn.tokens[find.first - 1].stops:
        return False
    # A little word may follow: 对吗啊, "is that right then".
    return not find.wording.at_end or any(token.stops for token in turn.tokens[find.last - 1 : find.last + 1])


def _parts(sought: Wording, turn: DialogueTurn, language: Language) -> Iterator[WordingMatch]:
    """Yield every way in which the parts follow one another, the cheapest for each end."""
    chains: dict[int, _Chain] | None = None
    length, reach = max(1, sought.length), 0
    for number, part in enumerate(sought.parts):
        if part == GAP:
            reach = LONGEST_GAP
            continue
        is_slot = isinstance(part, str)
        following: dict[int, _Chain] = {}
        for begin, end, price in _places(part, turn, language, length):
            chain = _Chain(price, begin, ()) if chains is None else _joined(chains, begin, price, max(reach, is_slot))
            if chain is not None and (end not in following or chain.price < following[end].price):
                spans = chain.spans if is_slot else (*chain.spans, (number, begin, end))
                following[end] = _Chain(chain.price, chain.begin, spans)
        chains, reach = following, 0
    for end, chain in (chains or {}).items():
        if end > chain.begin:
            worst = _worst(sought, chain, turn, language) if chain.price else 0.0
            yield WordingMatch(sought, max(0.0, 1.0 - chain.price / length), chain.begin, end, chain.spans, worst)


def _worst(sought: Wording, chain: "_Chain", turn: DialogueTurn, language: Language) -> float:
    worst = 0.0
    for number, begin, end in chain.spans:
        part, spoken = tuple(sought.parts[number]), turn.units[begin:end]
        measure = phonetics.worst if language is Language.MANDARIN else phonetics.worst_word
        worst = max(worst, measure(part, spoken))
    return worst


@dataclass(frozen=True)
class _Chain:
    """Parts found one behind the other so far: what they cost, where the first begins, where the literal ones are."""

    price: float
    begin: int
    spans: tuple[tuple[int, int, int], ...]


def _joined(chains: dict[int, _Chain], begin: int, price: float, reach: int) -> _Chain | None:
    """Return the cheapest chain that ends up to `reach` tokens before `begin`, with this part's cost on top."""
    near = [chains[at] for at in range(max(0, begin - reach), begin + 1) if at in chains]
    best = min(near, key=lambda chain: (chain.price, -chain.begin), default=None)
    return None if best is None else _Chain(best.price + price, best.begin, best.spans)


def _places(
    part: tuple[str, ...] | str, turn: DialogueTurn, language: Language, length: int
) -> Iterator[tuple[int, int, float]]:
    """Yield where one part may stand: first token, one past the last, and its cost in units."""
    if part == "{number}":
        for begin, end in names.figures(turn.tokens):
            yield begin, end, 0.0
    elif part == "{name}":
        for begin, end, price in names.people(turn.tokens, language):
            yield begin, end, price
    elif language is Language.MANDARIN:
        costs, begins = phonetics.align(tuple(part), turn.units)
        worst = 0.45 * length
        for end in range(1, len(costs)):
            if costs[end] <= worst and begins[end] < end:
                yield int(begins[end]), end, float(costs[end])
    else:
        yield from _english(tuple(part), turn.units)


def _english(sought: Sequence[str], spoken: Sequence[str]) -> Iterator[tuple[int, int, float]]:
    text, count = " ".join(sought), len(sought)
    more = (0,) if count == 1 else ((-1, 0, 1) if count < 5 else (-1, 0, 1, 2))
    for begin in range(len(spoken)):
        for size in {max(1, count + extra) for extra in more}:
            if begin + size <= len(spoken):
                alike = phonetics.likeness(text, " ".join(spoken[begin : begin + size]))
                if alike > 0.6:
                    yield begin, begin + size, (1.0 - alike) * count
