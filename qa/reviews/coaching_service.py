"""Coaching: a finding of a review becomes something to work on, with an example to hear, a due day, and a re-check."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import CoachingItem, Review
from hotline.outbox import transitions
from hotline.values.states.coaching import CoachingEvent, CoachingState
from hotline.values.states.review import PUBLIC
from qa.errors import InvalidAnswer, NotPermitted, TextRequired, WrongReviewState
from qa.reviews import service


@dataclass(frozen=True)
class RecordingClip:
    """A part of a recording, from second to second."""

    recording_id: str
    start: float
    end: float


@dataclass(frozen=True)
class CoachingFinding:
    """A finding to work on: the item of the scorecard (or none), in words, until when, and where to hear it."""

    item: str | None
    text: str
    due_on: date
    clip: RecordingClip | None = None


def begin(
    database: Database, settings: Settings, review_id: str, user_id: str, finding: CoachingFinding, now: datetime
) -> str:
    """Make a finding of a published review something to work on; return its id. Raises `TextRequired`, `InvalidAnswer`,
    `WrongReviewState`.
    """
    text = finding.text.strip()
    if not 0 < len(text) <= service.LONGEST:
        raise TextRequired("say what is to be worked on")
    clip = finding.clip
    if clip is not None and not 0 <= clip.start < clip.end:
        raise InvalidAnswer("the example ends before it begins")
    with database.write() as session:
        review = service.locked(session, review_id)
        if review.state not in PUBLIC or review.calibration_id is not None:
            raise WrongReviewState("only what the agent may read can be worked on")
        card = service.card_of(settings, review)
        if finding.item is not None and finding.item not in {item.id for item in card.items}:
            raise InvalidAnswer(f"no item {finding.item}")
        row = CoachingItem(review_id=review.id, agent_id=review.agent_id, item=finding.item, finding=text)
        row.due_on, row.made_by, row.made_at = finding.due_on, user_id, now
        if clip is not None:
            row.recording_id, row.clip_start, row.clip_end = clip.recording_id, clip.start, clip.end
        session.add(row)
        session.flush()
        return row.id


def mark_done(database: Database, coaching_id: str, user_id: str, now: datetime) -> None:
    """Note that the agent has worked on it. Raises `NotFound` for somebody else's."""
    with database.write() as session:
        row = _locked(session, coaching_id)
        if not service.judge(session, user_id).is_about(row):
            raise NotFound(f"no coaching {coaching_id}")
        if row.state is not CoachingState.OPEN:
            raise WrongReviewState(f"it is {row.state}")
        transitions.transition(row, CoachingEvent.DONE)
        row.done_at = now


def recheck(
    database: Database,
    coaching_id: str,
    user_id: str,
    now: datetime,
    *,
    is_passed: bool,
    due_on: date | None = None,
    recheck_id: str | None = None,
) -> None:
    """Record the re-check: passed or not, the new day where not, and the later review it was seen in."""
    with database.write() as session:
        row = _locked(session, coaching_id)
        if service.judge(session, user_id).is_about(row):
            raise NotPermitted("nobody checks their own work")
        if row.state is not CoachingState.DONE:
            raise WrongReviewState(f"it is {row.state}")
        if recheck_id is not None:
            later = session.get(Review, recheck_id)
            if later is None or later.agent_id != row.agent_id or later.state not in PUBLIC:
                raise InvalidAnswer("the re-check is a published review of the same agent")
        if not is_passed and due_on is None:
            raise TextRequired("a new day is needed")
        transitions.transition(row, CoachingEvent.PASSED if is_passed else CoachingEvent.NOT_PASSED)
        row.due_on = row.due_on if is_passed or due_on is None else due_on
        row.recheck_id, row.checked_by, row.checked_at = recheck_id, user_id, now


def of_agent(session: Session, agent_id: str | None) -> list[CoachingItem]:
    """Return what is worked on, of one agent or of all (`None`): the open first, by day."""
    query = select(CoachingItem).order_by(
        CoachingItem.state == CoachingState.PASSED, CoachingItem.due_on, CoachingItem.id
    )
    if agent_id is not None:
        query = query.where(CoachingItem.agent_id == agent_id)
    return list(session.scalars(query.limit(200)))


def _locked(session: Session, coaching_id: str) -> CoachingItem:
    row = session.get(CoachingItem, coaching_id, with_for_update=True)
    if row is None:
        raise NotFound(f"no coaching {coaching_id}")
    return row
