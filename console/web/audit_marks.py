"""What each route leaves in the audit log: a mark stands on every route, and a route without one is closed.

A view that touches patient data may write its rows itself, in its own transaction; where none of its
action is there when it answers, one is written before anything is sent. What was not allowed, or failed, is written
down, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, abort, current_app, g, request
from flask.wrappers import Response
from flask_login import current_user

from console.web import audit_log
from console.web.access import context
from hotline.audit import log, service
from hotline.values.access import AuditOutcome

if TYPE_CHECKING:
    from hotline.models import AuditEntry

View = TypeVar("View", bound=Callable[..., Any])

# What a filter may say in plain: words of ours, ids of ours, days, pages and numbers of cases; all else as a digest.
_PLAIN = re.compile(r"[a-z][a-z_-]{0,30}|[0-9a-f]{32}|\d{4}-\d\d-\d\d|\d{1,4}|[a-z]{2}-[A-Z]{2}")
_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z_]{1,20}")
# Fields of forms that choose nothing.
_NO_FILTER = frozenset({"csrf_token", "next"})
LONGEST_FILTER = 400
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Mark:
    """What a route leaves: the action, the kind of what is touched, and the argument or word that says which.

    `lists`: it shows many, so the row holds how many and the filter; of that the fields `typed` only as digests.
    `once`: repeats within minutes are one, as those of every GET are.
    """

    action: str
    subject: str
    which: str
    lists: bool = False
    typed: tuple[str, ...] = field(default=())
    once: bool = False


def touches(action: str, subject: str, which: str, **more: Any) -> Callable[[View], View]:
    """Mark a view as one that shows or changes patient data. `which`: the name of an argument, else a word."""
    return _put(Mark(action, subject, which, **more))


def touches_nothing(reason: str) -> Callable[[View], View]:
    """Mark a view as one that neither shows nor changes patient data, and say why."""
    return _put(reason)


def mark(view: Callable[..., Any]) -> Mark | str | None:
    """Return what stands on the view; `None` where nothing does."""
    found: Mark | str | None = getattr(view, "trail", None)
    return found


def watch(app: Flask) -> None:
    """Have `app` refuse routes without a mark, and write down what the others touch."""
    app.before_request(_begin)
    app.after_request(_end)


def showed(count: int) -> None:
    """Note how many rows this answer shows."""
    g.trail_count = count


def about(subject_id: str) -> None:
    """Note which object this request is about, where its address does not say."""
    g.trail_subject = subject_id


def failed() -> None:
    """This request was refused or could not be done, although its answer is a page that says so."""
    g.trail_failed = True


def note(action: str, subject: tuple[str, str]) -> None:
    """Log a look of this request at once, several within ten minutes as one."""
    with context().database.write() as session:
        audit_log.record_once(session, action, *subject)


def _put(found: Mark | str) -> Callable[[View], View]:
    def put(view: View) -> View:
        view.trail = found  # type: ignore[attr-defined] # it lives on the view, as the rule of its roles does
        return view

    return put


def _begin() -> None:
    log.forget()
    if request.endpoint is not None and mark(current_app.view_functions[request.endpoint]) is None:
        abort(HTTPStatus.FORBIDDEN)


def _end(response: Response) -> Response:
    view = current_app.view_functions.get(request.endpoint or "")
    found = mark(view) if view is not None else None
    if not isinstance(found, Mark) or not current_user.is_authenticated:
        return response
    outcome = _outcome(response.status_code)
    if outcome is AuditOutcome.DONE and found.action in log.written():
        return response
    entry = _entry(found, outcome)
    repeats = found.once or request.method in ("GET", "HEAD")
    with context().database.write() as session:
        (service.add_once if repeats else service.add)(session, entry)
    return response


def _outcome(code: int) -> AuditOutcome:
    if code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
        return AuditOutcome.REFUSED
    is_failed = code >= HTTPStatus.BAD_REQUEST or g.get("trail_failed", False)
    return AuditOutcome.FAILED if is_failed else AuditOutcome.DONE


def _entry(found: Mark, outcome: AuditOutcome) -> AuditEntry:
    which = g.get("trail_subject") or _which(found)
    entry = audit_log.entry(found.action, found.subject, which)
    entry.outcome = outcome
    if found.lists:
        entry.count, entry.filter = g.get("trail_count"), chosen(found.typed)
    return entry


def _which(found: Mark) -> str:
    arguments = request.view_args or {}
    if found.which not in arguments:
        return found.which
    # An address may hold anything: only an id of ours is written down.
    return arguments[found.which] if _ID.fullmatch(str(arguments[found.which])) else UNKNOWN


def chosen(typed: tuple[str, ...] = ()) -> str:
    """Return the filter of this request as JSON: codes as they are, what somebody typed as a keyed digest."""
    pairs = {
        name: value if name not in typed and _PLAIN.fullmatch(value) else digest(value)
        for name, value in sorted(request.values.items())
        if value and name not in _NO_FILTER and _NAME.fullmatch(name)
    }
    text = json.dumps(pairs, separators=(",", ":")) if pairs else ""
    return text if len(text) <= LONGEST_FILTER else json.dumps({"all": digest(text)})


def digest(value: str) -> str:
    """Return what stands for a typed value: the same for the same one, and nobody reads it back without the keys."""
    return "~" + context().keyring.index(f"filter:{value}")[:16]
