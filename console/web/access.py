"""Who may do what: a rule stands on every route, and a route without one is closed to everyone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from accounts.sessions import queries
from hotline import clock
from hotline.context import AppContext
from hotline.values.access import Role

if TYPE_CHECKING:
    from hotline.models import User

View = TypeVar("View", bound=Callable[..., Any])

# Everyone who signs in, everyone at work with callers, and those who may see every call.
SIGNED_IN = tuple(Role)
STAFF = (Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR)
LEADS = tuple(role for role in Role if role.is_lead)
NOBODY = "nobody"


def allow(*roles: Role) -> Callable[[View], View]:
    """Open a view to these roles."""

    def mark(view: View) -> View:
        view.may = frozenset(roles)  # type: ignore[attr-defined] # the rule lives on the view that it guards
        return view

    return mark


def allow_everyone(view: View) -> View:
    """Open a view to everyone, signed in or not."""
    view.may = frozenset([*Role, NOBODY])  # type: ignore[attr-defined] # as above
    return view


def allow_before_change(view: View) -> View:
    """Open a view also to whoever must first choose a password of their own; beside the rule of its roles."""
    view.before_change = True  # type: ignore[attr-defined] # as above
    return view


def by_itself(view: View) -> View:
    """Mark a view that open pages ask for by themselves: it is no sign of a person, and keeps no session alive."""
    view.by_itself = True  # type: ignore[attr-defined] # as above
    return view


def rule(view: Callable[..., Any]) -> frozenset[str]:
    """Return who may use the view: roles, and `nobody` where signing in is not needed.

    Empty where no rule was declared.
    """
    may: frozenset[str] = getattr(view, "may", frozenset())
    return may


class SignedIn:
    """The user of a session, as Flask-Login wants one. Its id is the secret that the session is known by."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, user: User, sign_in_id: str, token: str) -> None:
        """Stand for `user` in the session of this row and cookie."""
        self.sign_in_id = sign_in_id
        self._token = token
        self.id = user.id
        self.name = user.name
        self.role = user.role
        self.language = user.language
        self.agent_id = user.agent_id
        self.is_active = user.is_active
        self.must_change_password = user.one_time_until is not None

    def get_id(self) -> str:
        """Return what the session keeps."""
        return self._token

    @property
    def sees_all_calls(self) -> bool:
        """True where other people's calls are open to this user."""
        return self.role.is_lead


def guard(app: Flask) -> None:
    """Have `app` know its users and check the rule of a route before anything else is done."""
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(_load)
    app.before_request(_check)


def home() -> str:
    """Return the page that the signed-in user begins with: the live floor, for auditors the audit log."""
    is_auditor = current_user.is_authenticated and current_user.role.is_auditor
    return url_for("audit.show" if is_auditor else "floor.show")


def context() -> AppContext:
    """Return the open resources of this process."""
    opened: AppContext = current_app.extensions["context"]
    return opened


def _load(token: str) -> SignedIn | None:
    now = clock.now()
    with context().database.read() as session:
        found = queries.find(session, token, now)
    if found is None:
        return None
    user, sign_in = found
    if now - sign_in.last_active_at >= queries.NOTED and not _is_by_itself():
        with context().database.write() as writing:
            queries.touch(writing, sign_in.id, now)
    return SignedIn(user, sign_in.id, token)


def _is_by_itself() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.endpoint == "static" or view is None or bool(getattr(view, "by_itself", False))


def _check() -> Response | None:
    if request.endpoint is None:
        return None  # no such page: the answer is 404 for everyone
    view = current_app.view_functions[request.endpoint]
    may = rule(view)
    if NOBODY in may:
        return None
    if not current_user.is_authenticated:
        return _lead_to("sign_in.show", 401)
    if current_user.must_change_password and not getattr(view, "before_change", False):
        g.trail_failed = True  # led elsewhere: nothing of this page was shown
        return _lead_to("account.show", 403)
    if current_user.role not in may:
        abort(403)
    return None


def _lead_to(endpoint: str, code: int) -> Response:
    # A page leads there and back; sound, streams and posts say the code, because nobody would see the page.
    if (
        request.method == "GET"
        and request.accept_mimetypes.accept_html
        and "text/html" in str(request.accept_mimetypes)
    ):
        return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))
    return abort(code)
