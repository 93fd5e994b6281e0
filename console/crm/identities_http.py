"""What messages tell otherwise of who a patient is: staff accept or refuse it. Every look is logged."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns.importing.visits import identity_queries
from campaigns.stopping import identity_service
from console.crm.forms import IdentityForm
from console.web import audit_log, audit_marks
from console.web.access import LEADS, allow, context
from console.web.audit_marks import touches, touches_nothing
from console.web.forms import submitted
from hotline import clock

pages = Blueprint("identities", __name__)


@pages.get("/identities")
@allow(*LEADS)
@touches("view_identity", "identity", "identities", lists=True)
def listing() -> ResponseReturnValue:
    """Return every name, number or birth date that waits, beside what is known."""
    with context().database.write() as session:
        found = identity_service.waiting(session)
        for one in found:
            audit_log.record_once(session, "view_identity", "identity", one.proposal.id)
        audit_marks.showed(len(found))
        return render_template("crm/identities.html", waiting=found, fields=identity_queries.FIELDS)


@pages.post("/identities/<proposal_id>")
@allow(*LEADS)
@touches_nothing("the decision, which is logged by itself")
def decide(proposal_id: str) -> ResponseReturnValue:
    """Accept what was told (`accept=yes`), so that it counts from now on, or refuse it."""
    is_accepted = submitted(IdentityForm).accept.data
    decision = identity_service.Decision(is_accepted, current_user.id, request.remote_addr or "")
    is_news = identity_service.decide(context(), proposal_id, decision, clock.now())
    flash(("identities.accepted" if is_accepted else "identities.refused") if is_news else "identities.decided_before")
    return redirect(url_for("identities.listing"))
