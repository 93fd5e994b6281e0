"""The voice process: the public webhooks alone. Checks every signature, and never answers a caller with an error."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as WerkzeugResponse

from campaigns.dialogue import service
from campaigns.dialogue.http import pages as campaigns_pages
from hotline import clock, log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.outage import Outage, is_away
from hotline.values.language import Language
from hotline.values.states.leg import ENDED_LEGS
from ivr.dialogue import context as front
from ivr.dialogue.context import Desk
from ivr.dialogue.http import pages as ivr_pages
from ivr.outage.kept_callers import Kept
from ivr.prompts import catalogue
from recordings.storage.http import pages as recordings_pages
from routing.calls.http import pages as routing_pages
from telephony import signature, turn, twiml
from telephony.provider import Provider
from telephony.verbs import Hangup, Redirect, Say, Verb
from voice.time_limits import LARGEST_FORM, Bounded

# The last words to a line that is none of a caller's, when our own code fails.
APOLOGY = (
    Say("很抱歉，系统出现问题，请稍后再拨。紧急情况请拨打120。", Language.MANDARIN),
    Say("We are sorry. Something went wrong. Please call again. In an emergency, dial 120.", Language.ENGLISH),
)
REPORTS = ("/status", "/events", "/machine")  # nobody listens to the answer; the clock asks about what was missed
PREPARE_EVERY_SECONDS, MAKE_UP_EVERY_SECONDS = 1.0, 5.0

health = Blueprint("health", __name__)


def create(context: AppContext, provider: Provider) -> Flask:
    """The app on these open resources. Raises `FileFault` when the hospital's flow cannot be used."""
    app = Flask("voice", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    desk = replace(front.open_desk(context), greeter=partial(service.recognised, context))
    outage, kept = Outage(context.database), Kept(desk)
    outage.at_end(partial(_make_up, context, outage, kept))
    context.database.background(partial(_prepare, desk, outage), "prepare")
    app.extensions |= {"context": context, "provider": provider, "desk": desk, "outage": outage, "kept": kept}
    for pages in (ivr_pages, routing_pages, recordings_pages, campaigns_pages, health):
        app.register_blueprint(pages)
    app.before_request(_check_signature)
    app.before_request(_spare)
    app.after_request(_is_back)
    app.register_error_handler(Exception, _spoken)
    app.wsgi_app = Bounded(app.wsgi_app, partial(_late, app))  # type: ignore[method-assign,assignment] # as Flask advises
    return app


def _prepare(desk: Desk, outage: Outage) -> None:
    """Have the flow's prompts rendered, and hold them; begun again for as long as the database is away."""
    is_asked, closing = False, desk.context.database.closing
    while not closing.is_set():
        try:
            if not is_asked:
                catalogue.prepare(desk.context, desk.flow, clock.now())
                is_asked = True
            if desk.sounds.hold_all(clock.now()):
                return
        except Exception as error:
            if is_away(error):
                outage.begin()
            else:
                log.get().exception("prompts_not_prepared")
        closing.wait(PREPARE_EVERY_SECONDS)


def _make_up(context: AppContext, outage: Outage, kept: Kept) -> None:
    while not outage.is_on and kept.make_up(clock.now()):
        if context.database.closing.wait(MAKE_UP_EVERY_SECONDS):
            return


@health.get("/healthz")
def healthy() -> str:
    """Say that the process answers."""
    return "ok\n"


def _check_signature() -> None:
    """403 for what the exchange did not sign. The address is ours by the settings, whatever the Host header says."""
    if request.method == "POST" and not _is_genuine(request, current_app.extensions["context"].settings):
        log.get().warning("signature_wrong", endpoint=request.endpoint)
        abort(403)


def _is_genuine(asked: Request, settings: Settings) -> bool:
    query = asked.query_string.decode("ascii", "replace")
    url = settings.voice_url.rstrip("/") + asked.path + (f"?{query}" if query else "")
    token = settings.twilio_auth_token.get_secret_value()
    return signature.is_genuine(url, asked.form, asked.headers.get(signature.HEADER), token)


def _spare() -> Any:
    """While the database is away nobody waits for it: the answer that needs none, at once."""
    outage: Outage = current_app.extensions["outage"]
    if request.method != "POST" or not outage.is_on:
        return None
    return _instead(request, current_app.extensions["kept"])


def _is_back(response: Response) -> Response:
    is_asked = request.method == "POST" and not request.path.endswith(REPORTS)
    if is_asked and not current_app.extensions["outage"].is_on and response.status_code < 400:
        current_app.extensions["kept"].back(request.form.get("CallSid"))
    return response


def _late(app: Flask, asked: Request) -> WerkzeugResponse:
    """The answer to a webhook that has none in time: it may not even have come to the check of its signature."""
    if not _is_genuine(asked, app.extensions["context"].settings):
        return Response(status=403)
    app.extensions["outage"].begin()
    return _instead(asked, app.extensions["kept"])


def _spoken(error: Exception) -> Any:
    """A fault of ours or an address that is none: the caller hears a way out, and whoever reads the log the fault."""
    if isinstance(error, HTTPException) and (request.method != "POST" or error.code in {403, 413}):
        return error
    if is_away(error):
        current_app.extensions["outage"].begin()
        log.get().warning("webhook_without_database", endpoint=request.endpoint, error=type(error).__name__)
    else:
        log.get().error("webhook_failed", endpoint=request.endpoint, exc_info=error)
    if request.method != "POST":
        return Response(status=503)
    return _instead(request, current_app.extensions["kept"])


def _instead(asked: Request, kept: Kept) -> WerkzeugResponse:
    """What stands in for the answer that cannot be had: every caller is kept, nobody is sent away."""
    path, said, now = asked.path, turn.parse(asked.form), clock.now()
    since = _seconds(asked.args.get("since", ""))
    if path.endswith(REPORTS):
        return Response(status=503)
    if path.endswith("/done") or said.status in ENDED_LEGS:
        verbs: Sequence[Verb] = (Hangup(),)
    elif path == front.FALLBACK:
        verbs = kept.help(said, since, now)
    elif path.endswith("/wait"):
        verbs = kept.in_line(said, path, since, now)
    elif path.startswith("/voice/calls"):
        verbs = (Redirect(front.FALLBACK),)
    elif path.startswith("/voice/"):
        verbs = kept.once_more(path, since, now)
    else:
        verbs = (*APOLOGY, Hangup())
    return Response(twiml.render(verbs), content_type=twiml.CONTENT_TYPE)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
