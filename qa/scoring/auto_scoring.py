"""Auto scoring: a scorecard's items and a dialogue in, results with probability and evidence out. Pure.

Each kind of item yields the probability that its answer is yes, and where. What is neither likely nor unlikely is
`unsure` and goes to people; so is a missing phrase where little was understood.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hotline.values.language import Language
from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import Item, Scorecard
from qa.scorecards.machine_rules import (
    CallPart,
    Fact,
    FirstWords,
    HoldLength,
    Phrases,
    Silence,
    Speed,
    Statement,
    TalkOver,
    TalkShare,
)
from qa.scoring import affirmations, timing
from qa.scoring.dialogue import Dialogue
from qa.scoring.phrase_match import PhraseHit
from qa.scoring.score import Evidence, ItemResult
from qa.scoring.tokens import DialogueTurn

# From and up to which probability the machine decides; a fatal fault needs more.
YES, NO, FATAL_YES = 0.7, 0.3, 0.9
# With no candidate at all: the chance that the recogniser missed it, by how sure it was of what it wrote.
UNRECOGNISED, UNRECOGNISED_UNCLEAR = 0.03, 0.45
CLEAR = {Language.MANDARIN: 0.66, Language.ENGLISH: 0.80}
UNCLEAR = {Language.MANDARIN: 0.42, Language.ENGLISH: 0.60}
# What is a fault is said so seldom that not having heard it is weaker evidence for it.
RARE = 0.5
SOFTENED = 0.5
SOFTENED_SECONDS = 12.0


@dataclass(frozen=True)
class Likelihood:
    """The probability of yes, and the places that speak for it; `None`: the item does not apply."""

    probability: float | None
    evidence: tuple[Evidence, ...] = ()


def auto_score(card: Scorecard, dialogue: Dialogue) -> list[ItemResult]:
    """Return the machine's answers to all items of the card that it can answer, in the card's order."""
    results: dict[str, ItemResult] = {}
    items = [item for item in card.items if item.machine is not None]
    for item in sorted(items, key=_waits):  # those that ask for another item's answer come after it
        results[item.id] = _result(item, dialogue, results)
    return [results[item.id] for item in items]


def _waits(item: Item) -> bool:
    return isinstance(item.machine, Phrases) and item.machine.only_if is not None


def _result(item: Item, dialogue: Dialogue, results: Mapping[str, ItemResult]) -> ItemResult:
    facts = {name for name, is_true in dialogue.facts.items() if is_true}
    if item.waived_if in facts or (item.applies_if is not None and item.applies_if not in facts):
        return ItemResult(item.id, ItemAnswer.NA)
    likelihood = KINDS[type(item.machine)](item.machine, dialogue)
    if isinstance(item.machine, Phrases) and item.machine.only_if is not None:
        return _dependent(item, likelihood, results[item.machine.only_if])
    if item.good is ItemAnswer.NO and likelihood.probability is not None and not likelihood.evidence:
        likelihood = Likelihood(likelihood.probability * RARE)
    return ItemResult(
        item.id, answer(item, likelihood.probability), _rounded(likelihood.probability), likelihood.evidence
    )


def answer(item: Item, probability: float | None) -> ItemAnswer:
    """Return what a probability of yes means for this item."""
    if probability is None:
        return ItemAnswer.NA
    is_fatal_yes = item.fatal and item.good is ItemAnswer.NO
    if probability >= (FATAL_YES if is_fatal_yes else YES):
        return ItemAnswer.YES
    return ItemAnswer.NO if probability <= NO else ItemAnswer.UNSURE


def _dependent(item: Item, likelihood: Likelihood, context: ItemResult) -> ItemResult:
    """Return the result of an item that applies only if another is answered with yes."""
    if context.answer is ItemAnswer.NO or context.answer is ItemAnswer.NA:
        return ItemResult(item.id, ItemAnswer.NA)
    given = answer(item, likelihood.probability)
    if context.answer is ItemAnswer.UNSURE and given is not ItemAnswer.YES:
        given = ItemAnswer.UNSURE
    return ItemResult(item.id, given, _rounded(likelihood.probability), likelihood.evidence)


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 3)


def phrases(rule: Phrases, dialogue: Dialogue) -> Likelihood:
    """Look for one phrase of any list, or of each list, in its part of the call."""
    turns = _part(rule.where, rule.speaker, dialogue)
    names = rule.all_of or rule.any_of
    best = [_best(name, rule, turns, dialogue) for name in names]
    none = _unrecognised_chance(turns, dialogue.scorer.language)
    chances = [max(hit.probability if hit else 0.0, none) for hit in best]
    chance = min(chances) if rule.all_of else max(chances)
    told_hits = [hit for hit in best if hit is not None and hit.probability > NO]
    if not rule.all_of:
        told_hits = sorted(told_hits, key=lambda hit: -hit.probability)[:3]
    elif chance <= NO and max(chances) >= YES:
        chance = 0.5  # a part of what is asked for was said: a person shall say whether it is enough
    if rule.softened_by and told_hits and _softened(rule, told_hits[0], dialogue):
        chance = min(chance, SOFTENED)
    return Likelihood(chance, tuple(evidence(hit.turn, hit.find.first, hit.find.last) for hit in told_hits))


def _best(name: str, rule: Phrases, turns: Sequence[DialogueTurn], dialogue: Dialogue) -> PhraseHit | None:
    inside = [hit for turn in turns for hit in dialogue.hits(name, turn) if _is_in(hit, rule, dialogue)]
    return max(inside, key=lambda hit: hit.probability, default=None)


def _part(where: CallPart, speaker: str, dialogue: Dialogue) -> list[DialogueTurn]:
    """Return the turns that reach into the part of the call that is looked at."""
    turns = dialogue.of(speaker)
    if where.first_seconds is not None and turns:
        limit = turns[0].start + where.first_seconds
        turns = [turn for turn in turns if turn.start < limit]
    if where.last_seconds is not None:
        turns = [turn for turn in turns if turn.end > dialogue.end - where.last_seconds]
    return turns


def _is_in(hit: PhraseHit, rule: Phrases, dialogue: Dialogue) -> bool:
    where, first = rule.where, dialogue.of(rule.speaker)[0]
    if where.first_seconds is not None and hit.start > first.start + where.first_seconds:
        return False
    if where.last_seconds is not None and hit.end < dialogue.end - where.last_seconds:
        return False
    # A long first turn is more than an opening.
    if where.later and hit.turn is first and hit.start < first.start + LONG_OPENING_SECONDS:
        return False
    return where.before is None or hit.start < _first_time(where.before, rule.speaker, dialogue)


LONG_OPENING_SECONDS = 12.0


def _first_time(name: str, speaker: str, dialogue: Dialogue) -> float:
    """Return when this side first says something of the list; at the very end when never."""
    times = [hit.start for turn in dialogue.of(speaker) for hit in dialogue.hits(name, turn) if hit.probability >= YES]
    return min(times, default=math.inf)


def _softened(rule: Phrases, hit: PhraseHit, dialogue: Dialogue) -> bool:
    near = [turn for turn in dialogue.of(rule.speaker) if turn is hit.turn]
    softeners = [other for turn in near for other in dialogue.hits(rule.softened_by or "", turn)]
    return any(
        other.probability >= YES and abs(other.start - hit.start) < SOFTENED_SECONDS and other.end <= hit.start + 30
        for other in softeners
    )


def _unrecognised_chance(turns: Sequence[DialogueTurn], language: Language) -> float:
    """Return the chance that something was said in these turns although nothing like it was recognised."""
    tokens = [token.confidence for turn in turns for token in turn.tokens]
    if not tokens:
        return UNRECOGNISED
    mean = sum(tokens) / len(tokens)
    unclear = min(1.0, max(0.0, (CLEAR[language] - mean) / (CLEAR[language] - UNCLEAR[language])))
    return UNRECOGNISED + (UNRECOGNISED_UNCLEAR - UNRECOGNISED) * unclear


def evidence(turn: DialogueTurn, first: int, last: int) -> Evidence:
    """Return a piece of a turn as evidence."""
    tokens = turn.tokens[first:last]
    utterances = [turn.said[number] for number in sorted({token.utterance for token in tokens})]
    ids = tuple(one.id for one in utterances if one.id)
    start, end = round(tokens[0].start, 2), round(max(tokens[-1].end, tokens[0].start + 0.1), 2)
    return Evidence(start, end, turn.speaker, turn.text(first, last), utterances=ids)


def _statement(rule: Statement, dialogue: Dialogue) -> Likelihood:
    best = affirmations.statements(rule, dialogue)
    none = _unrecognised_chance(dialogue.of(rule.speaker), dialogue.scorer.language)
    places = tuple(evidence(hit.turn, hit.find.first, hit.find.last) for hit in best if hit.probability > NO)[:3]
    return Likelihood(max([none, *(hit.probability for hit in best)]), places)


def _fact(rule: Fact, dialogue: Dialogue) -> Likelihood:
    fact = dialogue.facts.get(rule.name)
    return Likelihood(None if fact is None else float(fact))


def _measured(measure: Callable[..., tuple[float | None, Sequence[tuple[float, float]]]]) -> Callable[..., Likelihood]:
    def found(rule: object, dialogue: Dialogue) -> Likelihood:
        chance, spans = measure(rule, dialogue)
        return Likelihood(chance, tuple(Evidence(round(start, 2), round(end, 2), "", "") for start, end in spans))

    return found


KINDS: dict[type, Callable[..., Likelihood]] = {
    Phrases: phrases,
    Statement: _statement,
    Fact: _fact,
    Silence: _measured(timing.silence),
    TalkOver: _measured(timing.talk_over),
    TalkShare: _measured(timing.talk_share),
    Speed: _measured(timing.speed),
    HoldLength: _measured(timing.hold),
    FirstWords: _measured(timing.first_words),
}
