"""Reports of quality: read in the browser, or made as a file; and the samples with their proof."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.reports.forms import PERIODS, ReportForm
from console.web import language
from console.web.access import LEADS, STAFF, allow, context
from console.web.audit_marks import touches, touches_nothing
from console.web.flash_errors import logged, note, refusals
from console.web.forms import submitted
from hotline import clock
from qa.reports import report_queries, service
from qa.reports import values as reports_values
from qa.reports.values import KINDS, UNITS, ReportRequest
from qa.reports.words import words
from qa.sampling import service as sampling_service
from routing.agents import queries as agent_queries
from routing.queues import queries as queue_queries

if TYPE_CHECKING:
    from hotline.models import Report

pages = Blueprint("reporting", __name__)

LONGEST_DAYS = 400


@pages.get("/reports")
@allow(*STAFF)
@touches("view_report", "report", "report")
def show() -> ResponseReturnValue:
    """Return a report in the browser: supervisors choose of whom, an agent sees their own."""
    form = submitted(ReportForm, request.values)
    wanted, period = _wanted(form), form.period.data
    spoken = language.chosen(request)
    with context().database.write() as session:
        note(session, "view_report", wanted.agent_id or "everybody", "report")
        made = report_queries.build(session, context().settings, wanted, spoken, clock.now())
        files = service.of_user(session, current_user.id)
        agents = agent_queries.everyone(session) if current_user.sees_all_calls else []
        departments = agent_queries.departments(session)
        lines = queue_queries.queues(session)
    choice = {"agents": agents, "departments": departments, "queues": lines, "periods": PERIODS, "units": UNITS}
    shown = {"shown": reports_values.cell_text, "say": words(spoken), "period": period, "kinds": KINDS}
    return render_template("reports/report.html", report=made, wanted=wanted, files=files, **choice, **shown)


@pages.post("/reports")
@allow(*STAFF)
@touches("export_report", "report", "report")
def ask() -> ResponseReturnValue:
    """Have the report made as a file."""
    form = submitted(ReportForm, request.values)
    wanted = _wanted(form)
    with refusals():
        made = service.request_report(
            context().database,
            context().notifier,
            current_user.id,
            wanted,
            clock.now(),
            file_format=form.format.data,
            language=language.chosen(request),
        )
        logged("export_report", made, "report")
    return redirect(url_for("reporting.show", **_query(wanted)))


@pages.get("/reports/<report_id>")
@allow(*STAFF)
@touches_nothing("how far a file is")
def state(report_id: str) -> ResponseReturnValue:
    """Return how far a file is, as JSON."""
    row = _own(report_id)
    return jsonify(state=row.state, progress=row.progress)


@pages.get("/reports/<report_id>/file")
@allow(*STAFF)
@touches("fetch_report", "report", "report_id")
def file(report_id: str) -> ResponseReturnValue:
    """Return the file, for whoever asked for it; logged."""
    row = _own(report_id)
    content = service.report_file(context().objects, row)
    logged("fetch_report", report_id, "report")
    name = f"{row.kind}-{row.parameters['since']}-{row.parameters['until']}.{row.format}"
    return send_file(io.BytesIO(content), mimetype=service.FORMATS[row.format], as_attachment=True, download_name=name)


@pages.get("/samples")
@allow(*LEADS)
@touches("view_samples", "sample", "draws")
def samples() -> ResponseReturnValue:
    """Return the draws of the last days, each drawn again to prove it."""
    with context().database.read() as session:
        rows = sampling_service.latest(session)
        agents = agent_queries.by_id(session)
    proven = {row.id: sampling_service.is_proven(row) for row in rows}
    logged("view_samples", "draws", "sample")
    return render_template("reports/samples.html", rows=rows, proven=proven, agents=agents)


def _own(report_id: str) -> Report:
    with context().database.read() as session:
        row = service.find(session, report_id)
    if row is None or row.made_by != current_user.id:
        abort(404)
    return row


def _wanted(form: ReportForm) -> ReportRequest:
    since, until = _days(form, context().settings.day(clock.now()))
    if not 0 <= (until - since).days <= LONGEST_DAYS:
        abort(400)
    kind, unit = form.kind.data, form.unit.data
    if not current_user.sees_all_calls:
        return ReportRequest(kind, since, until, unit, current_user.agent_id or "-")
    return ReportRequest(kind, since, until, unit, form.agent.data, form.department.data, form.queue.data)


def _days(form: ReportForm, today: date) -> tuple[date, date]:
    month = today.replace(day=1)
    quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
    before = month - timedelta(days=1)
    earlier = quarter - timedelta(days=1)
    periods = {
        "last_7": (today - timedelta(days=6), today),
        "last_30": (today - timedelta(days=29), today),
        "this_month": (month, today),
        "last_month": (before.replace(day=1), before),
        "this_quarter": (quarter, today),
        "this_year": (month.replace(month=1), today),
        "last_quarter": (earlier.replace(month=earlier.month - 2, day=1), earlier),
    }
    if form.period.data in periods:
        return periods[form.period.data]
    if form.since.data is None or form.until.data is None:
        abort(400)
    return form.since.data, form.until.data


def _query(wanted: ReportRequest) -> dict[str, Any]:
    days = {"period": "own", "since": wanted.since.isoformat(), "until": wanted.until.isoformat()}
    rest = {"agent": wanted.agent_id, "department": wanted.department, "queue": wanted.queue}
    return days | {"kind": wanted.kind, "unit": wanted.unit} | rest
