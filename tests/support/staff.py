"""A person at the staff pages, without a browser: signs in, opens pages, sends forms with their token."""

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from hotline.values.access import Role
from tests.support.morning import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Staff:
    """One person with a browser's cookies."""

    def __init__(self, app: Flask, address: str = "192.0.2.1", languages: str = "") -> None:
        """Come from `address`, with a browser that prefers `languages`."""
        self.client = app.test_client()
        self._from = {"REMOTE_ADDR": address}
        self._headers = {"Accept": "text/html"} | ({"Accept-Language": languages} if languages else {})

    def open(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=self._headers | headers, environ_base=self._from)

    def token(self) -> str:
        """The token of this person's forms."""
        pages = (self.open(path).text for path in ("/sign-in", "/", "/account"))
        return next(found[1] for found in map(_TOKEN.search, pages) if found)

    def send(self, path: str, token: str | None = None, **form: Any) -> TestResponse:
        """Send a form with its token (or with another one)."""
        form["csrf_token"] = self.token() if token is None else token
        return self.client.post(path, data=form, headers=self._headers, environ_base=self._from)

    def sign_in(self, login: str, password: str = PASSWORD, **form: str) -> TestResponse:
        """Sign in."""
        return self.send("/sign-in", login=login, password=password, **form)


def signed_in(app: Flask, role: Role) -> Staff:
    """Someone of this role, signed in."""
    staff = Staff(app)
    assert staff.sign_in(role.value).status_code == 302
    return staff
