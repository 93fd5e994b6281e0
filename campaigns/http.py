"""The webhooks of calls to patients: picked up, what the line does, whether a machine answered."""

from flask import Blueprint, Response, current_app, request

from campaigns import calling, conversation, talking
from hotline import clock
from hotline.ground import Ground
from routing.legs import Report
from telephony import turn, twiml

pages = Blueprint("campaigns", __name__)
BASE = "/voice/campaigns/attempts/{}"


def _ground() -> Ground:
    ground: Ground = current_app.extensions["ground"]
    return ground


@pages.post("/voice/campaigns/attempts/<attempt_id>/answer")
def answer(attempt_id: str) -> Response:
    """Somebody or something picked up: the conversation begins."""
    ground, now = _ground(), clock.now()
    start = talking.answered(ground, attempt_id, turn.parse(request.form).call_sid, now)
    spoken = conversation.goodbye(ground) if start is None else conversation.begin(ground, start, now)
    return Response(spoken, content_type=twiml.CONTENT_TYPE)


@pages.post("/voice/campaigns/attempts/<attempt_id>/status")
def status(attempt_id: str) -> Response:
    """A status callback of the patient's line."""
    said = turn.parse(request.form)
    if said.call_sid is not None and said.status is not None:
        calling.report(_ground(), attempt_id, Report(said.call_sid, said.status, said.sequence), clock.now())
    return Response(status=204)


@pages.post("/voice/campaigns/attempts/<attempt_id>/machine")
def machine(attempt_id: str) -> Response:
    """Whether a machine answered, as the exchange guesses beside the call."""
    heard = turn.parse(request.form).answered_by
    if heard is not None:
        talking.heard(_ground(), attempt_id, heard)
    return Response(status=204)
