"""The voice process: the public webhooks alone. Checks every signature, and never answers a caller with an error."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.exceptions import HTTPException

from campaigns import conversation
from campaigns.http import pages as campaigns_pages
from hotline import clock, log
from hotline.ground import Ground
from hotline.values import Language
from ivr import desk as front
from ivr import prompts
from ivr.http import pages as ivr_pages
from recordings.http import pages as recordings_pages
from routing.http import pages as routing_pages
from telephony import signature, twiml
from telephony.provider import Provider
from telephony.verbs import Hangup, Pause, Redirect, Say, Verb

LARGEST_FORM = 64 * 1024
# The last words to a caller, when neither flow nor database can be relied on.
APOLOGY = (
    Say("很抱歉，系统出现问题，请稍后再拨。紧急情况请拨打120。", Language.MANDARIN),
    Say("We are sorry. Something went wrong. Please call again. In an emergency, dial 120.", Language.ENGLISH),
)
REPORTS = ("/status", "/events")  # nobody listens to the answer; the clock asks about what was missed
WAIT_SECONDS = 5

health = Blueprint("health", __name__)


def create(ground: Ground, provider: Provider) -> Flask:
    """The app on these open resources. Raises `FlowFault` when the hospital's flow cannot be used."""
    app = Flask("voice", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    desk = replace(front.open_desk(ground), greeter=partial(conversation.recognised, ground))
    prompts.prepare(ground, desk.flow, clock.now())
    app.extensions |= {"ground": ground, "provider": provider, "desk": desk}
    for pages in (ivr_pages, routing_pages, recordings_pages, campaigns_pages, health):
        app.register_blueprint(pages)
    app.before_request(_check_signature)
    app.register_error_handler(Exception, _spoken)
    return app


@health.get("/healthz")
def healthy() -> str:
    """Say that the process answers."""
    return "ok\n"


def _check_signature() -> None:
    """403 for what the exchange did not sign. The address is ours by the settings, whatever the Host header says."""
    if request.method != "POST":
        return
    settings = current_app.extensions["ground"].settings
    query = request.query_string.decode("ascii", "replace")
    url = settings.voice_url.rstrip("/") + request.path + (f"?{query}" if query else "")
    token = settings.twilio_auth_token.get_secret_value()
    if not signature.is_genuine(url, request.form, request.headers.get(signature.HEADER), token):
        log.get().warning("signature_wrong", endpoint=request.endpoint)
        abort(403)


def _spoken(error: Exception) -> Any:
    """A fault of ours or an address that is none: the caller hears a way out, and whoever reads the log the fault."""
    if isinstance(error, HTTPException) and (request.method != "POST" or error.code in {403, 413}):
        return error
    log.get().error("webhook_failed", endpoint=request.endpoint, exc_info=error)
    if request.path.endswith(REPORTS):
        return Response(status=503)
    return Response(twiml.render(_way_out(request.path)), content_type=twiml.CONTENT_TYPE)


def _way_out(path: str) -> Sequence[Verb]:
    """What stands in for the answer that failed. The way to a person says sorry itself; it is tried once."""
    if path.endswith("/wait"):
        return (Pause(WAIT_SECONDS), Redirect(path))
    if path.startswith("/voice/calls"):
        return (Redirect(front.RESCUE),)
    return (*APOLOGY, Hangup())
