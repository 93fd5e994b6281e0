"""Appeals against a published review: made once by the agent, ruled on by another supervisor."""

from collections.abc import Mapping
from datetime import datetime

from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.models import Appeal
from hotline.outbox import transitions
from hotline.values.states.review import ReviewEvent, ReviewState, Ruling
from qa.errors import NotPermitted
from qa.reviews.service import add_step, agents_own, apply_answers, in_state, judge, locked, required_text, snapshot


def appeal(database: Database, review_id: str, user_id: str, reasons: str, now: datetime) -> None:
    """Object as the agent, once, with reasons."""
    with database.write() as session:
        review = agents_own(session, review_id, user_id)
        in_state(review, ReviewState.PUBLISHED)
        text = required_text(reasons)
        transitions.transition(review, ReviewEvent.APPEALED)
        session.add(Appeal(review_id=review.id, reasons=text, made_by=user_id, made_at=now, score_before=review.score))
        add_step(session, review, "appealed", user_id, now, text=text)


def rule_on_appeal(
    database: Database,
    settings: Settings,
    review_id: str,
    user_id: str,
    now: datetime,
    *,
    ruling: Ruling,
    reasons: str,
    answers: Mapping[str, str],
) -> None:
    """Rule on an appeal: uphold, or change the answers. Never by who reviewed, nor by whom it is about."""
    with database.write() as session:
        review = locked(session, review_id)
        in_state(review, ReviewState.APPEALED)
        if not judge(session, user_id).may_rule(review):
            raise NotPermitted("another supervisor rules on an appeal, and nobody on one of their own")
        answer = required_text(reasons)
        if ruling is Ruling.CHANGED:
            apply_answers(settings, review, answers)
        transitions.transition(review, ReviewEvent(ruling.value))
        review.ended_at = now
        appeal = session.query(Appeal).filter_by(review_id=review.id).one()
        appeal.ruling, appeal.answer, appeal.score_after = ruling, answer, review.score
        appeal.decided_by, appeal.decided_at = user_id, now
        add_step(session, review, ruling.value, user_id, now, snapshot(review), answer)
