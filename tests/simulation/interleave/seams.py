"""Where the interleavings reach into the product: its webhooks, the database and executor of a router, the bell."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import run_wsgi_app

from hotline.context import AppContext
from hotline.database.database import Database
from hotline.outbox.notifier import Notifier
from ivr.dialogue.context import open_voice_context
from ivr.dialogue.http import pages as ivr_pages
from ivr.waiting.http import pages as waiting_pages
from recordings.storage.http import pages as recording_pages
from routing.calls.http import pages as routing_pages
from telephony.provider import Provider


class Killed(BaseException):
    """The router's process dies here."""


class Watched(Database):
    """The database as a router uses it: something may happen before each of its transactions."""

    def __init__(self, real: Database, between: Callable[[], None]) -> None:
        """Share everything with `real`."""
        self.__dict__.update(real.__dict__)
        self._between = between

    @contextmanager
    def read(self) -> Iterator[Session]:
        """See `Database.read`."""
        self._between()
        with super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """See `Database.write`."""
        self._between()
        with super().write() as session:
            yield session
        self._between()


class InTurn(Executor):
    """An executor of one thread, this one: the same seed, the same order."""

    def map(self, fn: Callable[..., Any], *iterables: Any, **_options: Any) -> Iterator[Any]:
        """See `concurrent.futures.Executor.map`."""
        return map(fn, *iterables)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """See `concurrent.futures.Executor.submit`."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Unheard(Notifier):
    """Notifications that are always lost: routers and sweeps look by themselves, whenever chance has them look."""

    def notify(self, topic: str) -> None:
        """Nobody hears it."""


def app_of(context: AppContext, provider: Provider) -> Flask:
    """The public webhooks, without their signatures."""
    app = Flask("voice", static_folder=None)
    app.testing = True
    app.extensions |= {"context": context, "provider": provider, "voice": open_voice_context(context)}
    for pages in (ivr_pages, waiting_pages, routing_pages, recording_pages):
        app.register_blueprint(pages)
    return app


class Door:
    """The webhooks of an app, without the weight of a test client."""

    def __init__(self, app: Flask) -> None:
        """Knock at `app`."""
        self._app = app

    def post(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """The status and the text of the answer to a form that is sent to the path `url`."""
        path, _, query = url.removeprefix("http://voice.test").partition("?")
        body = urlencode(form).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "voice.test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        }
        parts, status, _ = run_wsgi_app(self._app.wsgi_app, environ)
        return int(status[:3]), b"".join(parts).decode()
