"""The list of calls, and the page of one call."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.calls import marks, queries, timeline
from console.calls.queries import Story, Wanted
from console.crm import case_queries, cases, patient_queries
from console.web import audit_log, audit_marks, formatting, language
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from hotline import clock
from hotline.models import Call
from hotline.values.states.call import CallOutcome
from qa import scorecards
from qa.reviews import calibration
from reports.service_level import figures

pages = Blueprint("calls", __name__)

# Beside the outcomes: calls that go on.
LIVE = "live"


@pages.get("/calls")
@allow(*STAFF)
@touches("list_calls", "calls", "calls", lists=True)
def listing() -> ResponseReturnValue:
    """The calls that this user may see, newest first."""
    with context().database.read() as session:
        # Whoever judges a call in a calibration must not read here what the machine found.
        blind = calibration.blind_calls(current_user.id)
        found = queries.listing(session, _wanted(), request.args.get("page", 1, int), blind)
        queues = queries.queues(session)
        patients = patient_queries.ids_of(session, [line.call for line in found.lines])
    audit_marks.showed(len(found.lines))
    words = language.words(language.chosen(request))
    return render_template(
        "calls.html",
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
    """One call: its story, its sound, its words, its marks. The look is logged before anything is shown."""
    now = clock.now()
    with context().database.write() as session:
        story = queries.story(session, call_id)
        if story is None or not may_see(story.call):
            abort(404)
        entry = audit_log.look(current_user.id, "view_call", ("call", call_id), now, request.remote_addr or "")
        audit_log.note(session, entry)
        # Whoever judges this call in a calibration must not read here what the machine found.
        is_blind = calibration.is_blind(session, call_id, current_user.id)
        opened = cases.seen(session, case_queries.of_call(session, call_id))
        patient_id = patient_queries.ids_of(session, [story.call]).get(call_id)
    settings, words = context().settings, language.words(language.chosen(request))
    ring_seconds = settings.ring_seconds
    return render_template(
        "call.html",
        story=replace(story, marks=[]) if is_blind else story,
        sheet=marks.sheet([] if is_blind else story.marks, scorecards.of(settings.scorecards_folder), words),
        is_blind=is_blind,
        patient_id=patient_id,
        cases=opened,
        drawing=timeline.draw(story.call, story.offers, story.recordings, (now, ring_seconds)),
        rings=_rings(story, ring_seconds),
    )


def may_see(call: Call) -> bool:
    """Whether the signed-in user may see this call: all of them, or one's own."""
    return bool(current_user.sees_all_calls) or (call.agent_id is not None and call.agent_id == current_user.agent_id)


def _wanted() -> Wanted:
    now, zone = clock.now(), ZoneInfo(context().settings.timezone)
    outcome = request.args.get("outcome", "")
    return Wanted(
        since=None if request.args.get("day") == "all" else formatting.midnight(now, zone),
        outcome=CallOutcome(outcome) if outcome in list(CallOutcome) else None,
        is_live=outcome == LIVE,
        queue=request.args.get("queue") or None,
        # A user without an agent and without a wider role has no calls of their own.
        agent_id=None if current_user.sees_all_calls else current_user.agent_id or "-",
    )


def _rings(story: Story, ring_seconds: float) -> dict[str, float | None]:
    won = story.won
    return {
        "offer": figures.offer_rings(won, ring_seconds) if won else None,
        "caller": figures.caller_rings(story.call, ring_seconds),
    }
