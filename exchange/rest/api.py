"""The common part of all REST resources: credentials, parameters, errors in Twilio's form, and lists in pages."""

import base64
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web
from multidict import MultiDict

from exchange.calls.call_details import StatusCallback
from exchange.core.errors import ApiError, not_found
from exchange.core.foreign_text import whole
from exchange.flow.context import ExchangeContext
from exchange.verbs.switch import Switch
from exchange.webhooks import forms

log = structlog.get_logger(__name__)
ROOT = "/2010-04-01/Accounts/{account}"
MOST_PER_PAGE = 1000
ENDING = ".json"
Json = dict[str, Any]


@dataclass(frozen=True)
class RestRequest:
    """One REST request: the parts it may use, the names in its path, and its parameters."""

    context: ExchangeContext
    switch: Switch
    path: str
    names: dict[str, str]
    params: MultiDict[str]

    def text(self, name: str, default: str = "") -> str:
        return str(self.params.get(name, default)).strip()

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.text(name)
        if not text:
            return default
        number = whole(text)
        if number is None:
            raise ApiError(400, 20001, f"{name} must be a whole number")
        return min(max(number, least), most)

    def flag(self, name: str) -> bool | None:
        """Return True, False, or None when it is not given."""
        return {"true": True, "false": False}.get(self.text(name).lower())

    def method(self, name: str) -> str:
        return "GET" if self.text(name).upper() == "GET" else "POST"

    def events(self, name: str, default: str) -> tuple[str, ...]:
        """Return a list, repeated or separated by spaces or commas."""
        words = " ".join(str(each) for each in self.params.getall(name, ()))
        return tuple((words or default).replace(",", " ").split())

    def callback(self, name: str, default: str) -> StatusCallback:
        return StatusCallback(self.text(name), self.method(f"{name}Method"), self.events(f"{name}Event", default))

    def uri(self, *parts: str) -> str:
        return "/".join([f"/2010-04-01/Accounts/{self.context.config.account_sid}", *parts])

    def page(self, name: str, rows: Sequence[Json]) -> Json:
        """Return one page of a list, in Twilio's frame."""
        size = self.number("PageSize", 50, 1, MOST_PER_PAGE)
        page = self.number("Page", 0, 0, 10**9)
        part = rows[page * size : (page + 1) * size]
        return {
            name: list(part),
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": max(page * size + len(part) - 1, 0),
            "uri": self._page_uri(page, size),
            "first_page_uri": self._page_uri(0, size),
            "previous_page_uri": self._page_uri(page - 1, size) if page else None,
            "next_page_uri": self._page_uri(page + 1, size) if len(rows) > (page + 1) * size else None,
        }

    def _page_uri(self, page: int, size: int) -> str:
        kept = [(name, value) for name, value in self.params.items() if name not in ("Page", "PageSize", "PageToken")]
        return f"{self.path}?{urlencode([*kept, ('PageSize', size), ('Page', page)])}"


Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[RestRequest], Awaitable[web.StreamResponse | Json | None]]


@dataclass(frozen=True)
class Route:
    """A path below the account, and what answers there. `status` is that of success."""

    method: str
    path: str
    answer: Answer
    status: int = 200


def mount(app: web.Application, switch: Switch, routes: Iterable[Route]) -> None:
    """Put the resources into the application; anything else below the API's root is Twilio's 404."""
    routes_ = list(routes)
    for route in routes_:
        _add(app, route.method, ROOT + route.path, _handler(switch, route))
    # Without the ending the answer is JSON as well, but for addresses of their own, those of recordings' sound.
    for route in routes_:
        if route.path.endswith(ENDING):
            _add(app, route.method, ROOT + route.path.removesuffix(ENDING), _handler(switch, route))
    app.router.add_route("*", "/2010-04-01/{rest:.*}", _handler(switch, Route("*", "", _nothing(routes_))))


def _add(app: web.Application, method: str, path: str, handle: Handle) -> None:
    """Add a route; what can be got can be asked for its header alone."""
    for each in (method, *(("HEAD",) if method == "GET" else ())):
        app.router.add_route(each, path, handle)


def _nothing(routes: Sequence[Route]) -> Answer:
    """Return the answer to whatever is no route: 405 for a known path by another method, else 404."""
    patterns = [re.compile(re.sub(r"\{[^}]*\}", "[^/]+", each.path.removesuffix(ENDING))) for each in routes]

    async def refuse(ask: RestRequest) -> Json:
        _, _, below = ask.path.partition(f"/Accounts/{ask.context.config.account_sid}")
        if any(pattern.fullmatch(below.removesuffix(ENDING)) for pattern in patterns):
            raise ApiError(405, 20004, "Method not allowed")
        raise not_found(ask.path)

    return refuse


def _handler(switch: Switch, route: Route) -> Handle:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            _check_credentials(request, switch.context)
            params = MultiDict([*request.query.items(), *await forms.read(request)])
            answer = await route.answer(
                RestRequest(switch.context, switch, request.path, dict(request.match_info), params)
            )
        except ApiError as error:
            log.warning("rest_refused", status=error.status, code=error.code, method=request.method, path=request.path)
            return _error(error)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("rest_failed", method=request.method, path=request.path)
            return _error(ApiError(500, 20500, "A fault of the exchange itself; its log says more."))
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.Response(status=204) if answer is None else web.json_response(answer, status=route.status)

    return handle


def _check_credentials(request: web.Request, context: ExchangeContext) -> None:
    config = context.config
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    passwords = {config.account_sid: config.auth_token, **config.api_keys}
    # Bytes, for a header may hold letters that cannot be compared; all of them, so that the time tells nothing.
    fits = [hmac.compare_digest(given.strip().encode(errors="replace"), _basic(*each)) for each in passwords.items()]
    if scheme.lower() != "basic" or not any(fits):
        raise ApiError(401, 20003, "Authenticate")
    if request.match_info.get("account", config.account_sid) != config.account_sid:
        raise not_found(request.path)


def _basic(user: str, password: str) -> bytes:
    return base64.b64encode(f"{user}:{password}".encode())


def _error(error: ApiError) -> web.Response:
    body = {
        "code": error.code,
        "message": error.message,
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else {}
    return web.json_response(body, status=error.status, headers=headers)
