"""The life of a review: taken, saved, published, acknowledged; one transaction a function. Appeals: `appeal_service`.

Every step is kept (`review_steps` is only added to). Who may open a page is the console's case; who may do what to
this review is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts.users import queries as user_queries
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Review, ReviewStep
from hotline.outbox import transitions
from hotline.values.states.review import ReviewEvent, ReviewState
from qa import scorecards
from qa.errors import InvalidAnswer, NotPermitted, StaleDraft, TextRequired, UnansweredItems, WrongReviewState
from qa.reviews import answers as reviews_answers
from qa.reviews.permissions import Judge
from qa.scorecards import Scorecard
from qa.scoring import mark_queries

LONGEST = 2000


@dataclass(frozen=True)
class ReviewDraft:
    """A reviewer's draft; `version` is the one that the page was filled in on."""

    version: int
    answers: Mapping[str, str] = field(default_factory=dict)
    # `remark` to the agent, and `comment`: one that was begun and not yet sent.
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedDraft:
    """The result of a save: the new version, the score so far, and the items still without an answer."""

    version: int
    score: float | None
    is_fatal: bool
    missing: tuple[str, ...]


def card_of(settings: Settings, review: Review) -> Scorecard:
    """Return the scorecard of a review."""
    return scorecards.load(settings.scorecards_folder)[review.scorecard]


def take(database: Database, settings: Settings, review_id: str, user_id: str, now: datetime) -> None:
    """Begin a review, or go on with one's own. Raises `NotPermitted` when it is somebody else's, or about oneself."""
    with database.write() as session:
        review = locked(session, review_id)
        if review.state is ReviewState.DRAFT and review.reviewer_id == user_id:
            return
        if review.state is not ReviewState.DUE or review.reviewer_id not in (None, user_id):
            raise NotPermitted("somebody else has this review")
        not_about(session, review, user_id)
        transitions.transition(review, ReviewEvent.TAKEN)
        review.reviewer_id, review.taken_at = user_id, now
        if review.calibration_id is None:
            review.answers = reviews_answers.first_answers(
                card_of(settings, review), mark_queries.answers(session, review)
            )
        add_step(session, review, "taken", user_id, now)


def release(database: Database, review_id: str, user_id: str, now: datetime) -> None:
    """Give a review back to the queue; what was filled in is gone."""
    with database.write() as session:
        review = own_draft(session, review_id, user_id)
        transitions.transition(review, ReviewEvent.RELEASED)
        review.answers, review.notes, review.version = {}, None, review.version + 1
        if review.calibration_id is None:
            review.reviewer_id, review.taken_at = None, None
        add_step(session, review, "released", user_id, now)


def save(
    database: Database, settings: Settings, review_id: str, user_id: str, draft: ReviewDraft, now: datetime
) -> SavedDraft:
    """Keep a draft. Raises `StaleDraft` when something newer is there: nothing is overwritten unseen."""
    with database.write() as session:
        review = own_draft(session, review_id, user_id)
        return _save(settings, review, draft, now)


def publish(
    database: Database, settings: Settings, review_id: str, user_id: str, draft: ReviewDraft, now: datetime
) -> None:
    """Save, and let the agent read it; in a calibration: finish it. Raises `UnansweredItems` and what `save` raises."""
    saved = save(database, settings, review_id, user_id, draft, now)  # kept whatever follows
    if saved.missing:
        raise UnansweredItems(saved.missing)
    with database.write() as session:
        review = own_draft(session, review_id, user_id)
        if review.version != saved.version:
            raise StaleDraft("something newer was saved in the same moment")
        is_blind = review.calibration_id is not None
        transitions.transition(review, ReviewEvent.FINISHED if is_blind else ReviewEvent.PUBLISHED)
        review.published_at, review.ended_at = (None, now) if is_blind else (now, None)
        add_step(session, review, str(review.state), user_id, now, snapshot(review))


