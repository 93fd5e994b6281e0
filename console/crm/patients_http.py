"""The page of one patient: every attempt to reach them, their cases and calls. Every look is logged."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from campaigns.stopping import queries as stopping
from console.crm import cases_http, patient_record
from console.crm.reader import reader
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
    """Show one patient's history to whoever has to do with them. The look is logged before anything is shown."""
    with context().database.write() as session:
        record = patient_record.find(session, patient_id)
        if record is None or not patient_record.is_known_to(session, record.patient, reader(session), clock.now()):
            abort(404)
        open_cases = {case.id for case in cases_http.visible(session, record.cases)}
        stops = stopping.of_patient(session, patient_id)
        audit_log.record(session, "view_patient", "patient", patient_id)
    return render_template(
        "crm/patient.html",
        record=record,
        stops=stops,
        facts=FACTS,
        now=clock.now(),
        opens_case=lambda case: case.id in open_cases,
    )
