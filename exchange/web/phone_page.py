"""The page `/phone`, with which anyone with a headset is a caller: its files, and the tokens its telephone brings."""

import re
from pathlib import Path

from aiohttp import web

from exchange.core import tokens
from exchange.core.config import Config
from exchange.core.errors import ApiError
from exchange.core.tokens import Admission
from exchange.webhooks import forms

FOLDER = Path(__file__).parent
KINDS = (".js", ".css", ".svg")
NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
TOKEN_SECONDS = 60
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class PhonePage:
    """The page of one exchange."""

    def __init__(self, config: Config, admission: Admission) -> None:
        self._config = config
        self._admission = admission
        self._files = frozenset(path.name for path in FOLDER.iterdir() if path.suffix in KINDS)

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/phone", self.page)
        app.router.add_post("/phone/token", self.token)
        app.router.add_get("/phone/{name}", self.file)

    async def page(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(FOLDER / "phone.html", headers=HEADERS)

    async def file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["name"] not in self._files:
            raise web.HTTPNotFound
        return web.FileResponse(FOLDER / request.match_info["name"], headers=HEADERS)

    async def token(self, request: web.Request) -> web.Response:
        """Return a short-lived token for the address that the person at the page has chosen."""
        # A page of another origin may post here, but is not shown the answer.
        if self._config.visitors == "nobody" or (self._config.visitors == "local" and not tokens.is_local(request)):
            return web.json_response({"code": 20003, "message": "this page is closed here"}, status=403)
        try:
            address = dict(await forms.read(request)).get("address", "")
        except ApiError as error:
            return web.json_response({"code": error.code, "message": error.message}, status=error.status)
        if not self._may_be(address):
            return web.json_response({"code": 21211, "message": "not a number that a visitor may have"}, status=400)
        expires = int(self._admission.now().timestamp()) + TOKEN_SECONDS
        return web.json_response(
            {
                "token": tokens.sign(address, expires, self._config.auth_token),
                "numbers": [each.number for each in self._config.numbers],
            }
        )

    def _may_be(self, address: str) -> bool:
        """Return whether a visitor may be this address: numbers, never the exchange's own; clients only where no token
        is needed.
        """
        if self._config.number(address):
            return False
        is_open = not self._config.phone_token and address.startswith("client:") and len(address) < 80
        return is_open or NUMBER.fullmatch(address) is not None
