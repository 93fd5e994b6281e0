"""What becomes of a published review: the agent acknowledges or appeals, another supervisor rules."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.quality.forms import AppealForm, RulingForm
from console.quality.reviews_http import back_to
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches
from console.web.flash_errors import logged, refusals
from console.web.forms import submitted
from hotline import clock
from qa.reviews import appeal_service, service

pages = Blueprint("verdicts", __name__)


@pages.post("/reviews/<review_id>/acknowledge")
@allow(*STAFF)
@touches("acknowledge_review", "review", "review_id")
def acknowledge(review_id: str) -> ResponseReturnValue:
    """The agent has read the review of their call and agrees."""
    with refusals() as said:
        service.acknowledge(context().database, review_id, current_user.id, clock.now())
        logged("acknowledge_review", review_id)
        said.well("review.acknowledged")
    return back_to(review_id)


@pages.post("/reviews/<review_id>/appeal")
@allow(*STAFF)
@touches("appeal_review", "review", "review_id")
def appeal(review_id: str) -> ResponseReturnValue:
    """Take the agent's appeal with its reasons; there is one a review."""
    with refusals() as said:
        appeal_service.appeal(
            context().database, review_id, current_user.id, submitted(AppealForm).reasons.data, clock.now()
        )
        logged("appeal_review", review_id)
        said.well("review.appealed")
    return back_to(review_id)


@pages.post("/reviews/<review_id>/decide")
@allow(*LEADS)
@touches("rule_on_appeal", "review", "review_id")
def decide(review_id: str) -> ResponseReturnValue:
    """Another supervisor rules on the appeal."""
    form = submitted(RulingForm)
    with refusals() as said:
        appeal_service.rule_on_appeal(
            context().database,
            context().settings,
            review_id,
            current_user.id,
            clock.now(),
            ruling=form.ruling.data,
            reasons=form.answer.data,
            answers=form.answers.data,
        )
        logged("rule_on_appeal", review_id)
        said.well("review.decided")
    return back_to(review_id)
