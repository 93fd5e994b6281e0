"""The webhooks of a call in the menu, its end, and the sounds. Their signatures are checked; every answer is TwiML."""

from flask import Blueprint, Response, current_app, request

from hotline import clock
from ivr.dialogue import call_end_service, service
from ivr.dialogue.context import VoiceContext
from ivr.errors import PromptMissing
from ivr.outage import fallback_service as outage
from routing.calls import leg_service
from telephony import turn, webhook_urls
from telephony.provider import twiml

pages = Blueprint("ivr", __name__)
FOR_EVER = "public, max-age=31536000, immutable"


def voice_context() -> VoiceContext:
    """Return the context of this process, with the sounds that were rendered meanwhile."""
    voice: VoiceContext = current_app.extensions["voice"]
    voice.sounds.refresh(clock.now())
    return voice


def spoken(document: str) -> Response:
    """Return a document as the provider takes it."""
    return Response(document, content_type=twiml.CONTENT_TYPE)


def reported() -> leg_service.LegReport | None:
    """Return what this request reports of a line; `None` where it tells nothing of use."""
    told = turn.parse(request.form)
    if told.call_sid is None or told.status is None:
        return None
    return leg_service.LegReport(told.call_sid, told.status, told.sequence)


@pages.post(webhook_urls.INCOMING_CALL)
def incoming_call() -> Response:
    """Answer the number's voice address: a call comes in. `menu` in the address: straight to the menu."""
    voice, told = voice_context(), turn.parse(request.form)
    greeting = voice.greeter(told) if voice.greeter is not None and "menu" not in request.args else None
    return spoken(greeting or service.first_turn(voice, told, clock.now()))


@pages.post("/voice/calls/<call_id>/turns/<int:number>")
def next_turn(call_id: str, number: int) -> Response:
    """Answer a key, or that the time for one has passed."""
    return spoken(service.next_turn(voice_context(), call_id, number, turn.parse(request.form), clock.now()))


@pages.post(webhook_urls.CALL_STATUS)
def status() -> Response:
    """Take a status callback of the caller's line."""
    report = reported()
    if report is not None:
        call_end_service.line_reported(voice_context().app, report, clock.now())
    return Response(status=204)


@pages.post(webhook_urls.FALLBACK)
def fallback() -> Response:
    """Answer the number's fallback address: the provider could not use an answer of ours."""
    return spoken(outage.rescue(voice_context(), turn.parse(request.form), clock.now()))


@pages.get("/voice/prompts/<digest>.wav")
def prompt(digest: str) -> Response:
    """Return the sound of a prompt; it holds no patient data, so it needs no signature."""
    try:
        sound = voice_context().sounds.audio(digest)
    except PromptMissing:
        return Response(status=404)
    return Response(sound, mimetype="audio/wav", headers={"Cache-Control": FOR_EVER})
