"""The log of the process: short lines that can be printed, few of each kind, whatever was sent or went wrong."""

import logging

from structlog.testing import capture_logs

from exchange.core.log_limit import LONGEST_VALUE, MOST_LINES, WINDOW_SECONDS, LimitedLog, printable
from exchange.core.logs import LONGEST_FIELD, LibraryLogHandler, shorten


def test_of_one_kind_there_are_few_lines_a_minute_and_the_rest_is_counted() -> None:
    now = 0.0
    noise = LimitedLog(lambda: now)
    with capture_logs() as lines:
        for _ in range(10_000):
            noise.warn("packet_refused", reason="x")
        noise.warn("flood", reason="x")
        assert len(lines) == MOST_LINES + 1
        now = WINDOW_SECONDS
        noise.warn("packet_refused", reason="x")
        noise.warn("packet_refused", reason="x")
    assert [line.get("left_out") for line in lines[-2:]] == [10_000 - MOST_LINES, None]


def test_what_was_sent_is_shown_short_and_printable() -> None:
    with capture_logs() as lines:
        LimitedLog().warn("packet_refused", reason="\x1b[31m" + "病\ud800\n" * 5000, bytes=7)
    (line,) = lines
    assert len(line["reason"]) < 10 * LONGEST_VALUE
    assert line["reason"].isprintable()
    assert line["bytes"] == 7
    assert printable("病人 'a'") == "病人 'a'"


def test_what_libraries_log_is_bounded_too() -> None:
    logger = logging.Logger("library")
    logger.addHandler(LibraryLogHandler())
    with capture_logs() as lines:
        for _ in range(1000):
            try:
                int("x" * 100_000)
            except ValueError:
                logger.exception("failed with %s", "y\n" * 50_000)
    assert len(lines) == MOST_LINES
    assert max(len(repr(line)) for line in lines) < 20_000
    assert "ValueError" in lines[0]["trace"]


def test_lines_of_our_own_are_cut() -> None:
    fields = shorten(None, "error", {"event": "failed", "exception": "line\n" * 10_000, "code": 5})
    assert len(fields["exception"]) < 3 * LONGEST_FIELD
    assert fields["code"] == 5
