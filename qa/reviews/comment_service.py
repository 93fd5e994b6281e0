"""Comments at a second of a recording, while a review is not published. One transaction per function."""

from datetime import datetime

from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import ReviewComment
from qa.reviews.service import own_draft, required_text


def add_comment(
    database: Database,
    review_id: str,
    user_id: str,
    text: str,
    now: datetime,
    *,
    recording_id: str | None,
    second: float,
) -> str:
    """Comment on one second of a recording; return the comment's id."""
    with database.write() as session:
        review = own_draft(session, review_id, user_id)
        row = ReviewComment(
            review_id=review.id,
            recording_id=recording_id,
            second=max(0.0, second),
            text=required_text(text),
            user_id=user_id,
            at=now,
        )
        session.add(row)
        session.flush()
        return row.id


def remove_comment(database: Database, comment_id: str, user_id: str) -> str:
    """Remove one's own comment from a review that is not published yet; return the review's id."""
    with database.write() as session:
        row = session.get(ReviewComment, comment_id)
        if row is None:
            raise NotFound(f"no comment {comment_id}")
        review = own_draft(session, row.review_id, user_id)
        session.delete(row)
        return review.id
