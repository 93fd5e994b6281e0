"""What a reviewer may answer, what is still missing, and what the answers score. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hotline.values import Answer
from qa.scorecards.card import By, FatalMeans, Item, Scale, Scorecard

Answers = Mapping[str, str]
# How much of an item's weight an answer earns, where `yes` is the good one.
_HALF = 0.5


@dataclass(frozen=True)
class Total:
    """The score, 0 to 100, `None` where every item was not applicable; and whether a fatal fault was found."""

    score: float | None
    is_fatal: bool
    # Weight earned and weight that counted, by section.
    sections: Mapping[str, tuple[float, float]]


def choices(item: Item) -> tuple[str, ...]:
    """The answers an item takes, in the order of their keys; not applicable last."""
    answers: tuple[str, ...] = (Answer.YES, Answer.NO)
    if item.scale is Scale.YES_NO_PARTLY:
        answers = (Answer.YES, Answer.PARTLY, Answer.NO)
    if item.scale is Scale.POINTS:
        answers = tuple(str(points) for points in range(item.points, -1, -1))
    return (*(str(answer) for answer in answers), *([str(Answer.NA)] if takes_na(item) else []))


def takes_na(item: Item) -> bool:
    """Whether an item may be not applicable: it says so, or something else excuses it or makes it apply."""
    return item.may_be_na or bool(item.excused_by) or item.applies_if is not None


def unfit(card: Scorecard, answers: Answers) -> list[str]:
    """Items that the card does not have, or with an answer that it does not know."""
    known = {item.id: choices(item) for item in card.items}
    return [name for name, answer in answers.items() if answer not in known.get(name, ())]


def missing(card: Scorecard, answers: Answers) -> list[str]:
    """Items without an answer, in their order."""
    return [item.id for item in card.items if item.id not in answers]


def earned(item: Item, answer: str) -> float | None:
    """The part of its weight, 0 to 1, that an answer earns; `None` where the item does not apply."""
    if answer in (Answer.NA, Answer.UNSURE):
        return None
    if item.scale is Scale.POINTS:
        return int(answer) / item.points
    if answer == Answer.PARTLY:
        return _HALF
    return float(answer == item.good)


def total(card: Scorecard, answers: Answers) -> Total:
    """The score of these answers: earned over applicable weight; a fatal fault makes it 0 or fails it."""
    sections: dict[str, tuple[float, float]] = {}
    is_fatal = False
    for section in card.sections:
        got = of = 0.0
        for item in section.items:
            part = earned(item, answers[item.id]) if item.id in answers else None
            if part is not None:
                got, of = got + part * item.weight, of + item.weight
                is_fatal = is_fatal or (item.fatal and part == 0)
        sections[section.id] = (got, of)
    whole = sum(of for _, of in sections.values())
    score = 100 * sum(got for got, _ in sections.values()) / whole if whole else None
    if is_fatal and card.fatal_means is FatalMeans.ZERO:
        score = 0.0
    return Total(score, is_fatal, sections)


def first_answers(card: Scorecard, marks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What stands in a fresh review: the machine's sure answers to the items that are left to it alone."""
    alone = {item.id: choices(item) for item in card.items if item.by is By.MACHINE}
    return {name: answer for name, answer in marks if answer in alone.get(name, ())}
