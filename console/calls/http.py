"""The list of calls, and the page of one call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns.results import queries as results
from console.calls import call_list, call_record, marks, timeline
from console.calls.call_record import CallRecord
from console.crm import cases_http
from console.web import audit_log, audit_marks, formatting, language
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from crm.cases import queries as case_queries
from hotline import clock
from hotline.values.states.call import CallOutcome
from qa import scorecards
from qa.reviews import calibration_service
from reports.service_level import figures
from routing.calls import visibility
from routing.calls.queries import CallFilter
from routing.queues import queries as queue_queries

if TYPE_CHECKING:
    from hotline.models import Call

pages = Blueprint("calls", __name__)

# Beside the outcomes: calls that go on.
LIVE = "live"


@pages.get("/calls")
@allow(*STAFF)
@touches("list_calls", "calls", "calls", lists=True)
def listing() -> ResponseReturnValue:
    """List the calls that this user may see, newest first."""
    with context().database.read() as session:
        # Whoever judges a call in a calibration must not read here what the machine found.
        blind = calibration_service.blind_calls(current_user.id)
        found = call_list.listing(session, _wanted(), request.args.get("page", 1, int), blind)
        queues = queue_queries.queues(session)
        patients = results.patients_of_calls(session, [row.call for row in found.rows])
    audit_marks.showed(len(found.rows))
    words = language.words(language.chosen(request))
    return render_template(
        "calls/call_list.html",
        found=found,
        patients=patients,
        figures=figures,
        queues=[(queue.name, words.label(queue)) for queue in queues],
        outcomes=[(outcome, words(f"outcome.{outcome}")) for outcome in [*CallOutcome, LIVE]],
        chosen={name: request.args.get(name, "") for name in ("day", "outcome", "queue")},
    )


@pages.get("/calls/<call_id>")
@allow(*STAFF)
@touches("view_call", "call", "call_id")
def show_call(call_id: str) -> ResponseReturnValue:
    """Show one call: its history, its sound, its words, its marks. The look is logged before anything is shown."""
    now = clock.now()
    with context().database.write() as session:
        record = call_record.find(session, call_id)
        if record is None or not may_see(record.call):
            abort(404)
        audit_log.record(session, "view_call", "call", call_id)
        # Whoever judges this call in a calibration must not read here what the machine found.
        is_blind = calibration_service.is_blind(session, call_id, current_user.id)
        opened = cases_http.visible(session, case_queries.of_calls(session, [call_id]))
        patient_id = results.patients_of_calls(session, [record.call]).get(call_id)
    settings, words = context().settings, language.words(language.chosen(request))
    ring_seconds = settings.ring_seconds
    return render_template(
        "calls/call.html",
        record=replace(record, marks=[]) if is_blind else record,
        sheet=marks.sheet([] if is_blind else record.marks, scorecards.load(settings.scorecards_folder), words),
        is_blind=is_blind,
        patient_id=patient_id,
        cases=opened,
        drawing=timeline.draw(record.call, record.offers, record.recordings, now=now, ring_seconds=ring_seconds),
        rings=_rings(record, ring_seconds),
    )


def may_see(call: Call) -> bool:
    """Tell whether the signed-in user may see this call."""
    return visibility.may_see(call.agent_id, agent_id=current_user.agent_id, sees_all=bool(current_user.sees_all_calls))


def _wanted() -> CallFilter:
    now, zone = clock.now(), ZoneInfo(context().settings.timezone)
    outcome = request.args.get("outcome", "")
    return CallFilter(
        since=None if request.args.get("day") == "all" else formatting.midnight(now, zone),
        outcome=CallOutcome(outcome) if outcome in list(CallOutcome) else None,
        is_live=outcome == LIVE,
        queue=request.args.get("queue") or None,
        # A user without an agent and without a wider role has no calls of their own.
        agent_id=None if current_user.sees_all_calls else current_user.agent_id or "-",
    )


def _rings(record: CallRecord, ring_seconds: float) -> dict[str, float | None]:
    answered = record.answered_offer
    return {
        "offer": figures.offer_rings(answered, ring_seconds) if answered else None,
        "caller": figures.caller_rings(record.call, ring_seconds),
    }
