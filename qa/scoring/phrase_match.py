"""The probability that a phrase was said: found by sound in what was recognised, confirmed on the audio. Pure.

A place that sounds like one of a list's wordings is only a candidate. Its probability comes from how alike it is, how
long the wording is, and, where the two differ, how the audio judges them: the log-probability of the turn's text with
the wording in that place, less that of the text as it was recognised (`recordings.speech.engines.closed_set`, given as
a function). The weights were fitted on human telephone speech, by pieces of its true text sought in it and in other
speech.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hotline.values.language import Language
from qa.scorecards.phrase_lists_file import PhraseList
from qa.scoring.tokens import DialogueTurn, SpokenUtterance
from qa.scoring.wording import Wording, WordingMatch, wording_matches
from recordings.speech.normalisation import simplified, traditional

# The utterances that texts are compared on, and the texts; log-probabilities, or `None` where there is no sound.
ScoreTexts = Callable[[Sequence[SpokenUtterance], Sequence[str]], Sequence[float] | None]

# bias, worst-heard syllable, log-likelihood ratio, 1 / length. Fitted on human telephone speech, clean and at 8 dB of
# noise, where the false wordings were true ones with one or two words exchanged.
WEIGHTS = {Language.MANDARIN: (7.3, -3.7, 0.28, -4.7), Language.ENGLISH: (5.9, -1.0, 0.68, -2.9)}
# Many wordings are tried on every call, so chance has more tries than in the fit.
PRIOR = -0.7
# Without sound: the ratio that may be expected, between that of true wordings and of false ones.
UNHEARD_ANYWAY, UNHEARD_WORST = -8.0, -25.0
WEAK = 0.5
# Of the places of one list in one turn so many are listened to, the likeliest first.
MOST_SCORED = 4
# How many tokens beside a find may take it back, and how few leave no doubt that they do.
NEAR, CLOSE = 4, {Language.MANDARIN: 2, Language.ENGLISH: 1}
# A rival's likeness from which the audio decides between it and the wording.
RIVAL = 0.8


@dataclass(frozen=True)
class PhraseHit:
    """Something of a list that may have been said in a turn; times in seconds."""

    turn: DialogueTurn
    find: WordingMatch
    probability: float

    @property
    def start(self) -> float:
        """Return when it begins."""
        return self.turn.tokens[self.find.first].start

    @property
    def end(self) -> float:
        """Return when it ends."""
        return self.turn.tokens[self.find.last - 1].end


@dataclass(frozen=True)
class AcousticScorer:
    """The language that is spoken, and the function that scores texts against the sound."""

    language: Language
    score: ScoreTexts


def phrase_hits(sought: PhraseList, turn: DialogueTurn, scorer: AcousticScorer) -> list[PhraseHit]:
    """Return where something of the list may have been said in this turn, none over another, the likeliest first."""
    rivals = _best(sought.unless, turn, scorer.language)
    hits: list[PhraseHit] = []
    for find, is_weak in _candidates(sought, turn, scorer.language)[: 2 * MOST_SCORED]:
        # What the sound spoke against does not stand in the way of another wording of the same place.
        taken = any(hit.probability >= WEAK and _overlap(find, hit.find) for hit in hits)
        left = (
            0.0
            if taken or len(hits) >= MOST_SCORED or _beaten(find, rivals)
            else _left(sought, find, turn, scorer.language)
        )
        if not left:
            continue
        chance = left * _probability(find, turn, rivals, scorer)
        hits.append(PhraseHit(turn, find, WEAK * chance if is_weak else chance))
    kept: list[PhraseHit] = []
    for hit in sorted(hits, key=lambda one: -one.probability):
        if not any(_overlap(hit.find, other.find) for other in kept):
            kept.append(hit)
    return kept


def exact_matches(sought: PhraseList, turn: DialogueTurn, language: Language) -> list[WordingMatch]:
    """Return where something of the list was recognised to the letter, and no look-alike around it."""
    matches, rivals = _exact(sought.say, turn, language), _exact(sought.unless, turn, language)
    return [find for find in matches if not _beaten(find, rivals)]


def _exact(wordings: Iterable[Wording], turn: DialogueTurn, language: Language) -> list[WordingMatch]:
    return [find for find in _best(wordings, turn, language) if find.likeness == 1.0]


def _overlap(one: WordingMatch, other: WordingMatch) -> bool:
    return one.first < other.last and other.first < one.last


def chance_of(find: WordingMatch, ratio: float, language: Language) -> float:
    """Return the probability that a wording was said where it was found, given its log-likelihood ratio."""
    bias, missed, heard, short = WEIGHTS[language]
    length = max(1, find.wording.length + sum(isinstance(part, str) and part != "…" for part in find.wording.parts))
    return _sigmoid(bias + PRIOR + missed * find.worst + heard * ratio + short / length)


def _candidates(sought: PhraseList, turn: DialogueTurn, language: Language) -> list[tuple[WordingMatch, bool]]:
    """Return every place of every wording, weak ones marked, by what the text alone makes of them."""
    candidates = [(find, False) for find in _best(sought.say, turn, language)]
    candidates += [(find, True) for find in _best(sought.weak, turn, language)]
    return sorted(candidates, key=lambda one: (one[1], -_unheard(one[0], language), -one[0].wording.length))


def _best(wordings: Iterable[Wording], turn: DialogueTurn, language: Language) -> list[WordingMatch]:
    return [find for one in wordings for find in wording_matches(one, turn, language)]


def _unheard(find: WordingMatch, language: Language) -> float:
    ratio = 0.0 if find.likeness == 1.0 else UNHEARD_ANYWAY + UNHEARD_WORST * find.worst
    return chance_of(find, ratio, language)


def _beaten(find: WordingMatch, rivals: Sequence[WordingMatch]) -> bool:
    """Return whether a look-alike fits this place as well, and says at least as much of it."""
    return any(
        rival.likeness >= find.likeness - 0.02
        and (
            (rival.first <= find.first and rival.last >= find.last)
            or (rival.first < find.last and find.first < rival.last and rival.wording.length >= find.wording.length)
        )
        for rival in rivals
    )


def _left(sought: PhraseList, find: WordingMatch, turn: DialogueTurn, language: Language) -> float:
    """Return what words of its own clause, just before or after it, leave of a find: nothing, the half, or all."""
    before, after = _beside(turn, find)
    left = 1.0
    for one in sought.negated_before:
        gap = _last(before, one.units)
        left = min(left, 1.0 if gap is None else 0.0 if gap <= CLOSE[language] else WEAK)
    for one in sought.negated_after:
        left = 0.0 if _last(after[::-1], one.units[::-1]) is not None else left
    return left


def _beside(turn: DialogueTurn, find: WordingMatch) -> tuple[list[str], list[str]]:
    """Return the tokens before it in its clause, and those after it, which may stand behind a comma."""
    before: list[str] = []
    for token in reversed(turn.tokens[max(0, find.first - NEAR) : find.first]):
        if token.stops:
            break
        before.insert(0, token.unit)
    return before, list(turn.units[find.last : find.last + NEAR])


def _last(units: Sequence[str], sought: Sequence[str]) -> int | None:
    """Return how many tokens follow the last place of the sought ones; `None` where they are not."""
    for at in range(len(units) - len(sought), -1, -1):
        if list(units[at : at + len(sought)]) == list(sought):
            return len(units) - at - len(sought)
    return None


def _probability(
    find: WordingMatch, turn: DialogueTurn, rivals: Sequence[WordingMatch], scorer: AcousticScorer
) -> float:
    near = [
        rival for rival in rivals if rival.likeness >= RIVAL and rival.first < find.last and find.first < rival.last
    ]
    if find.likeness == 1.0 and not near:
        return chance_of(find, 0.0, scorer.language)
    utterances, texts = _texts(turn, [find, *near[:2]], scorer.language)
    scores = scorer.score(utterances, texts)
    if scores is None:
        return _unheard(find, scorer.language)
    chance = chance_of(find, min(3.0, scores[1] - scores[0]), scorer.language)
    for rival in scores[2:]:
        chance *= _sigmoid(0.35 * (scores[1] - rival) + 1.5)
    return chance


def _texts(
    turn: DialogueTurn, finds: Sequence[WordingMatch], language: Language
) -> tuple[list[SpokenUtterance], list[str]]:
    """Return the utterances around the first find, their text as recognised, and with each find's wording in place."""
    inside = {token.utterance for token in turn.tokens[finds[0].first : finds[0].last]}
    low = min(index for index, token in enumerate(turn.tokens) if token.utterance in inside)
    high = max(index for index, token in enumerate(turn.tokens) if token.utterance in inside) + 1
    between = "" if language is Language.MANDARIN else " "
    texts = [between.join(token.raw for token in turn.tokens[low:high])]
    for find in finds:
        texts.append(between.join(_with(turn, find, low, high)))
    return [one for number, one in enumerate(turn.said) if number in inside], texts


def _with(turn: DialogueTurn, find: WordingMatch, low: int, high: int) -> list[str]:
    pieces, at = [], low
    around = "".join(token.raw for token in turn.tokens[low:high])
    is_traditional = not around.isascii() and simplified(around) != around
    for number, begin, end in find.spans:
        if begin < at or end > high:
            continue
        pieces += [token.raw for token in turn.tokens[at:begin]]
        written, first, last = find.wording.texts[number], turn.tokens[begin].raw, turn.tokens[end - 1].raw
        ending = re.search(r"\W*$", last)
        written = traditional(written) if is_traditional else written
        written = written[:1].upper() + written[1:] if first[:1].isupper() else written
        pieces.append(written + (ending[0] if ending else ""))
        at = end
    return pieces + [token.raw for token in turn.tokens[at:high]]


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
