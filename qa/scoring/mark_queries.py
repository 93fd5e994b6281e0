"""The machine's marks as reviews and reports read them: per call and scorecard, by item."""

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hotline.models import AutoScore, Review
from hotline.values.scorecard import ItemAnswer


def marks_of_calls(session: Session, call_ids: Iterable[str], scorecard: str) -> dict[str, dict[str, AutoScore]]:
    """Return the marks of these calls by this scorecard: call to item to mark."""
    conditions = (AutoScore.call_id.in_(list(call_ids)), AutoScore.scorecard == scorecard)
    marks: dict[str, dict[str, AutoScore]] = {}
    for mark in session.scalars(select(AutoScore).where(*conditions)):
        marks.setdefault(mark.call_id, {})[mark.item] = mark
    return marks


def answers(session: Session, review: Review) -> list[tuple[str, str]]:
    """Return item and answer of every mark of a review's call."""
    marks = marks_of_calls(session, [review.call_id], review.scorecard).get(review.call_id, {})
    return [(name, mark.answer.value) for name, mark in marks.items()]


def of_call(session: Session, call_id: str) -> list[AutoScore]:
    """Return all marks of a call."""
    return list(session.scalars(select(AutoScore).where(AutoScore.call_id == call_id)))


def greetings(session: Session, call_ids: Iterable[str], hidden: Select[str]) -> dict[str, bool]:
    """Return whether each call was greeted as it should be, where the machine is sure; none of `hidden`."""
    judged = (
        AutoScore.call_id.in_(list(call_ids)),
        AutoScore.item == "greeting",
        AutoScore.call_id.not_in(hidden),
    )
    rows = session.execute(select(AutoScore.call_id, AutoScore.answer).where(*judged))
    return {call_id: answer is ItemAnswer.YES for call_id, answer in rows if answer in (ItemAnswer.YES, ItemAnswer.NO)}
