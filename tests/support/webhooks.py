"""The app of the public webhooks as tests use it: what it answers does not depend on how busy the machine is."""

from flask import Flask

from hotline.context import AppContext
from telephony.provider import Provider
from voice import app

UNHURRIED_SECONDS = 60.0


def unhurried_app(context: AppContext, provider: Provider) -> Flask:
    """Return the app with so much time for an answer that only a fault exceeds it."""
    return app.create(context, provider, UNHURRIED_SECONDS)
