"""The answers that a reviewer may give, those still missing, and their score. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hotline.values.scorecard import ItemAnswer
from qa.scorecards.card import AnswerScale, Item, ItemRater, Scorecard
from qa.scoring.score import ItemResult, score, value

Answers = Mapping[str, str]


@dataclass(frozen=True)
class ScoreTotal:
    """The score, 0 to 100, `None` where every item was not applicable; and whether a fatal fault was found."""

    score: float | None
    is_fatal: bool
    # Weight earned and weight that counted, by section.
    sections: Mapping[str, tuple[float, float]]


def choices(item: Item) -> tuple[str, ...]:
    """Return the answers an item takes, in the order of their keys; not applicable last."""
    answers: tuple[str, ...] = (ItemAnswer.YES, ItemAnswer.NO)
    if item.scale is AnswerScale.YES_NO_PARTLY:
        answers = (ItemAnswer.YES, ItemAnswer.PARTLY, ItemAnswer.NO)
    if item.scale is AnswerScale.POINTS:
        answers = tuple(str(points) for points in range(item.points, -1, -1))
    return (*(str(answer) for answer in answers), *([str(ItemAnswer.NA)] if takes_na(item) else []))


def takes_na(item: Item) -> bool:
    """Return whether an item may be not applicable: it says so, or something else excuses it or makes it apply."""
    return item.may_be_na or any((item.excused_by, item.applies_if, item.waived_if))


def invalid_items(card: Scorecard, answers: Answers) -> list[str]:
    """Return items that the card does not have, or with an answer that it does not know."""
    allowed = {item.id: choices(item) for item in card.items}
    return [name for name, answer in answers.items() if answer not in allowed.get(name, ())]


def unanswered_items(card: Scorecard, answers: Answers) -> list[str]:
    """Return items without an answer, in their order."""
    return [item.id for item in card.items if item.id not in answers]


def results_of(card: Scorecard, answers: Answers) -> dict[str, ItemResult]:
    """Return the answers as results of a rater, as the arithmetic of scores takes them; what the card lacks is left
    out.
    """
    return {item.id: _result(item, answers[item.id]) for item in card.items if item.id in answers}


def earned_share(item: Item, answer: str) -> float | None:
    """Return the part of its weight, 0 to 1, that an answer earns by itself; `None` where the item does not count."""
    return value(item, _result(item, answer), {})


def earned_shares(card: Scorecard, answers: Answers) -> dict[str, float | None]:
    """Return the part of its weight that each answered item earns; `None` where it does not count or is excused."""
    results = results_of(card, answers)
    return {item.id: value(item, results[item.id], results) for item in card.items if item.id in results}


def total(card: Scorecard, answers: Answers) -> ScoreTotal:
    """Return what these answers score, in all and by section (`qa.scoring.score` holds the arithmetic)."""
    result = score(card, results_of(card, answers).values())
    each = earned_shares(card, answers)
    sections = {}
    for section in card.sections:
        counted = [(item.weight, part) for item in section.items if (part := each.get(item.id)) is not None]
        sections[section.id] = (sum(weight * part for weight, part in counted), sum(weight for weight, _ in counted))
    return ScoreTotal(result.score, result.fatal, sections)


def first_answers(card: Scorecard, marks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the answers of a fresh review: the machine's sure answers to the items that are left to it alone."""
    alone = {item.id: choices(item) for item in card.items if item.by is ItemRater.MACHINE}
    return {name: answer for name, answer in marks if answer in alone.get(name, ())}


def _result(item: Item, answer: str) -> ItemResult:
    if item.scale is AnswerScale.POINTS and answer.isdigit():
        return ItemResult(item.id, ItemAnswer.YES, points=float(answer))
    return ItemResult(item.id, ItemAnswer(answer))
