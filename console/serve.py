"""The two web apps as gunicorn loads them: settings are read here, once, and resources opened."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from hotline import log, settings
from hotline.errors import HotlineError
from hotline.ground import stand

# What gunicorn takes for "this cannot start": it ends, and says so, instead of trying again and again.
CANNOT_START = 3


def staff() -> Flask:
    """The staff pages: `gunicorn --worker-class gevent 'console.serve:staff()'`."""
    from console.app import create

    with _one_line():
        chosen = settings.load()
        log.configure("console", chosen.log_format)
        return create(stand(chosen))


def voice() -> Flask:
    """The public webhooks: `gunicorn --worker-class gthread 'console.serve:voice()'`."""
    from console.voice import create
    from telephony.provider import connect

    with _one_line():
        chosen = settings.load()
        log.configure("voice", chosen.log_format)
        return create(stand(chosen), connect(chosen))


@contextmanager
def _one_line() -> Iterator[None]:
    """A fault of settings, keys or tables is one clear line, not a traceback."""
    try:
        yield
    except HotlineError as error:
        sys.stderr.write(f"hotline: {error}\n")
        raise SystemExit(CANNOT_START) from error
