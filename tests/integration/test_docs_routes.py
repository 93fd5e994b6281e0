"""The pages of operations tell of every route of both web apps, and of who may use those of the staff."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from console.web import access
from console.web.app import create
from hotline.context import AppContext, open_context
from hotline.values.access import Role
from telephony.provider import connect
from tests.conftest import make_settings
from tests.support.documents import table
from tests.support.webhooks import unhurried_app

PAGE = "docs/operations.md"
WHO = {
    frozenset([*Role, access.NOBODY]): "everyone",
    frozenset(Role): "signed in",
    frozenset([Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR]): "staff",
    frozenset([Role.AUDITOR]): "auditor",
    frozenset([Role.SUPERVISOR, Role.ADMINISTRATOR]): "supervisor, administrator",
    frozenset([Role.SUPERVISOR]): "supervisor",
    frozenset([Role.ADMINISTRATOR]): "administrator",
    frozenset([Role.AGENT]): "agent",
}


@pytest.fixture
def here(tmp_path: Path, sqlite_url: str, redis_server: str) -> Iterator[AppContext]:
    """Open resources; one kind of database is enough to list routes."""
    opened = open_context(make_settings(tmp_path, sqlite_url, redis_server))
    yield opened
    opened.notifier.redis.flushdb()
    opened.close()


def routes(app: Flask) -> dict[tuple[str, str], str]:
    """The endpoint of every method and path."""
    return {
        (method, rule.rule): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_webhook_is_explained_and_no_other(here: AppContext) -> None:
    provider = connect(here.settings)
    app = unhurried_app(here, provider)
    provider.close()
    assert {(row[0], row[1]) for row in table(PAGE, "Voice webhooks")} == set(routes(app))


def test_every_staff_page_is_explained_with_who_may_see_it_and_no_other(here: AppContext) -> None:
    app = create(here)
    written = {(row[0], row[1]): row[2] for row in table(PAGE, "Staff pages")}
    there = {key: WHO[access.rule(app.view_functions[endpoint])] for key, endpoint in routes(app).items()}
    assert written == there
