"""Values as the pages show them, in both languages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import Babel

from console.web import formatting
from hotline.configuration.translations import LOCALES
from hotline.values.language import Language

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 3, 1, 16, 30, 5, tzinfo=UTC)


@pytest.fixture(params=Language)
def language(request: pytest.FixtureRequest) -> Iterator[Language]:
    """The language of the request in which the test runs, in Shanghai."""
    app = Flask(__name__)
    Babel(app, default_timezone=SHANGHAI.key, locale_selector=lambda: LOCALES[request.param])
    with app.test_request_context():
        yield request.param


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize(
    ("count", "text"), [(None, "–"), (0.0, "0.0"), (2.04, "2.1"), (3.0, "3.0"), (3.001, "3.1"), (0.6, "0.6")]
)
def test_rings_are_never_shown_smaller_than_they_were(count: float | None, text: str) -> None:
    assert formatting.rings(count) == text


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize(("share", "text"), [(None, "–"), (0.996, "99%"), (1.0, "100%"), (0.29, "29%"), (0.0, "0%")])
def test_shares_are_never_shown_larger_than_they_are(share: float | None, text: str) -> None:
    assert formatting.percent(share) == text


@pytest.mark.usefixtures("language")
def test_scores_have_one_decimal_and_differences_a_sign() -> None:
    assert [formatting.score(value) for value in (None, 4.0, 87.25)] == ["–", "4.0", "87.2"]
    assert [formatting.signed(value) for value in (None, 1.5, -0.5)] == ["–", "+1.5", "-0.5"]


def test_days_are_local_and_written_as_the_reader_writes_them(language: Language) -> None:
    written = {Language.MANDARIN: "2026年3月2日", Language.ENGLISH: "Mar 2, 2026"}[language]
    assert formatting.day_here(EVENING) == written
    assert formatting.day_here(date(2026, 3, 2)) == written
    assert formatting.day_here(None) == "–"


@pytest.mark.usefixtures("language")
def test_times_are_local_and_of_24_hours_in_both_languages() -> None:
    assert formatting.clock_here(EVENING) == formatting.clock(EVENING, SHANGHAI) == "00:30:05"
    assert formatting.clock_here(None) == formatting.clock(None, SHANGHAI) == "–"


def test_the_day_begins_at_local_midnight() -> None:
    assert formatting.midnight(EVENING, SHANGHAI) == datetime(2026, 3, 1, 16, tzinfo=UTC)


def test_lengths_are_minutes_and_seconds() -> None:
    assert [formatting.length(seconds) for seconds in (None, 0, 65.9, 3600)] == ["–", "0:00", "1:05", "60:00"]


def test_a_number_is_masked_and_a_hidden_one_is_none() -> None:
    assert formatting.number("+8613800000001") == "+86138****0001"
    assert formatting.number(None) is None
