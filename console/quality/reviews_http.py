"""Reviews: the queue, the one page of a review, and everything a supervisor does on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.quality.forms import CommentForm, DraftForm, DropForm
from console.web import audit_marks
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches
from console.web.flash_errors import logged, note, refusals
from console.web.forms import submitted
from hotline import clock
from qa.errors import ReviewRefused
from qa.reviews import answers as reviews_answers
from qa.reviews import calibration_service, comment_service, permissions, queries, service
from qa.reviews.permissions import Judge
from qa.reviews.queries import ReviewRecord
from qa.reviews.service import ReviewDraft
from qa.sampling import targeted_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Review

pages = Blueprint("reviews", __name__)


@pages.get("/reviews")
@allow(*STAFF)
@touches("list_reviews", "reviews", "reviews", lists=True)
def listing() -> ResponseReturnValue:
    """Return a supervisor's queue; an agent's own published reviews."""
    tab = request.args.get("tab", "todo")
    with context().database.read() as session:
        if not current_user.sees_all_calls:
            lines = queries.done(session, current_user.agent_id or "-")
            audit_marks.showed(len(lines))
            return render_template("quality/review_list.html", lines=lines, tab="own", tabs={})
        tabs = queries.counts(session, current_user.id, current_user.agent_id)
        if tab == "appeals":
            lines = queries.appeals(session)
        elif tab == "done":
            lines = queries.done(session, None)
        else:
            tab, lines = "todo", queries.todo(session, current_user.id, current_user.agent_id)
    audit_marks.showed(len(lines))
    return render_template("quality/review_list.html", lines=lines, tab=tab, tabs=tabs)


@pages.get("/reviews/<review_id>")
@allow(*STAFF)
@touches("view_review", "review", "review_id")
def show(review_id: str) -> ResponseReturnValue:
    """Return one review: to fill in, to rule on, or to read. The look is logged before anything is shown."""
    with context().database.write() as session:
        review = queries.find(session, review_id)
        if review is None or not _may_read(session, review):
            abort(404)
        note(session, "view_review", review_id)
        page = queries.record(session, review)
    return render_template("quality/review.html", **_shown(page))


@pages.post("/reviews/<review_id>/take")
@allow(*LEADS)
@touches("take_review", "review", "review_id")
def take(review_id: str) -> ResponseReturnValue:
    """Begin a review."""
    with refusals():
        service.take(context().database, context().settings, review_id, current_user.id, clock.now())
        logged("take_review", review_id)
    return back_to(review_id)


@pages.post("/reviews/<review_id>/save")
@allow(*LEADS)
@touches("save_review", "review", "review_id", once=True)
def save(review_id: str) -> ResponseReturnValue:
    """Keep the draft: JSON for the page that saves by itself, else the page again."""
    try:
        saved = service.save(context().database, context().settings, review_id, current_user.id, _draft(), clock.now())
    except ReviewRefused as refused:
        audit_marks.failed()
        if not _wants_json():
            flash(f"quality_fault.{refused.code}")
            return back_to(review_id)
        return jsonify(code=refused.code, version=_version(review_id)), 409
    if _wants_json():
        return jsonify(version=saved.version, score=saved.score, fatal=saved.is_fatal, missing=saved.missing)
    flash("review.saved")
    return back_to(review_id)


@pages.post("/reviews/<review_id>/publish")
@allow(*LEADS)
@touches("publish_review", "review", "review_id")
def publish(review_id: str) -> ResponseReturnValue:
    """Publish to the agent, or finish the review of a calibration; then the next one."""
    with refusals() as said:
        service.publish(context().database, context().settings, review_id, current_user.id, _draft(), clock.now())
        logged("publish_review", review_id)
        said.well("review.published")
    return back_to(review_id)


@pages.post("/reviews/<review_id>/release")
@allow(*LEADS)
@touches("release_review", "review", "review_id")
def release(review_id: str) -> ResponseReturnValue:
    """Give a review back to the queue."""
    with refusals() as said:
        service.release(context().database, review_id, current_user.id, clock.now())
        logged("release_review", review_id)
        said.well("review.released")
    return redirect(url_for("reviews.listing"))


@pages.post("/reviews/<review_id>/drop")
@allow(*LEADS)
@touches("drop_review", "review", "review_id")
def drop(review_id: str) -> ResponseReturnValue:
    """Leave a call unheard, with the reason."""
    with refusals() as said:
        service.drop(context().database, review_id, current_user.id, submitted(DropForm).why.data, clock.now())
        logged("drop_review", review_id)
        said.well("review.dropped")
    return redirect(url_for("reviews.listing"))


@pages.post("/reviews/<review_id>/comments")
@allow(*LEADS)
@touches("comment_review", "review", "review_id")
def comment(review_id: str) -> ResponseReturnValue:
    """Say something to a second of the recording; the list of comments again."""
    form = submitted(CommentForm)
    with refusals():
        comment_service.add_comment(
            context().database,
            review_id,
            current_user.id,
            form.comment.data,
            clock.now(),
            recording_id=form.recording.data,
            second=form.second.data,
        )
    return _comments(review_id)


@pages.post("/comments/<comment_id>/remove")
@allow(*LEADS)
@touches("uncomment_review", "comment", "comment_id")
def uncomment(comment_id: str) -> ResponseReturnValue:
    """Take one's own comment back, before the review is published."""
    with refusals():
        return _comments(comment_service.remove_comment(context().database, comment_id, current_user.id))
    return redirect(url_for("reviews.listing"))


