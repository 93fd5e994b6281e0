"""What is told of a fault: its kind and its place, and no word of what it was about."""

import io
import json
import sys

import pytest
import structlog

from hotline import log
from hotline.errors import NotFound
from hotline.values import faults

NUMBER = "+8613800000001"


def failed() -> ValueError:
    """A fault of a library's, which came from another."""
    try:
        found: dict[str, str] = {}
        try:
            found[NUMBER]
        except KeyError as error:
            raise ValueError(f"invalid: {NUMBER}") from error
    except ValueError as error:
        return error
    return ValueError()


def test_a_fault_of_others_is_told_by_kind_and_place() -> None:
    told = faults.trace(failed())
    assert NUMBER not in told
    assert [line.split(" at ")[0] for line in told.splitlines() if " at " in line] == ["KeyError", "ValueError"]
    assert "hotline/test_faults.py" in faults.kind(failed())


def test_a_fault_of_ours_says_what_it_says() -> None:
    assert faults.kind(NotFound("no call 7")) == "NotFound: no call 7"


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_log_tells_no_more(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = structlog.get_config()
    try:
        log.configure("test", form)
        try:
            raise failed()
        except ValueError:
            structlog.get_logger().exception("it_failed")
        structlog.get_logger().error("it_failed", exc_info=failed())
    finally:
        structlog.configure(**before)
        structlog.contextvars.unbind_contextvars("process")
    written = stream.getvalue()
    assert written.count("ValueError at ") == 2
    assert NUMBER not in written
    if form == "json":
        assert {json.loads(line)["event"] for line in written.splitlines()} == {"it_failed"}
