"""What retention reads and deletes of reviews and reports, which are kept above recordings. Never commits."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hotline.models import Appeal, AutoScore, CoachingItem, Report, Review, ReviewComment, ReviewStep


def has_review(session: Session, call_id: str) -> bool:
    """Return whether the call was judged, by the machine or by people."""
    marks = select(AutoScore.id).where(AutoScore.call_id == call_id)
    reviews = select(Review.id).where(Review.call_id == call_id)
    return bool(session.scalar(marks.limit(1)) or session.scalar(reviews.limit(1)))


def forget_quotes(session: Session, call_id: str) -> None:
    """Delete the words that the machine quoted; what it marked stays."""
    session.execute(update(AutoScore).where(AutoScore.call_id == call_id).values(evidence=[]))


def delete_reviews(session: Session, call_id: str) -> None:
    """Delete what people and the machine judged of a call; coaching that was to look at it again goes on without."""
    reviews = list(session.scalars(select(Review.id).where(Review.call_id == call_id)))
    session.execute(update(CoachingItem).where(CoachingItem.recheck_id.in_(reviews)).values(recheck_id=None))
    for table in (Appeal, ReviewComment, ReviewStep, CoachingItem):
        session.execute(delete(table).where(table.review_id.in_(reviews)))
    session.execute(delete(Review).where(Review.id.in_(reviews)))
    session.execute(delete(AutoScore).where(AutoScore.call_id == call_id))


def reports_before(session: Session, day: datetime) -> list[Report]:
    """Return reports that were asked for before then."""
    return list(session.scalars(select(Report).where(Report.asked_at < day)))


def locked_report(session: Session, report_id: str) -> Report | None:
    """Return the report, locked; `None` where it is gone."""
    return session.get(Report, report_id, with_for_update=True)
