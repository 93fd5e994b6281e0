"""The app of the staff pages, made once per process: sign-in, pages, headers, limits. Public webhooks live apart."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request, session
from flask.wrappers import Response
from flask_login import current_user
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from console.accounts import account_http, sign_in_http, users_http
from console.admin import audit_http, failed_work_http, roster_http
from console.calls import http as calls_http
from console.calls import search_http, sound_http, transcripts_http
from console.campaigns import http as campaigns_http
from console.crm import cases_http, identities_http, patients_http
from console.desk import conversation_http, presence_http
from console.desk import http as desk_http
from console.floor import http as floor_http
from console.quality import calibration_http, coaching_http, reviews_http, verdicts_http
from console.reports import http as reports_http
from console.web import access, audit_marks, faults, language, templating
from console.web.audit_marks import touches_nothing
from hotline.configuration.settings import Settings
from hotline.context import AppContext

# Everything the pages use is served from here; nothing is inline.
CONTENT_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


BLUEPRINTS = (
    sign_in_http.pages,
    account_http.pages,
    floor_http.pages,
    desk_http.pages,
    presence_http.pages,
    conversation_http.pages,
    calls_http.pages,
    sound_http.pages,
    search_http.pages,
    transcripts_http.pages,
    cases_http.pages,
    patients_http.pages,
    identities_http.pages,
    campaigns_http.pages,
    reviews_http.pages,
    verdicts_http.pages,
    calibration_http.pages,
    coaching_http.pages,
    reports_http.pages,
    users_http.pages,
    roster_http.pages,
    failed_work_http.pages,
    audit_http.pages,
)


def create(context: AppContext) -> Flask:
    """Make the staff pages on the open resources of this process."""
    app = Flask("console.web", static_folder="static", template_folder="templates")
    app.extensions["context"] = context
    app.config.update(_config(context.settings))
    if proxies := context.settings.trusted_proxies:
        # Only then: without a proxy anyone could claim any address, and wrong passwords would count for nothing.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign] # Flask's way
    _guard(app, context.settings)
    _route(app, context)
    faults.handle(app)
    language.speak(app, ZoneInfo(context.settings.timezone))
    templating.equip(app, context.settings)
    return app


def _guard(app: Flask, settings: Settings) -> None:
    """Check rights, marks and tokens before any view is called, in this order; send the headers after it."""
    audit_marks.watch(app)
    access.guard(app)
    CSRFProtect(app)
    _headers(app, settings)

    @app.before_request
    def keep_session() -> None:
        session.permanent = current_user.is_authenticated


def _route(app: Flask, context: AppContext) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", view_func=healthy)
    audit_marks.touches_nothing("style and scripts")(access.allow_everyone(app.view_functions["static"]))
    transcripts_http.equip(app)
    presence_http.watch(app)
    desk_http.open_line(app, context.settings, CONTENT_POLICY)
    floor_http.open_live(app, context)
    campaigns_http.open_live(app, context.database, context.notifier)


@access.allow_everyone
@touches_nothing("says only that the process answers")
def healthy() -> str:
    """Say that the process answers."""
    return "ok\n"


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SESSION_COOKIE_NAME": "hotline",
        "SESSION_COOKIE_SECURE": _is_https(settings),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30),
        "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
        "WTF_CSRF_SSL_STRICT": _is_https(settings),
        "MAX_CONTENT_LENGTH": 64 * 1024,
    }


def _is_https(settings: Settings) -> bool:
    return settings.console_url.startswith("https://")


def _headers(app: Flask, settings: Settings) -> None:
    https = _is_https(settings)
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
