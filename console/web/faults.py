"""Pages for what goes wrong: each says what happened and what to do."""

from collections.abc import Sequence

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from console.web.forms import InvalidForm
from hotline import log
from hotline.errors import NotFound

# Codes with words of their own in the catalogue; others share `fault.other`.
KNOWN = (400, 401, 403, 404, 429, 500)


def handle(app: Flask) -> None:
    """Show these pages in `app`."""
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda _error: _page(404))
    app.register_error_handler(Exception, _ours)


def _stale(_error: CSRFError) -> tuple[str, int]:
    return _page(400, "stale")


def _http(error: HTTPException) -> tuple[str, int]:
    return _page(error.code or 500, errors=error.errors if isinstance(error, InvalidForm) else ())


def _ours(error: Exception) -> tuple[str, int]:
    log.get().error("page_failed", endpoint=request.endpoint, exc_info=error)
    return _page(500)


def _page(code: int, name: str = "", errors: Sequence[tuple[str, str]] = ()) -> tuple[str, int]:
    name = name or (str(code) if code in KNOWN else "other")
    return render_template("layout/fault.html", code=code, name=name, errors=errors), code
