"""The score of a call: the answers to a scorecard's items in, 0 to 100 out. Pure arithmetic, the
same for all raters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import AnswerScale, FatalMeans, Item, Scorecard

# Answers that are neither good nor a fault.
NOT_COUNTED = frozenset({ItemAnswer.NA, ItemAnswer.UNSURE})


@dataclass(frozen=True)
class Evidence:
    """A place in a call; times in seconds from the start of its recording."""

    start: float
    end: float
    speaker: str
    text: str
    # Of the stored call; empty for a file.
    recording_id: str = ""
    utterances: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemResult:
    """One rater's answer to one item. `probability` is the machine's that the answer is yes; `points` a person's."""

    item_id: str
    answer: ItemAnswer
    probability: float | None = None
    evidence: tuple[Evidence, ...] = ()
    points: float | None = None


@dataclass(frozen=True)
class Score:
    """The outcome. `score` is 0 to 100, `None` where nothing could be counted."""

    score: float | None
    # A fatal fault was found.
    fatal: bool
    # It is below the scorecard's bar, or fatal; `None` where there is no score.
    failed: bool | None
    # Items that are still to be answered by a person.
    open: tuple[str, ...]


def score(card: Scorecard, results: Iterable[ItemResult]) -> Score:
    """Return the score of these answers: the weighted mean over all items that were answered with yes, no, partly or
    points.

    Not applicable, unsure, unanswered and excused items have no weight, so an unsure one is never a fault. A fatal
    fault makes the score 0 where the scorecard says `zero`, and always a failure.
    """
    given = {result.item_id: result for result in results}
    values = {item.id: value(item, given[item.id], given) for item in card.items if item.id in given}
    counted = [(item.weight, worth) for item in card.items if (worth := values.get(item.id)) is not None]
    weight = sum(part for part, _ in counted)
    reached = 100 * sum(part * worth for part, worth in counted) / weight if weight else None
    fatal = any(item.fatal and values.get(item.id) == 0.0 for item in card.items)
    if fatal and card.fatal_means is FatalMeans.ZERO:
        reached = 0.0
    failed = None if reached is None and not fatal else fatal or (reached or 0.0) < card.bar
    left = tuple(item.id for item in card.items if item.id not in given or given[item.id].answer is ItemAnswer.UNSURE)
    return Score(None if reached is None else round(reached, 1), fatal, failed, left)


def value(item: Item, result: ItemResult, given: Mapping[str, ItemResult]) -> float | None:
    """Return what an answer is worth, 0 (a fault) to 1 (good); `None` where it is not counted."""
    if result.answer in NOT_COUNTED:
        return None
    if item.scale is AnswerScale.POINTS and result.points is not None:
        return min(1.0, max(0.0, result.points / item.points))
    worth = 0.5 if result.answer is ItemAnswer.PARTLY else float(result.answer is item.good)
    excused = any(given[name].answer is ItemAnswer.YES for name in item.excused_by if name in given)
    return None if worth == 0.0 and excused else worth


def is_fault(item: Item, result: ItemResult) -> bool:
    """Return whether this answer is a fault by itself: never when it is unsure or does not apply."""
    return value(item, result, {}) == 0.0
