"""What every template may use: filters, functions, and the words and facts of the page's frame."""

import hashlib
from functools import partial
from importlib import resources
from typing import Any

from flask import Flask, request
from flask_login import current_user

from console.calls import event_text
from console.calls import http as calls_http
from console.campaigns import answers
from console.quality import calibration_http, coaching_http, reviews_http, verdicts_http
from console.reports import http as reports_http
from console.web import access, formatting, language
from crm.cases import deadlines
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.values.language import Language
from qa.reviews import permissions
from reports.service_level import figures
from routing.queues import queues_file

FILTERS = {
    "clock": formatting.clock_here,
    "day": formatting.day_here,
    "number": formatting.number,
    "rings": formatting.rings,
    "length": formatting.length,
    "absent": formatting.absent,
    "percent": formatting.percent,
    "score": formatting.score,
    "signed": formatting.signed,
    "zip": zip,
    "epoch": lambda moment: f"{moment.timestamp():.3f}",
    "end_reason": lambda code, words: event_text.end_reason(words, code),
    "step": answers.step,
}


def equip(app: Flask, settings: Settings) -> None:
    """Give the templates of `app` their filters, functions and common values."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS | _of_the_hospital(settings))
    app.jinja_env.tests.update(
        missing_target=figures.misses_target, overdue=deadlines.is_overdue, coaching_overdue=permissions.is_overdue
    )
    of_quality = (reviews_http, verdicts_http, calibration_http, coaching_http, reports_http)
    quality_pages = frozenset(each.pages.name for each in of_quality)
    app.jinja_env.globals.update(tell=event_text.tell, bar_name=event_text.bar, quality_pages=quality_pages)
    app.jinja_env.globals.update(opens_call=calls_http.may_see)
    app.context_processor(partial(_frame, settings, static_version()))


def static_version() -> str:
    """Return a digest of all static files: it stands in their addresses, so that no release shows another's style."""
    files = sorted(resources.files("console.web").joinpath("static").iterdir(), key=lambda file: file.name)
    return hashlib.sha256(b"".join(file.read_bytes() for file in files if file.is_file())).hexdigest()[:8]


def _of_the_hospital(settings: Settings) -> dict[str, Any]:
    """Return the filters that speak by the hospital's own queues and scripts."""
    queues, labels = queues_file.of(settings), answers.of(settings)
    return {
        "reason": lambda reason, words: event_text.reason(words, reason, queues),
        "question": labels.question,
        "answer": labels.value,
        "case_reason": labels.reason,
    }


def _name_of(settings: Settings, chosen: Language) -> str:
    return settings.hospital_name_zh if chosen is Language.MANDARIN else settings.hospital_name_en


def _frame(settings: Settings, version: str) -> dict[str, Any]:
    chosen = language.chosen(request)
    return {
        "t": language.words(chosen),
        "language": chosen,
        "languages": language.NAMES,
        "hospital": _name_of(settings, chosen),
        "ring_seconds": settings.ring_seconds,
        "version": version,
        "user": current_user,
        "page_id": clock.new_id,
        "home": access.home(),
    }
