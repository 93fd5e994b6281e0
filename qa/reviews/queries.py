"""What others read of reviews: lists of them, one with everything that belongs to it, calibrations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from hotline.models import (
    Agent,
    Appeal,
    AutoScore,
    Calibration,
    Call,
    CoachingItem,
    Queue,
    Recording,
    Review,
    ReviewComment,
    ReviewStep,
    Transcript,
    User,
)
from hotline.values.states.review import PUBLIC, ReviewState
from qa.scoring import mark_queries

Found = TypeVar("Found", Call, Agent, User, Review)

MOST = 100
TABS = ("todo", "appeals", "done")
# What is heard first: the graver the reason, the earlier.
URGENT = ("fatal", "complaint", "low_rating")


@dataclass(frozen=True)
class ReviewRow:
    """One review in a list."""

    review: Review
    call: Call
    agent: Agent
    queue: Queue | None
    reviewer: User | None


@dataclass(frozen=True)
class ReviewRecord:
    """One review and everything that belongs to it."""

    review: Review
    call: Call
    agent: Agent
    queue: Queue | None
    recordings: list[Recording]
    transcripts: dict[str, Transcript]
    marks: dict[str, AutoScore]
    comments: list[ReviewComment]
    steps: list[ReviewStep]
    appeal: Appeal | None
    coachings: list[CoachingItem]
    people: dict[str, User] = field(default_factory=dict)


def todo(session: Session, user_id: str, agent_id: str | None) -> list[ReviewRow]:
    """Return what a supervisor can review: own drafts, then what is due, grave reasons first; nothing of their own."""
    open_ = or_(Review.state == ReviewState.DUE, Review.state == ReviewState.DRAFT)
    own = or_(Review.reviewer_id.is_(None), Review.reviewer_id == user_id)
    not_self = [] if agent_id is None else [Review.agent_id != agent_id]
    found = _rows(session, _reviews(open_, own, *not_self).order_by(Review.added_at, Review.id).limit(5 * MOST))
    return sorted(found, key=_rank)[:MOST]


def appeals(session: Session) -> list[ReviewRow]:
    """Return the appeals that wait for a ruling, oldest first."""
    return _rows(session, _reviews(Review.state == ReviewState.APPEALED).order_by(Review.published_at).limit(MOST))


def done(session: Session, agent_id: str | None) -> list[ReviewRow]:
    """Return published reviews, newest first: of one agent, or of all (`None`)."""
    claims: list[ColumnElement[bool]] = [Review.state.in_(PUBLIC), Review.calibration_id.is_(None)]
    if agent_id is not None:
        claims.append(Review.agent_id == agent_id)
    return _rows(session, _reviews(*claims).order_by(Review.published_at.desc(), Review.id.desc()).limit(MOST))


def counts(session: Session, user_id: str, agent_id: str | None) -> dict[str, int]:
    """Return how many stand under each tab that asks for work."""
    waits = select(func.count()).select_from(Review).where(Review.state == ReviewState.APPEALED)
    return {"todo": len(todo(session, user_id, agent_id)), "appeals": session.scalar(waits) or 0}


def record(session: Session, review: Review) -> ReviewRecord:
    """Return a review with everything that belongs to it."""
    call_id = review.call_id
    recordings = select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)
    comments = select(ReviewComment).where(ReviewComment.review_id == review.id).order_by(ReviewComment.second)
    steps = select(ReviewStep).where(ReviewStep.review_id == review.id).order_by(ReviewStep.at, ReviewStep.id)
    coachings = select(CoachingItem).where(CoachingItem.review_id == review.id).order_by(CoachingItem.due_on)
    return ReviewRecord(
        review=review,
        call=session.get_one(Call, call_id),
        agent=session.get_one(Agent, review.agent_id),
        queue=session.get(Queue, review.queue) if review.queue else None,
        recordings=list(session.scalars(recordings)),
        transcripts={
            one.recording_id: one for one in session.scalars(select(Transcript).where(Transcript.call_id == call_id))
        },
        marks=mark_queries.marks_of_calls(session, [call_id], review.scorecard).get(call_id, {}),
        comments=list(session.scalars(comments)),
        steps=list(session.scalars(steps)),
        appeal=session.scalar(select(Appeal).where(Appeal.review_id == review.id)),
        coachings=list(session.scalars(coachings)),
        people={user.id: user for user in session.scalars(select(User))},
    )


def find(session: Session, review_id: str) -> Review | None:
    """Return the review, or `None`."""
    return session.get(Review, review_id)


def existing(session: Session, review_id: str) -> Review:
    """Return the review, which is known to be there."""
    return session.get_one(Review, review_id)


def by_id(session: Session, review_ids: Iterable[str]) -> dict[str, Review]:
    """Return these reviews by their id."""
    return _by_id(session.scalars(select(Review).where(Review.id.in_(list(review_ids)))).all())


def calibrations(session: Session, most: int = 50) -> list[Calibration]:
    """Return the newest calibrations."""
    return list(session.scalars(select(Calibration).order_by(Calibration.made_at.desc()).limit(most)))


def calibration(session: Session, calibration_id: str) -> Calibration | None:
    """Return the calibration, or `None`."""
    return session.get(Calibration, calibration_id)


def recent_calls(session: Session, limit: int = 40) -> list[tuple[Call, Agent]]:
    """Return the newest transcribed calls that an agent answered: what a calibration is chosen from."""
    heard = select(Transcript.call_id)
    query = (
        select(Call, Agent)
        .join(Agent, Agent.id == Call.agent_id)
        .where(Call.id.in_(heard))
        .order_by(Call.started_at.desc())
        .limit(limit)
    )
    return [(call, agent) for call, agent in session.execute(query)]


def _reviews(*claims: ColumnElement[bool]) -> Select[Review]:
    return select(Review).where(*claims)


def _rows(session: Session, query: Select[Review]) -> list[ReviewRow]:
    reviews = list(session.scalars(query))
    calls = _by_id(session.scalars(select(Call).where(Call.id.in_([one.call_id for one in reviews]))).all())
    agents = _by_id(session.scalars(select(Agent).where(Agent.id.in_([one.agent_id for one in reviews]))).all())
    people = _by_id(session.scalars(select(User).where(User.id.in_([one.reviewer_id for one in reviews]))).all())
    queues = {queue.name: queue for queue in session.scalars(select(Queue))}
    return [
        ReviewRow(
            one,
            calls[one.call_id],
            agents[one.agent_id],
            queues.get(one.queue or ""),
            people.get(one.reviewer_id or ""),
        )
        for one in reviews
    ]


def _by_id(rows: Sequence[Found]) -> dict[str, Found]:
    return {row.id: row for row in rows}


def _rank(row: ReviewRow) -> tuple[bool, int, str]:
    reasons = row.review.reasons
    grave = next((place for place, reason in enumerate(URGENT) if reason in reasons), len(URGENT))
    return row.review.state is not ReviewState.DRAFT, grave, row.review.added_at.isoformat()
