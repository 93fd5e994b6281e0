"""Coaching: what agents work on, with an example to hear, and the re-check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.quality.forms import CoachingForm, RecheckForm
from console.quality.reviews_http import back_to, judge
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches
from console.web.flash_errors import logged, note, refusals
from console.web.forms import submitted
from hotline import clock
from qa import scorecards
from qa.reviews import coaching_service, queries
from qa.reviews.coaching_service import CoachingFinding
from routing.agents import queries as agent_queries

if TYPE_CHECKING:
    from hotline.models import Review

pages = Blueprint("coach", __name__)


@pages.get("/coaching")
@allow(*STAFF)
@touches("view_coaching", "coaching", "coaching")
def listing() -> ResponseReturnValue:
    """Return what is worked on: an agent's own, for supervisors everybody's."""
    agent_id = None if current_user.sees_all_calls else current_user.agent_id or "-"
    with context().database.write() as session:
        note(session, "view_coaching", agent_id or "everybody", "coaching")
        rows = coaching_service.of_agent(session, agent_id)
        agents = agent_queries.by_id(session)
        origins = queries.by_id(session, [row.review_id for row in rows])
        later = {row.id: _later(queries.done(session, row.agent_id), row.review_id) for row in rows}
    cards = scorecards.load(context().settings.scorecards_folder)
    found = {"rows": rows, "agents": agents, "origins": origins, "later": later, "cards": cards, "judge": judge()}
    return render_template("quality/coaching.html", **found, today=context().settings.day(clock.now()))


@pages.post("/reviews/<review_id>/coaching")
@allow(*LEADS)
@touches("begin_coaching", "review", "review_id")
def begin(review_id: str) -> ResponseReturnValue:
    """Make a finding something to work on."""
    form = submitted(CoachingForm)
    with refusals() as said:
        coaching_service.begin(
            context().database, context().settings, review_id, current_user.id, _finding(form), clock.now()
        )
        logged("begin_coaching", review_id)
        said.well("coaching.begun")
    return back_to(review_id)


@pages.post("/coaching/<coaching_id>/done")
@allow(*STAFF)
@touches("coaching_done", "coaching", "coaching_id")
def done(coaching_id: str) -> ResponseReturnValue:
    """The agent has worked on it."""
    with refusals():
        coaching_service.mark_done(context().database, coaching_id, current_user.id, clock.now())
        logged("coaching_done", coaching_id, "coaching")
    return redirect(url_for("coach.listing"))


@pages.post("/coaching/<coaching_id>/check")
@allow(*LEADS)
@touches("coaching_checked", "coaching", "coaching_id")
def check(coaching_id: str) -> ResponseReturnValue:
    """Note the re-check: it was passed, or the coaching goes on until another day."""
    form = submitted(RecheckForm)
    with refusals():
        coaching_service.recheck(
            context().database,
            coaching_id,
            current_user.id,
            clock.now(),
            is_passed=form.passed.data,
            due_on=form.due_on.data,
            recheck_id=form.recheck.data,
        )
        logged("coaching_checked", coaching_id, "coaching")
    return redirect(url_for("coach.listing"))


def _finding(form: CoachingForm) -> CoachingFinding:
    due_on = form.due_on.data or context().settings.day(clock.now())
    return CoachingFinding(form.item.data, form.finding.data, due_on, form.clip)


def _later(lines: list[queries.ReviewRow], review_id: str) -> list[Review]:
    return [line.review for line in lines if line.review.id > review_id][:10]
