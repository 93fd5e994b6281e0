"""The people's part of quality: draws, reviews and their history, appeals, calibration, coaching, reports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedJson, EncryptedText
from hotline.values.language import Language
from hotline.values.states.calibration import CalibrationState
from hotline.values.states.coaching import CoachingState
from hotline.values.states.report import ReportState
from hotline.values.states.review import ReviewState, Ruling


class DailySample(Row, WithId):
    """The sample of one day, with all that is needed to draw it again: seed, calls, quota, rules."""

    __tablename__ = "daily_samples"
    day: Mapped[date] = mapped_column(Date, unique=True)
    seed: Mapped[str] = mapped_column(String(64))
    # The calls that could be drawn: [[call id, agent id, queue, hour, [traits]], …], and the rules of the draw.
    frame: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # What came of it: [[call id, agent id, at random, [reasons]], …], and how many calls each rule left out.
    drawn: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    excluded: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    drawn_at: Mapped[datetime] = mapped_column(Utc)


class Calibration(Row, WithId):
    """A calibration: the same calls to several supervisors, each blind for the others and the machine."""

    __tablename__ = "calibrations"
    name: Mapped[str] = mapped_column(String(80))
    scorecard: Mapped[str] = mapped_column(String(40))
    state: Mapped[CalibrationState] = mapped_column(EnumWord(CalibrationState), default=CalibrationState.OPEN)
    made_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class Review(Row, WithId):
    """One call heard by one person against a scorecard; in a calibration there are several of a call."""

    __tablename__ = "reviews"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"))
    queue: Mapped[str | None] = mapped_column(String(40))
    # The local day of the call.
    day: Mapped[date] = mapped_column(Date)
    scorecard: Mapped[str] = mapped_column(String(40))
    # Chosen by chance, so that it counts for the agent's score; the rules or the person that pointed at it.
    is_random: Mapped[bool] = mapped_column(Boolean, default=False)
    reasons: Mapped[list[str]] = mapped_column(JSON, default=list)
    sample_id: Mapped[str | None] = mapped_column(ForeignKey("daily_samples.id"))
    calibration_id: Mapped[str | None] = mapped_column(ForeignKey("calibrations.id"), index=True)
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[ReviewState] = mapped_column(EnumWord(ReviewState), default=ReviewState.DUE)
    # Raised by every save: who saves on an older one is told so.
    version: Mapped[int] = mapped_column(Integer, default=0)
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # What was written and may tell of patients: the remark to the agent, and a comment that was begun and not sent.
    notes: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson("reviews.notes"))
    score: Mapped[float | None] = mapped_column(Float)
    is_fatal: Mapped[bool] = mapped_column(Boolean, default=False)
    added_at: Mapped[datetime] = mapped_column(Utc)
    taken_at: Mapped[datetime | None] = mapped_column(Utc)
    saved_at: Mapped[datetime | None] = mapped_column(Utc)
    published_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        # One review of a call by a scorecard, and one per person in a calibration: the database refuses a second one.
        Index(
            "uq_reviews_call",
            "call_id",
            "scorecard",
            unique=True,
            sqlite_where=text("calibration_id IS NULL"),
            postgresql_where=text("calibration_id IS NULL"),
        ),
        UniqueConstraint("calibration_id", "call_id", "reviewer_id"),
        Index(None, "state", "added_at"),
        Index(None, "agent_id", "day"),
    )


class ReviewStep(Row, WithId):
    """One thing that happened to a review: who, when, what. Rows are only ever added."""

    __tablename__ = "review_steps"
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"))
    at: Mapped[datetime] = mapped_column(Utc)
    kind: Mapped[str] = mapped_column(String(24))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    # At a publication and a ruling: score, fatal and all answers as they were.
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text: Mapped[str | None] = mapped_column(EncryptedText("review_steps.text"))
    __table_args__ = (Index(None, "review_id", "at"),)


class ReviewComment(Row, WithId):
    """What a reviewer says to one second of a recording."""

    __tablename__ = "review_comments"
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"), index=True)
    recording_id: Mapped[str | None] = mapped_column(ForeignKey("recordings.id"))
    second: Mapped[float] = mapped_column(Float)
    text: Mapped[str] = mapped_column(EncryptedText("review_comments.text"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Utc)


class Appeal(Row, WithId):
    """An agent's one objection to a published review, and what another supervisor ruled."""

    __tablename__ = "appeals"
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"), unique=True)
    reasons: Mapped[str] = mapped_column(EncryptedText("appeals.reasons"))
    made_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(Utc)
    ruling: Mapped[Ruling | None] = mapped_column(EnumWord(Ruling))
    answer: Mapped[str | None] = mapped_column(EncryptedText("appeals.answer"))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    score_before: Mapped[float | None] = mapped_column(Float)
    score_after: Mapped[float | None] = mapped_column(Float)


class CoachingItem(Row, WithId):
    """A finding that an agent works on: what, an example to hear, until when, and what the re-check found."""

    __tablename__ = "coaching_items"
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    item: Mapped[str | None] = mapped_column(String(40))
    finding: Mapped[str] = mapped_column(EncryptedText("coaching_items.finding"))
    recording_id: Mapped[str | None] = mapped_column(ForeignKey("recordings.id"))
    clip_start: Mapped[float | None] = mapped_column(Float)
    clip_end: Mapped[float | None] = mapped_column(Float)
    due_on: Mapped[date] = mapped_column(Date, index=True)
    state: Mapped[CoachingState] = mapped_column(EnumWord(CoachingState), default=CoachingState.OPEN)
    made_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(Utc)
    done_at: Mapped[datetime | None] = mapped_column(Utc)
    # The later call in which the point was looked at again.
    recheck_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"))
    checked_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None] = mapped_column(Utc)


class Report(Row, WithId):
    """A report as a file, made by a worker: what was asked, how far it is, where it lies."""

    __tablename__ = "reports"
    kind: Mapped[str] = mapped_column(String(24))
    format: Mapped[str] = mapped_column(String(8))
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    # {"since": "2026-03-01", "until": "2026-03-31", "unit": "week", "agent": id or null, "department": …}
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[ReportState] = mapped_column(EnumWord(ReportState), default=ReportState.REQUESTED)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    blob: Mapped[str | None] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    made_at: Mapped[datetime | None] = mapped_column(Utc)


def _refuse(_mapper: Mapper[Any], _connection: Connection, row: ReviewStep) -> None:
    raise TypeError(f"a step of review {row.review_id} was about to be altered: history is only added to")


event.listen(ReviewStep, "before_update", _refuse)
event.listen(ReviewStep, "before_delete", _refuse)
