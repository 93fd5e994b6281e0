"""What stands in for an answer that cannot be had: every caller is kept, nobody hears an error."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as WerkzeugResponse

from hotline import clock, log
from hotline.database.outage import Outage, is_away
from hotline.values.language import Language
from hotline.values.states.leg import ENDED_LEGS
from ivr.outage.kept_callers_service import KeptCallers
from telephony import turn, webhook_urls
from telephony.provider import twiml
from telephony.verbs import Hangup, Redirect, Say, Verb
from voice.signature_check import is_genuine

# The last words to a line that is none of a caller's, when our own code fails.
APOLOGY = (
    Say("很抱歉，系统出现问题，请稍后再拨。紧急情况请拨打120。", Language.MANDARIN),
    Say("We are sorry. Something went wrong. Please call again. In an emergency, dial 120.", Language.ENGLISH),
)
REPORTS = ("/status", "/events", "/machine")  # nobody listens to the answer; the clock asks about what was missed
# Answered for what they say, not for what they are: a refusal stays a refusal.
REFUSALS = frozenset({403, 413})


def install(app: Flask) -> None:
    """Have the app answer without the database while it is away, and whatever fails."""
    app.before_request(_answer_while_away)
    app.after_request(_note_served)
    app.register_error_handler(Exception, _answer_fault)


def _answer_while_away() -> WerkzeugResponse | None:
    """While the database is away nobody waits for it: the answer that needs none, at once."""
    outage: Outage = current_app.extensions["outage"]
    if request.method != "POST" or not outage.is_on:
        return None
    return _answer_without_database(request, current_app.extensions["kept"])


def _note_served(response: Response) -> Response:
    is_asked = request.method == "POST" and not request.path.endswith(REPORTS)
    if is_asked and not current_app.extensions["outage"].is_on and response.status_code < 400:
        current_app.extensions["kept"].forget(request.form.get("CallSid"))
    return response


def answer_late(app: Flask, webhook: Request) -> WerkzeugResponse:
    """Answer a webhook that has no answer in time: it may not even have come to the check of its signature."""
    if not is_genuine(webhook, app.extensions["context"].settings):
        return Response(status=403)
    app.extensions["outage"].begin()
    return _answer_without_database(webhook, app.extensions["kept"])


def _answer_fault(error: Exception) -> Any:
    """Answer after a fault of ours, or at an address that is none: a way out for the caller, the fault in the log."""
    if isinstance(error, HTTPException) and (request.method != "POST" or error.code in REFUSALS):
        return error
    if is_away(error):
        current_app.extensions["outage"].begin()
        log.get().warning("webhook_without_database", endpoint=request.endpoint, error=type(error).__name__)
    else:
        log.get().error("webhook_failed", endpoint=request.endpoint, exc_info=error)
    if request.method != "POST":
        return Response(status=503)
    return _answer_without_database(request, current_app.extensions["kept"])


def _answer_without_database(webhook: Request, kept: KeptCallers) -> WerkzeugResponse:
    path, told, now = webhook.path, turn.parse(webhook.form), clock.now()
    since = _seconds(webhook.args.get("since", ""))
    if path.endswith(REPORTS):
        return Response(status=503)
    if path.endswith("/done") or told.status in ENDED_LEGS:
        verbs: Sequence[Verb] = (Hangup(),)
    elif path == webhook_urls.FALLBACK:
        verbs = kept.help(told, since, now)
    elif path.endswith("/wait"):
        verbs = kept.in_queue(told, path, since, now)
    elif path.startswith(webhook_urls.INCOMING_CALL):
        verbs = (Redirect(webhook_urls.FALLBACK),)
    elif path.startswith("/voice/"):
        verbs = kept.once_more(path, since, now)
    else:
        verbs = (*APOLOGY, Hangup())
    return Response(twiml.render(verbs), content_type=twiml.CONTENT_TYPE)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
