"""One answer per item from the recordings of one call, which a transfer or a lost line may have cut in pieces. Pure."""

from collections.abc import Sequence

from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import Item, Scorecard
from qa.scorecards.machine_rules import FirstWords, Phrases
from qa.scoring.score import ItemResult

# Which piece's answer holds where neither beginning nor end is asked for: what was said anywhere was said.
_FIRST_WINS = (ItemAnswer.YES, ItemAnswer.UNSURE, ItemAnswer.NO, ItemAnswer.NA)


def merge(card: Scorecard, pieces: Sequence[Sequence[ItemResult]]) -> list[ItemResult]:
    """Return the results of all pieces, in the order of their recordings, as those of one call."""
    if len(pieces) == 1:
        return list(pieces[0])
    by_item = [{result.item_id: result for result in piece} for piece in pieces]
    return [_one(item, [results[item.id] for results in by_item]) for item in card.items if item.machine is not None]


def _one(item: Item, results: Sequence[ItemResult]) -> ItemResult:
    rule = item.machine
    if isinstance(rule, FirstWords) or (isinstance(rule, Phrases) and rule.where.first_seconds is not None):
        return results[0]
    if isinstance(rule, Phrases) and rule.where.last_seconds is not None:
        return results[-1]
    return min(results, key=lambda result: (_FIRST_WINS.index(result.answer), -(result.probability or 0.0)))
