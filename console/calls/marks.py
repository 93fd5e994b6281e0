"""The machine's marks of a call as its page shows them: the item in the reader's words, the answer, the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.web.language import Words
from hotline.values.scorecard import ItemAnswer
from qa.scorecards import Scorecard, Scorecards
from qa.scoring.score import ItemResult, Score, is_fault, score

if TYPE_CHECKING:
    from hotline.models import AutoScore


@dataclass(frozen=True)
class Line:
    """One mark. `tone` is the badge's: good, bad, or empty for what does not count. `moments`: recording and second."""

    item: str
    label: str
    answer: ItemAnswer
    tone: str
    sure: int | None
    moments: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Sheet:
    """All marks of one call and what they come to."""

    title: str
    lines: tuple[Line, ...]
    score: Score | None


def sheet(marks: Iterable[AutoScore], cards: Scorecards, words: Words) -> Sheet:
    """Return the marks in the order of their scorecard; by their bare ids where the card is no longer there."""
    rows = {mark.item: mark for mark in marks}
    card = cards.cards.get(next((mark.scorecard for mark in rows.values()), ""))
    if card is None:
        return Sheet("", tuple(_line(mark, None, words) for mark in rows.values()), None)
    order = {item.id: number for number, item in enumerate(card.items)}
    known = sorted(rows.values(), key=lambda mark: order.get(mark.item, len(order)))
    results = [ItemResult(mark.item, mark.answer) for mark in known if mark.item in order]
    lines = tuple(_line(mark, card if mark.item in order else None, words) for mark in known)
    return Sheet(card.labels[words.language], lines, score(card, results))


def _line(mark: AutoScore, card: Scorecard | None, words: Words) -> Line:
    item = card.item(mark.item) if card else None
    tone = ""
    if item is not None and item.weight and mark.answer in (ItemAnswer.YES, ItemAnswer.NO):
        tone = "bad" if is_fault(item, ItemResult(mark.item, mark.answer)) else "good"
    chance = mark.probability
    return Line(
        item=mark.item,
        label=item.labels[words.language] if item else mark.item,
        answer=mark.answer,
        tone=tone,
        sure=None if chance is None else round(100 * max(chance, 1 - chance)),
        moments=tuple((str(place.get("recording_id", "")), float(place["start"])) for place in mark.evidence),
    )
