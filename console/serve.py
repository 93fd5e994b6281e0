"""The two web apps as gunicorn loads them: settings are read here, once, and resources opened."""

from flask import Flask

from hotline import log, settings
from hotline.ground import stand


def staff() -> Flask:
    """The staff pages: `gunicorn --worker-class gevent 'console.serve:staff()'`."""
    from console.app import create

    chosen = settings.load()
    log.configure("console", chosen.log_format)
    return create(stand(chosen))


def voice() -> Flask:
    """The public webhooks: `gunicorn --worker-class gthread 'console.serve:voice()'`."""
    from console.voice import create
    from telephony.provider import connect

    chosen = settings.load()
    log.configure("voice", chosen.log_format)
    return create(stand(chosen), connect(chosen))
