"""The machine's marks as reviews and reports read them: per call and scorecard, by item."""

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hotline.models import MachineMark, Review
from hotline.values.scorecard import ItemAnswer


def marks_of_calls(session: Session, call_ids: Iterable[str], scorecard: str) -> dict[str, dict[str, MachineMark]]:
    """Return the marks of these calls by this scorecard: call to item to mark."""
    conditions = (MachineMark.call_id.in_(list(call_ids)), MachineMark.scorecard == scorecard)
    marks: dict[str, dict[str, MachineMark]] = {}
    for mark in session.scalars(select(MachineMark).where(*conditions)):
        marks.setdefault(mark.call_id, {})[mark.item] = mark
    return marks


def answers(session: Session, review: Review) -> list[tuple[str, str]]:
    """Return item and answer of every mark of a review's call."""
    marks = marks_of_calls(session, [review.call_id], review.scorecard).get(review.call_id, {})
    return [(name, mark.answer.value) for name, mark in marks.items()]


def of_call(session: Session, call_id: str) -> list[MachineMark]:
    """Return all marks of a call."""
    return list(session.scalars(select(MachineMark).where(MachineMark.call_id == call_id)))


def greetings(session: Session, call_ids: Iterable[str], hidden: Select[str]) -> dict[str, bool]:
    """Return whether each call was greeted as it should be, where the machine is sure; none of `hidden`."""
    judged = (
        MachineMark.call_id.in_(list(call_ids)),
        MachineMark.item == "greeting",
        MachineMark.call_id.not_in(hidden),
    )
    rows = session.execute(select(MachineMark.call_id, MachineMark.answer).where(*judged))
    return {call_id: answer is ItemAnswer.YES for call_id, answer in rows if answer in (ItemAnswer.YES, ItemAnswer.NO)}
