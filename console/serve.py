"""The staff pages as gunicorn loads them: `gunicorn --worker-class gevent 'console.serve:app()'`."""

from flask import Flask

from console.web.app import create
from hotline import log
from hotline.configuration import settings
from hotline.context import open_context, refusing_in_one_line


def app() -> Flask:
    """Read the settings, open what they name, and return the app of the staff pages."""
    with refusing_in_one_line():
        chosen = settings.load()
        log.configure("console", chosen.log_format)
        return create(open_context(chosen))
