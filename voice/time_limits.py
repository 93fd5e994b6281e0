"""A webhook is answered within four seconds, whatever hangs: it is worked on in a thread of its own, with an end."""

import contextvars
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Any

from werkzeug.wrappers import Request, Response

from hotline import log
from hotline.database import time_limits

# An answer is due after so many seconds; waits for the database end so much earlier.
ANSWER_SECONDS, MARGIN_SECONDS = 3.5, 1.0
THREADS = 32  # more than requests at once: those that hang must not use up all of them
LARGEST_FORM = 64 * 1024

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class TimeLimited:
    """The WSGI app around another one: what has no answer in time gets the one that `instead` makes of its request."""

    def __init__(
        self, app: App, instead: Callable[[Request], Response], answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """Use `app`; threads start as they are needed."""
        self._app, self._instead, self._seconds = app, instead, answer_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request; only webhooks are bounded, sounds are sent as they are."""
        if environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start)
        body = environ["wsgi.input"].read(LARGEST_FORM + 1)
        given = dict(environ) | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        given.pop("HTTP_TRANSFER_ENCODING", None)
        work = self._threads.submit(contextvars.copy_context().run, self._work, dict(given))
        try:
            answer = work.result(self._seconds)
        except NotYet:
            work.cancel()
            log.get().error("webhook_late")
            answer = self._instead(Request(given | {"wsgi.input": io.BytesIO(body)}))
        return answer(environ, start)

    def _work(self, environ: dict[str, Any]) -> Response:
        with time_limits.within(self._seconds - MARGIN_SECONDS):
            return Response.from_app(self._app, environ)
