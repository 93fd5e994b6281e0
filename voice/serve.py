"""The voice app as gunicorn loads it: `gunicorn --worker-class gthread 'voice.serve:app()'`."""

from flask import Flask

from hotline import log
from hotline.configuration import settings
from hotline.context import open_context, refusing_in_one_line
from telephony.provider import connect
from voice.app import create


def app() -> Flask:
    """Read the settings, open what they name, and return the app of the public webhooks."""
    with refusing_in_one_line():
        chosen = settings.load()
        log.configure("voice", chosen.log_format)
        return create(open_context(chosen), connect(chosen))
