"""The voice process: the public webhooks alone. It checks every signature and never answers a caller with an error."""

from dataclasses import replace
from functools import partial

from flask import Blueprint, Flask

from campaigns.dialogue import missed_patient_service
from campaigns.dialogue.http import pages as campaigns_pages
from hotline import clock, log
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.database.outage import Outage, is_away
from ivr.dialogue.context import VoiceContext, open_voice_context
from ivr.dialogue.http import pages as ivr_pages
from ivr.outage.kept_callers_service import KeptCallers
from ivr.prompts import service as prompt_service
from ivr.waiting.http import pages as waiting_pages
from recordings.storage.http import pages as recordings_pages
from routing.calls.http import pages as routing_pages
from telephony.provider import Provider
from voice import error_wrapper, signature_check
from voice.time_limits import ANSWER_SECONDS, LARGEST_FORM, TimeLimited

PREPARE_EVERY_SECONDS, MAKE_UP_EVERY_SECONDS = 1.0, 5.0

health = Blueprint("health", __name__)


def create(context: AppContext, provider: Provider, answer_seconds: float = ANSWER_SECONDS) -> Flask:
    """Return the app on these open resources; a webhook that has no answer in time is given one without the database.

    Raises `FlowFault` when the hospital's flow cannot be used.
    """
    app = Flask("voice", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    voice = replace(open_voice_context(context), greeter=partial(missed_patient_service.greet, context))
    outage, kept = Outage(context.database), KeptCallers(voice)
    outage.at_end(partial(_serve_kept_callers, context.database, outage, kept))
    context.database.background(partial(_prepare_prompts, voice, outage), "prepare")
    app.extensions |= {"context": context, "provider": provider, "voice": voice, "outage": outage, "kept": kept}
    for pages in (ivr_pages, waiting_pages, routing_pages, recordings_pages, campaigns_pages, health):
        app.register_blueprint(pages)
    app.before_request(signature_check.refuse_forged)
    error_wrapper.install(app)
    limited = TimeLimited(app.wsgi_app, partial(error_wrapper.answer_late, app), answer_seconds)
    app.wsgi_app = limited  # type: ignore[method-assign,assignment] # as Flask advises
    return app


@health.get("/healthz")
def healthy() -> str:
    """Say that the process answers."""
    return "ok\n"


def _prepare_prompts(voice: VoiceContext, outage: Outage) -> None:
    """Have the flow's prompts rendered, and hold them; begun again for as long as the database is away."""
    is_asked, closing = False, voice.app.database.closing
    while not closing.is_set():
        try:
            if not is_asked:
                prompt_service.prepare(voice.app.database, voice.app.notifier, voice.flow, clock.now())
                is_asked = True
            if voice.sounds.hold_all(clock.now()):
                return
        except Exception as error:
            if is_away(error):
                outage.begin()
            else:
                log.get().exception("prompts_not_prepared")
        closing.wait(PREPARE_EVERY_SECONDS)


def _serve_kept_callers(database: Database, outage: Outage, kept: KeptCallers) -> None:
    """After an outage: write down what became of the callers who were kept, until none is awaited any more."""
    while not outage.is_on and kept.make_up(clock.now()):
        if database.closing.wait(MAKE_UP_EVERY_SECONDS):
            return