@pages.post("/calls/<call_id>/review")
@allow(*LEADS)
@touches("choose_call", "call", "call_id")
def choose(call_id: str) -> ResponseReturnValue:
    """Have a call heard that somebody chose: it counts as targeted."""
    review_id = targeted_service.choose(context().database, context().settings, call_id, current_user.id, clock.now())
    logged("choose_call", review_id)
    return back_to(review_id)


def _draft() -> ReviewDraft:
    form = submitted(DraftForm)
    words = {"remark": form.remark.data, "comment": form.comment.data}
    return ReviewDraft(form.version.data, form.answers.data, words)


def _may_read(session: Session, review: Review) -> bool:
    """Agents read what was published of their own calls; in a calibration nobody reads others before they finish."""
    if not current_user.sees_all_calls:
        return judge().may_read_own(review)
    if review.reviewer_id == current_user.id:
        return True
    return not calibration_service.is_blind(session, review.call_id, current_user.id)


def judge() -> Judge:
    """Return the signed-in user as the rules of reviews see them."""
    return Judge(current_user.id, current_user.agent_id, current_user.sees_all_calls)


def _shown(page: ReviewRecord) -> dict[str, object]:
    review, who = page.review, judge()
    card = service.card_of(context().settings, review)
    is_blind = permissions.is_blind(review)
    return {
        "page": page,
        "card": card,
        "mode": "fill" if who.may_fill(review) else "rule" if who.may_rule(review) else "read",
        "total": reviews_answers.total(card, review.answers),
        "choices": reviews_answers.choices,
        "marks": {} if is_blind else page.marks,
        "is_blind": is_blind,
        "may_take": who.may_take(review),
        "may_answer": who.may_answer(review),
        "may_coach": who.may_coach(review),
    }


def _comments(review_id: str) -> ResponseReturnValue:
    if not request.headers.get("X-Requested-With"):
        return back_to(review_id)
    with context().database.read() as session:
        page = queries.record(session, queries.existing(session, review_id))
    return render_template("quality/review_comments.html", page=page, mode="fill")


def _version(review_id: str) -> int:
    with context().database.read() as session:
        return queries.existing(session, review_id).version


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def back_to(review_id: str) -> ResponseReturnValue:
    """Lead back to the page of the review."""
    return redirect(url_for("reviews.show", review_id=review_id))
