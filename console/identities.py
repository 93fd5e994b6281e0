"""What messages tell otherwise of who a patient is: staff accept or refuse it. Every look is logged."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns import deciding
from campaigns.importing import identities
from console import looks, trail
from console.access import LEADS, allow, ground
from console.trail import touches, touches_nothing
from hotline import clock

pages = Blueprint("identities", __name__)


@pages.get("/identities")
@allow(*LEADS)
@touches("view_identity", "identity", "identities", lists=True)
def listing() -> ResponseReturnValue:
    """Every name, number or birth date that waits, beside what is known."""
    with ground().database.write() as session:
        found = deciding.waiting(session)
        for one in found:
            subject = ("identity", one.proposal.id)
            entry = looks.look(current_user.id, "view_identity", subject, clock.now(), request.remote_addr or "")
            looks.note_once(session, entry)
        trail.showed(len(found))
        return render_template("identities.html", waiting=found, fields=identities.FIELDS)


@pages.post("/identities/<proposal_id>")
@allow(*LEADS)
@touches_nothing("the decision, which is logged by itself")
def decide(proposal_id: str) -> ResponseReturnValue:
    """What was told counts from now on (`accept=yes`), or is refused."""
    is_accepted = request.form.get("accept") == "yes"
    decision = deciding.Decision(is_accepted, current_user.id, request.remote_addr or "")
    is_news = deciding.decide(ground(), proposal_id, decision, clock.now())
    flash(("identities.accepted" if is_accepted else "identities.refused") if is_news else "identities.decided_before")
    return redirect(url_for("identities.listing"))