def drop(database: Database, review_id: str, user_id: str, why: str, now: datetime) -> None:
    """Leave a call unheard that cannot be judged, with the reason: it stays in the sample and counts as not heard."""
    with database.write() as session:
        review = locked(session, review_id)
        if review.state is ReviewState.DRAFT and review.reviewer_id != user_id:
            raise NotPermitted("somebody else has this review")
        in_state(review, ReviewState.DUE, ReviewState.DRAFT)
        transitions.transition(review, ReviewEvent.DROPPED)
        review.reviewer_id, review.ended_at = user_id, now
        add_step(session, review, "dropped", user_id, now, text=required_text(why))


def acknowledge(database: Database, review_id: str, user_id: str, now: datetime) -> None:
    """Note that the agent has read it and agrees."""
    with database.write() as session:
        review = agents_own(session, review_id, user_id)
        in_state(review, ReviewState.PUBLISHED)
        transitions.transition(review, ReviewEvent.ACKNOWLEDGED)
        review.ended_at = now
        add_step(session, review, "acknowledged", user_id, now)


def locked(session: Session, review_id: str) -> Review:
    """Return the review, locked for this transaction. Raises `NotFound`."""
    review = session.get(Review, review_id, with_for_update=True)
    if review is None:
        raise NotFound(f"no review {review_id}")
    return review


def own_draft(session: Session, review_id: str, user_id: str) -> Review:
    """Return the draft of this person, locked. Raises `WrongReviewState` when it is none any more, `NotPermitted` when
    it is another's.
    """
    review = locked(session, review_id)
    if review.state is not ReviewState.DRAFT:
        raise WrongReviewState(f"the review is {review.state}")
    if not judge(session, user_id).may_fill(review):
        raise NotPermitted("somebody else has this review")
    return review


def agents_own(session: Session, review_id: str, user_id: str) -> Review:
    review = locked(session, review_id)
    if not judge(session, user_id).may_read_own(review):
        raise NotFound(f"no review {review_id}")
    return review


def judge(session: Session, user_id: str) -> Judge:
    """Return the user as the rules see them."""
    user = user_queries.existing(session, user_id)
    return Judge(user.id, user.agent_id, user.role.is_lead)


def not_about(session: Session, review: Review, user_id: str) -> None:
    if judge(session, user_id).is_about(review):
        raise NotPermitted("nobody judges a call of their own")


def in_state(review: Review, *states: ReviewState) -> None:
    if review.state not in states:
        raise WrongReviewState(f"the review is {review.state}")


def _save(settings: Settings, review: Review, draft: ReviewDraft, now: datetime) -> SavedDraft:
    words = {name: text[:LONGEST] for name, text in draft.words.items() if text}
    is_there = dict(draft.answers) == review.answers and words == (review.notes or {})
    if draft.version != review.version and not is_there:  # the same once more is no conflict
        raise StaleDraft(f"version {draft.version} is older than {review.version}")
    card = apply_answers(settings, review, draft.answers)
    review.notes = words
    review.version, review.saved_at = review.version + 1, now
    missing = tuple(reviews_answers.unanswered_items(card, review.answers))
    return SavedDraft(review.version, review.score, review.is_fatal, missing)


def apply_answers(settings: Settings, review: Review, answers: Mapping[str, str]) -> Scorecard:
    card = card_of(settings, review)
    if wrong := reviews_answers.invalid_items(card, answers):
        raise InvalidAnswer(f"no such item or answer: {', '.join(wrong)}")
    total = reviews_answers.total(card, answers)
    review.answers, review.score, review.is_fatal = dict(answers), total.score, total.is_fatal
    return card


def snapshot(review: Review) -> dict[str, Any]:
    return {"score": review.score, "fatal": review.is_fatal, "answers": dict(review.answers)}


def required_text(text: str) -> str:
    """Return what somebody wrote, without blanks around it. Raises `TextRequired` when it is nothing or too long."""
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        raise TextRequired(f"words are needed, at most {LONGEST} characters")
    return text


def add_step(
    session: Session,
    review: Review,
    kind: str,
    user_id: str,
    now: datetime,
    data: dict[str, Any] | None = None,
    text: str | None = None,
) -> None:
    session.add(ReviewStep(review_id=review.id, at=now, kind=kind, user_id=user_id, data=data or {}, text=text))
