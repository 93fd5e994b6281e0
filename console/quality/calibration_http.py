"""Calibrations: open one, see who is done, and how far people and machine agree per item."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.users import queries as users
from console.quality.forms import CalibrationForm
from console.web import audit_marks
from console.web.access import LEADS, allow, context
from console.web.audit_marks import touches
from console.web.flash_errors import logged, note, refusals
from console.web.forms import submitted
from hotline import clock
from qa import scorecards
from qa.reviews import calibration_service, queries
from routing.agents import queries as agent_queries
from routing.calls import queries as call_queries

pages = Blueprint("calibrating", __name__)


@pages.get("/calibrations")
@allow(*LEADS)
@touches("list_calibrations", "calibrations", "calibrations", lists=True)
def listing() -> ResponseReturnValue:
    """Return all calibrations, the drift of reviewers, and a form for a new one."""
    with context().database.read() as session:
        rounds = queries.calibrations(session)
        done = {made.id: calibration_service.reviews_of_round(session, made.id) for made in rounds}
        people = {user.id: user for user in users.supervisors(session)}
        drifts = [one for one in calibration_service.drifts(session) if one.rater in people]
        calls = queries.recent_calls(session)
    audit_marks.showed(len(rounds) + len(calls))
    cards = scorecards.load(context().settings.scorecards_folder)
    found = {"rounds": rounds, "done": done, "people": people, "calls": calls, "cards": cards, "drifts": drifts}
    return render_template("quality/calibration_list.html", **found)


@pages.post("/calibrations")
@allow(*LEADS)
@touches("open_calibration", "round", "round")
def make() -> ResponseReturnValue:
    """Send calls to supervisors, blind."""
    form = submitted(CalibrationForm)
    with refusals() as said:
        made = calibration_service.open_round(
            context().database,
            context().settings,
            current_user.id,
            form.name.data,
            form.scorecard.data,
            clock.now(),
            calls=form.call.data,
            people=form.person.data,
        )
        logged("open_calibration", made, "round")
        said.well("calibration.made")
        return redirect(url_for("calibrating.show", calibration_id=made))
    return redirect(url_for("calibrating.listing"))


@pages.get("/calibrations/<calibration_id>")
@allow(*LEADS)
@touches("view_calibration", "round", "calibration_id")
def show(calibration_id: str) -> ResponseReturnValue:
    """Return one calibration: who is done, and, for whoever has finished their own part, how far all agree."""
    with context().database.write() as session:
        made = queries.calibration(session, calibration_id)
        if made is None:
            abort(404)
        note(session, "view_calibration", calibration_id, "round")
        sent = calibration_service.reviews_of_round(session, calibration_id)
        card = scorecards.load(context().settings.scorecards_folder)[made.scorecard]
        is_open = calibration_service.may_see(sent, made, current_user.id)
        found = calibration_service.calibration_result(session, card, sent) if is_open else None
        people = {user.id: user for user in users.supervisors(session)}
        calls = call_queries.by_id(session, [one.call_id for one in sent])
        agents = agent_queries.by_id(session)
    page = {"round": made, "sent": sent, "card": card, "found": found, "people": people}
    return render_template("quality/calibration.html", **page, calls=calls, agents=agents)


@pages.post("/calibrations/<calibration_id>/close")
@allow(*LEADS)
@touches("close_calibration", "round", "calibration_id")
def close(calibration_id: str) -> ResponseReturnValue:
    """End a calibration; what is not finished is dropped."""
    with refusals() as said:
        calibration_service.close_round(context().database, calibration_id, clock.now())
        logged("close_calibration", calibration_id, "round")
        said.well("calibration.closed")
    return redirect(url_for("calibrating.show", calibration_id=calibration_id))
