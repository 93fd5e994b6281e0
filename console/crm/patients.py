"""The page of one patient: every try to reach them, their cases and calls. Every look is logged."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from console.calls import http
from console.campaigns import stop_queries
from console.crm import cases, need, patient_queries
from console.crm.patient_queries import History
from console.web import audit_log
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches
from hotline import clock

pages = Blueprint("patients", __name__)
# What staff should know of a patient before they speak, where it is so.
FACTS = ("cardiac", "diabetic", "limited_mobility", "flagged", "do_not_call", "deceased")


@pages.get("/patients/<patient_id>")
@allow(*STAFF)
@touches("view_patient", "patient", "patient_id")
def show(patient_id: str) -> ResponseReturnValue:
    """One patient's history, for whoever has to do with them. The look is logged before anything is shown."""
    with context().database.write() as session:
        found = patient_queries.history(session, patient_id)
        if found is None or not may_see(session, found):
            abort(404)
        open_cases = {case.id for case in cases.seen(session, found.cases)}
        stops = stop_queries.of_patient(session, patient_id)
        subject = ("patient", patient_id)
        audit_log.note(
            session, audit_log.look(current_user.id, "view_patient", subject, clock.now(), request.remote_addr or "")
        )
    return render_template(
        "patient.html",
        found=found,
        stops=stops,
        facts=FACTS,
        now=clock.now(),
        opens_call=http.may_see,
        opens_case=lambda case: case.id in open_cases,
    )


def may_see(session: Session, found: History) -> bool:
    """Leads see everybody; agents whom they spoke with lately, who calls now, and those of their open cases."""
    return patient_queries.belongs_to(session, found.patient.id, need.reader(session), clock.now())
