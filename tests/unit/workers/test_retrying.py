"""What becomes of work that failed: sorted, paused longer each time, given up in the end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import ConfigError, Discard, GivesWay, LeaseLost, NotFound
from recordings.errors import DigestMismatch, EngineMissing, IncompleteRecording, RecordingTooLarge
from telephony.errors import ProviderDown, ProviderRefused
from workers import retrying
from workers.retrying import LADDERS, Failures, Sort

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderRefused("404"), Sort.DISCARD),
        (Discard("late"), Sort.DISCARD),
        (GivesWay("urgent"), Sort.GIVES_WAY),
        (LeaseLost("j"), Sort.LOST),
        (ProviderDown("503"), Sort.OUTAGE),
        (IncompleteRecording("short"), Sort.OUTAGE),
        (ConfigError("file"), Sort.PERMANENT),
        (DigestMismatch("r"), Sort.PERMANENT),
        (RecordingTooLarge("r"), Sort.PERMANENT),
        (EngineMissing("zh"), Sort.PERMANENT),
        (NotFound("blob"), Sort.FAULT),
        (OSError(), Sort.FAULT),
        (ZeroDivisionError(), Sort.FAULT),
    ],
)
def test_errors_are_sorted(error: Exception, kind: Sort) -> None:
    assert retrying.sort(error) is kind


def pauses(kind: Sort, chance: float) -> list[timedelta]:
    """The pauses of work that never succeeds."""
    found: list[timedelta] = []
    at = NOW
    for count in range(1, 1000):
        failures = Failures(count * (kind is Sort.FAULT), count * (kind is Sort.OUTAGE), NOW)
        if not retrying.is_due_again(kind, failures, at):
            return found
        found.append(retrying.pause(kind, failures, chance))
        at += found[-1]
    raise AssertionError("never given up")


@given(st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_a_limit_and_end(chance: float) -> None:
    for kind, ladder in LADDERS.items():
        found = pauses(kind, chance)
        assert found == sorted(found)
        assert ladder.first * 0.75 <= found[0] <= ladder.first * 1.25
        assert max(found) <= ladder.longest * 1.25
        assert len(found) < ladder.tries
        assert sum(found, timedelta()) < ladder.span + ladder.longest * 1.25


def test_a_provider_that_is_out_is_waited_for_longer_than_a_fault_of_ours() -> None:
    fault, outage = (sum(pauses(kind, 0.5), timedelta()) for kind in (Sort.FAULT, Sort.OUTAGE))
    assert timedelta(hours=2) < fault < timedelta(hours=12)
    assert timedelta(hours=19) < outage < timedelta(hours=24)


def test_what_failed_together_does_not_come_back_together() -> None:
    failures = Failures(5, 0, NOW)
    assert len({retrying.pause(Sort.FAULT, failures, chance / 10) for chance in range(10)}) == 10


def test_permanent_failures_are_not_tried_again() -> None:
    assert not retrying.is_due_again(Sort.PERMANENT, Failures(1, 0, NOW), NOW)


def test_work_that_fails_slowly_is_given_up_by_time() -> None:
    failures = Failures(3, 0, NOW)
    span = LADDERS[Sort.FAULT].span
    assert retrying.is_due_again(Sort.FAULT, failures, NOW + span - timedelta(seconds=1))
    assert not retrying.is_due_again(Sort.FAULT, failures, NOW + span)
