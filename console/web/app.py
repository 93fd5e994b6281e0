"""The app of the staff pages, made once per process: sign-in, pages, headers, limits. Public webhooks live apart."""

import hashlib
from datetime import timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request, session
from flask.wrappers import Response
from flask_login import current_user
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from console.accounts import account, sign_in, users
from console.admin import audit_http, failed_work, roster
from console.calls import event_text, search, sound, transcripts
from console.calls import http as calls_http
from console.campaigns import answers
from console.campaigns import http as campaigns_http
from console.crm import cases, identities, patients
from console.desk import conversation, http, presence
from console.floor import http as floor_http
from console.quality import http as quality_http
from console.web import access, audit_marks, faults, formatting, language
from console.web.audit_marks import touches_nothing
from hotline import clock
from hotline.context import AppContext
from hotline.values.language import Language
from routing.queues import queues_file

# Everything the pages use is served from here; nothing is inline.
CONTENT_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def create(context: AppContext) -> Flask:
    """The staff pages on the open resources of this process."""
    app = Flask("console.web", static_folder="static", template_folder="templates")
    app.extensions["context"] = context
    app.config.update(_config(context))
    if proxies := context.settings.trusted_proxies:
        # Only then: without a proxy anyone could claim any address, and wrong passwords would count for nothing.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign] # Flask's way
    audit_marks.watch(app)
    access.guard(app)
    CSRFProtect(app)
    _headers(app, context)
    for pages in (
        sign_in.pages,
        account.pages,
        floor_http.pages,
        http.pages,
        calls_http.pages,
        sound.pages,
        cases.pages,
        users.pages,
        roster.pages,
        conversation.pages,
    ):
        app.register_blueprint(pages)
    quality_http.register(app)
    transcripts.register(app)
    app.register_blueprint(search.pages)
    app.register_blueprint(campaigns_http.pages)
    app.register_blueprint(patients.pages)
    app.register_blueprint(failed_work.pages)
    app.register_blueprint(identities.pages)
    app.register_blueprint(presence.pages)
    app.register_blueprint(audit_http.pages)
    presence.watch(app)
    http.open_line(app, context.settings, CONTENT_POLICY)
    app.add_url_rule("/healthz", view_func=healthy)
    audit_marks.touches_nothing("style and scripts")(access.allow_everyone(app.view_functions["static"]))
    faults.handle(app)
    floor_http.open_live(app, context)
    campaigns_http.open_live(app, context)
    _dress(app, context)
    return app


@access.allow_everyone
@touches_nothing("says only that the process answers")
def healthy() -> str:
    """Say that the process answers."""
    return "ok\n"


def _config(context: AppContext) -> dict[str, Any]:
    return {
        "SECRET_KEY": context.settings.secret_key.get_secret_value(),
        "SESSION_COOKIE_NAME": "hotline",
        "SESSION_COOKIE_SECURE": _is_https(context),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=context.settings.session_hours),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30),
        "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
        "WTF_CSRF_SSL_STRICT": _is_https(context),
        "MAX_CONTENT_LENGTH": 64 * 1024,
    }


def _is_https(context: AppContext) -> bool:
    return context.settings.console_url.startswith("https://")


def _headers(app: Flask, context: AppContext) -> None:
    https = _is_https(context)
    Talisman(
        app,
        force_https=False,  # whoever ends the encryption in front of this process redirects
        strict_transport_security=https,
        session_cookie_secure=https,
        content_security_policy=CONTENT_POLICY,
        referrer_policy="same-origin",
        permissions_policy={"microphone": "(self)", "camera": "()", "geolocation": "()"},
    )

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        # Pages show patients: neither a browser nor anything between may keep them.
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "private, no-store"
        return response


def _dress(app: Flask, context: AppContext) -> None:
    zone = ZoneInfo(context.settings.timezone)
    version = _version()
    queues, labels = queues_file.of(context.settings), answers.of(context)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        clock=lambda moment: formatting.clock(moment, zone),
        day=lambda moment: formatting.day(moment, zone),
        number=formatting.number,
        rings=formatting.rings,
        length=formatting.length,
        absent=formatting.absent,
        percent=formatting.percent,
        epoch=lambda moment: f"{moment.timestamp():.3f}",
        end_reason=lambda code, words: event_text.end_reason(words, code),
        reason=lambda reason, words: event_text.reason(words, reason, queues),
        question=labels.question,
        answer=labels.value,
        step=answers.step,
        told=labels.told,
    )
    app.jinja_env.globals.update(tell=event_text.tell, bar_name=event_text.bar)

    @app.context_processor
    def words() -> dict[str, Any]:
        chosen = language.chosen(request)
        is_chinese = chosen is Language.MANDARIN
        return {
            "t": language.words(chosen),
            "language": chosen,
            "languages": language.NAMES,
            "hospital": context.settings.hospital_name_zh if is_chinese else context.settings.hospital_name_en,
            "ring_seconds": context.settings.ring_seconds,
            "version": version,
            "user": current_user,
            "page_id": clock.new_id,
            "home": access.home(),
        }

    @app.before_request
    def keep_session() -> None:
        session.permanent = current_user.is_authenticated


def _version() -> str:
    # In the address of every static file, so that a new release is never shown with the old one's style.
    files = sorted(resources.files("console.web").joinpath("static").iterdir(), key=lambda file: file.name)
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).hexdigest()[:8]
