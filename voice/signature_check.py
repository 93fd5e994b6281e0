"""Refuses every webhook that the provider did not sign."""

from flask import abort, current_app, request
from werkzeug.wrappers import Request

from hotline import log
from hotline.configuration.settings import Settings
from telephony import webhook_urls
from telephony.provider import signature


def refuse_forged() -> None:
    """Answer 403 to what the provider did not sign."""
    if request.method == "POST" and not is_genuine(request, current_app.extensions["context"].settings):
        log.get().warning("signature_wrong", endpoint=request.endpoint)
        abort(403)


def is_genuine(webhook: Request, settings: Settings) -> bool:
    """Return whether the provider signed this; the address is ours by the settings, whatever the Host header says."""
    query = webhook.query_string.decode("ascii", "replace")
    url = webhook_urls.absolute(settings.voice_url, webhook.path) + (f"?{query}" if query else "")
    token = settings.twilio_auth_token.get_secret_value()
    return signature.is_genuine(url, webhook.form, webhook.headers.get(signature.HEADER), token)
