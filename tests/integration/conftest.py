"""The staff pages after a morning, for tests that want no other rows; a file may have its own."""

from collections.abc import Iterator

import pytest
from flask import Flask

from console.web.app import create
from hotline import clock
from hotline.context import AppContext
from tests.support.morning import Morning, morning


@pytest.fixture
def made(context: AppContext) -> Morning:
    """The morning's rows."""
    return morning(context, clock.now())


@pytest.fixture
def app(context: AppContext, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages, without a server."""
    pages = create(context)
    yield pages
    for live in ("live", "live_campaigns"):
        pages.extensions[live].close()
