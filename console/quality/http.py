"""The pages of quality as one part of the app: their blueprints, and how they show scores."""

from flask import Flask

from console.quality import calibration, coaching, reviews, verdicts
from console.reports import http

PAGES = (reviews.pages, verdicts.pages, calibration.pages, coaching.pages, http.pages)


def register(app: Flask) -> None:
    """Add the pages to `app`."""
    for pages in PAGES:
        app.register_blueprint(pages)
    app.jinja_env.filters.update(score=score, signed=signed, zip=zip)
    app.jinja_env.globals.update(quality_pages=frozenset(pages.name for pages in PAGES))


def score(value: float | None) -> str:
    """A score or figure with one decimal; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}"


def signed(value: float | None) -> str:
    """A difference with its sign."""
    return "–" if value is None else f"{value:+.1f}"
