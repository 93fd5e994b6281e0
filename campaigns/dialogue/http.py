"""The webhooks of calls to patients: picked up, what the line does, whether a machine answered."""

from flask import Blueprint, Response, current_app, request

from campaigns.dialling import service
from campaigns.dialogue import missed_patient_service, progress_service
from campaigns.dialogue import service as dialogue_service
from hotline import clock, log
from hotline.context import AppContext
from ivr.dialogue import call_end_service
from routing.calls.leg_service import LegReport
from telephony import turn, webhook_urls
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider, twiml

pages = Blueprint("campaigns", __name__)


def _context() -> AppContext:
    context: AppContext = current_app.extensions["context"]
    return context


@pages.post("/voice/campaigns/attempts/<attempt_id>/answer")
def answer(attempt_id: str) -> Response:
    """Answer a line that somebody or something picked up: the conversation begins."""
    context, now = _context(), clock.now()
    sid = turn.parse(request.form).call_sid
    details = progress_service.answered(context.database, attempt_id, sid, now)
    spoken = (
        dialogue_service.goodbye(context.settings)
        if details is None
        else dialogue_service.begin(context, details, sid, now)
    )
    return Response(spoken, content_type=twiml.CONTENT_TYPE)


@pages.post("/voice/campaigns/attempts/<attempt_id>/turns/<int:number>")
def next_turn(attempt_id: str, number: int) -> Response:
    """Answer a key, words, or that the time for them has passed."""
    spoken = dialogue_service.next_turn(_context(), attempt_id, number, turn.parse(request.form), clock.now())
    return Response(spoken, content_type=twiml.CONTENT_TYPE)


@pages.post("/voice/campaigns/attempts/<attempt_id>/unanswered")
def unanswered(attempt_id: str) -> Response:
    """Answer a patient for whom no nurse came within the rings: what to do meanwhile."""
    return Response(
        dialogue_service.unanswered(_context().database, _context().settings, attempt_id),
        content_type=twiml.CONTENT_TYPE,
    )


@pages.post("/voice/campaigns/back")
def missed_patient_calls() -> Response:
    """Answer a patient whom we tried to reach, who has called and chosen between going on and the menu."""
    spoken = missed_patient_service.answer(_context(), turn.parse(request.form), clock.now())
    return Response(spoken, content_type=twiml.CONTENT_TYPE)


@pages.post("/voice/campaigns/attempts/<attempt_id>/status")
def status(attempt_id: str) -> Response:
    """Take a status callback of the patient's line."""
    said = turn.parse(request.form)
    if said.call_sid is not None and said.status is not None:
        report = LegReport(said.call_sid, said.status, said.sequence)
        # What the call became is told before what follows.
        call_end_service.line_reported(_context(), report, clock.now())
        service.report(_context(), attempt_id, report, clock.now())
    return Response(status=204)


@pages.post("/voice/campaigns/attempts/<attempt_id>/machine")
def machine(attempt_id: str) -> Response:
    """Take who answered, as the provider guesses beside the call: the line goes on accordingly at once."""
    heard = turn.parse(request.form).answered_by
    sid = None if heard is None else progress_service.note_answered_by(_context().database, attempt_id, heard)
    if sid is not None:
        _redirect(sid, attempt_id)
    return Response(status=204)


def _redirect(sid: str, attempt_id: str) -> None:
    provider: Provider = current_app.extensions["provider"]
    url = webhook_urls.absolute(_context().settings.voice_url, webhook_urls.attempt_known(attempt_id))
    try:
        provider.redirect(sid, url)
    except (ProviderDown, ProviderRefused) as error:
        # Its next turn finds what was heard.
        log.get().info("line_not_redirected", attempt_id=attempt_id, error=str(error))


@pages.post("/voice/campaigns/attempts/<attempt_id>/known")
def answered_by_known(attempt_id: str) -> Response:
    """Answer a line of which it is known who answered: the question for the patient, or the wording for machines."""
    return Response(
        dialogue_service.answered_by_known(_context(), attempt_id, clock.now()), content_type=twiml.CONTENT_TYPE
    )
