"""The pages of calls to patients: every campaign live with its funnel, one campaign with answers and comparisons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns.errors import CampaignRefused, UndoRefused
from campaigns.importing import watched_report_file
from campaigns.planning import service
from campaigns.results import figure_queries, group_queries
from campaigns.results import queries as results
from campaigns.results.figure_queries import Funnel
from campaigns.stopping import identity_service, undo_service
from campaigns.stopping import queries as stopping
from console.campaigns.forms import UndoForm
from console.floor import warning_signs as alarms
from console.floor.live import FloorViewer, LiveFloor, messages
from console.floor.warning_signs import UnansweredSign
from console.web import audit_log, audit_marks, language
from console.web.access import LEADS, allow, by_itself, context
from console.web.audit_marks import touches, touches_nothing
from console.web.forms import submitted
from console.web.standing import Standing
from hotline import clock
from hotline.database.database import Database
from hotline.errors import IllegalMove, NotFound
from hotline.outbox.notifier import Notifier
from hotline.values.language import Language
from hotline.values.states.campaign import CampaignState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Campaign

pages = Blueprint("campaigns", __name__)
Seen: TypeAlias = "list[tuple[Campaign, Funnel]]"
# The steps of the funnel, each a figure of it.
STEPS = ("planned", "reached", "verified", "completed", "warnings", "opinions")


@dataclass(frozen=True)
class Picture:
    """All campaigns at a moment, and their section as it was rendered for each language."""

    seen: Seen
    alarms: list[UnansweredSign]
    now: float
    rendered: dict[Language, str] = field(default_factory=dict)


def open_live(app: Flask, database: Database, notifier: Notifier) -> None:
    """Give `app` its live campaigns; nothing runs until a page looks."""
    app.extensions["live_campaigns"] = LiveFloor(
        database, notifier, lambda: Picture(*take(database), clock.now().timestamp())
    )


def take(database: Database) -> tuple[Seen, list[UnansweredSign]]:
    """Return every campaign with its funnel, the newest first, and the alarms."""
    with database.read() as session:
        seen = [(one, figure_queries.funnel(session, one.id)) for one in figure_queries.campaigns(session)]
        return seen, alarms.take(session)


@pages.get("/campaigns")
@allow(*LEADS)
@touches("list_campaigns", "campaigns", "campaigns", lists=True)
def listing() -> ResponseReturnValue:
    """Return every campaign with its funnel; live."""
    seen, open_alarms = take(context().database)
    audit_marks.showed(len(open_alarms))
    with context().database.read() as session:
        changed = identity_service.count(session)
    refused = watched_report_file.refused(context().settings)
    return render_template(
        "campaigns/campaign_list.html",
        changed=changed,
        seen=seen,
        alarms=open_alarms,
        steps=STEPS,
        now=clock.now(),
        refused_files=refused,
    )


@pages.get("/campaigns/stream")
@by_itself
@allow(*LEADS)
@touches("list_campaigns", "campaigns", "campaigns", lists=True)
def stream() -> ResponseReturnValue:
    """Server-sent events that keep the funnels live."""
    live: LiveFloor[Picture] = current_app.extensions["live_campaigns"]
    viewer = live.join()
    chosen = language.chosen(request)
    response = Response(
        stream_with_context(_messages(viewer, chosen, Standing.of_request())), mimetype="text/event-stream"
    )
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: live.leave(viewer))
    return response


@pages.get("/campaigns/here")
@by_itself
@allow(*LEADS)
@touches_nothing("answers nothing")
def here() -> ResponseReturnValue:
    """Return nothing, for whoever is still signed in."""
    return "", 204


def _messages(viewer: FloorViewer[Picture], chosen: Language, standing: Standing) -> Iterator[str]:
    return messages(viewer, lambda picture: f"event: floor\ndata: {_render(picture, chosen)}\n\n", standing.holds)


def _render(picture: Picture, chosen: Language) -> str:
    found = picture.rendered.get(chosen)
    if found is None:
        section = render_template("campaigns/campaign_table.html", seen=picture.seen, steps=STEPS)
        told = {
            "now": picture.now,
            "sections": {"campaigns": section},
            "alarms": render_template("floor/warning_signs.html", alarms=picture.alarms),
        }
        found = json.dumps(told, ensure_ascii=False)
        picture.rendered[chosen] = found
    return found


@pages.get("/campaigns/<campaign_id>")
@allow(*LEADS)
@touches("view_campaign", "campaign", "campaign_id")
def show(campaign_id: str) -> ResponseReturnValue:
    """Return one campaign: funnel, answers per question, wards and months beside each other. The look is logged."""
    with context().database.write() as session:
        campaign = _campaign(session, campaign_id)
        _note(session, campaign, "view_campaign")
    with context().database.read() as session:  # counting takes long, and nobody waits for it
        questions, compared = (
            figure_queries.questions(session, campaign.id),
            group_queries.compare(session, campaign.id),
        )
        return render_template(
            "campaigns/campaign.html",
            campaign=campaign,
            funnel=figure_queries.funnel(session, campaign.id),
            questions=questions,
            told=results.attempts_with_reports(session, campaign.id),
            stops=stopping.of_campaign(session, campaign.id),
            groups=[("ward", compared.wards), ("month", compared.months)],
            scored=[question.name for question in questions if question.mean is not None],
            steps=STEPS,
        )


@pages.post("/campaigns/<campaign_id>/start")
@allow(*LEADS)
@touches("start_campaign", "campaign", "campaign_id")
def start(campaign_id: str) -> ResponseReturnValue:
    """Call from now on."""
    return _move(campaign_id, CampaignState.RUNNING)


@pages.post("/campaigns/<campaign_id>/pause")
@allow(*LEADS)
@touches("pause_campaign", "campaign", "campaign_id")
def pause(campaign_id: str) -> ResponseReturnValue:
    """Dial nobody until it is started again."""
    return _move(campaign_id, CampaignState.PAUSED)


@pages.post("/recipients/<recipient_id>/undo")
@allow(*LEADS)
@touches("undo_stop", "recipient", "recipient_id")
def undo_stop(recipient_id: str) -> ResponseReturnValue:
    """Undo what stopped this recipient's calls, as it was seen: with a reason, a death only when it is confirmed."""
    form = submitted(UndoForm)
    asked = undo_service.UndoRequest(
        why=form.why.data,
        user_id=current_user.id,
        token=form.seen.data,
        is_sure=form.sure.data,
        address=request.remote_addr or "",
    )
    try:
        done = undo_service.undo(context(), recipient_id, asked, clock.now())
        flash("stops.undone" if done.resumed else "stops.undone_nobody")
    except UndoRefused as refused:
        audit_marks.failed()
        flash(f"undo_fault.{refused.reason}")
    except NotFound:
        abort(404)
    with context().database.read() as session:
        recipient = results.recipient(session, recipient_id)
    if form.back.data == "patient" and recipient.patient_id:
        return redirect(url_for("patients.show", patient_id=recipient.patient_id))
    return redirect(url_for("campaigns.show", campaign_id=recipient.campaign_id))


def _move(campaign_id: str, state: CampaignState) -> ResponseReturnValue:
    with context().database.write() as session:
        campaign = _campaign(session, campaign_id)
        _note(session, campaign, "start_campaign" if state is CampaignState.RUNNING else "pause_campaign")
    try:
        if state is CampaignState.RUNNING:
            service.start(context().database, context().notifier, campaign.id, clock.now())
        else:
            service.pause(context().database, context().notifier, campaign.id)
    except (CampaignRefused, IllegalMove):
        audit_marks.failed()
        flash("campaigns.refused")
    return redirect(url_for("campaigns.show", campaign_id=campaign_id))


def _campaign(session: Session, campaign_id: str) -> Campaign:
    campaign = results.find(session, campaign_id)
    if campaign is None:
        abort(404)
    return campaign


def _note(session: Session, campaign: Campaign, action: str) -> None:
    audit_log.record(session, action, "campaign", campaign.id)
