"""What becomes of work that failed: sorted, paused longer each time, given up in the end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import ConfigError, Discard, GivesWay, LeaseLost, NotFound
from recordings.errors import DigestMismatch, EngineMissing, IncompleteRecording, RecordingTooLarge
from telephony.errors import ProviderDown, ProviderRefused
from workers import retrying
from workers.retrying import RETRY_POLICIES, Failures, FailureSort

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderRefused("404"), FailureSort.DISCARD),
        (Discard("late"), FailureSort.DISCARD),
        (GivesWay("urgent"), FailureSort.GIVES_WAY),
        (LeaseLost("j"), FailureSort.LOST),
        (ProviderDown("503"), FailureSort.OUTAGE),
        (IncompleteRecording("short"), FailureSort.OUTAGE),
        (ConfigError("file"), FailureSort.PERMANENT),
        (DigestMismatch("r"), FailureSort.PERMANENT),
        (RecordingTooLarge("r"), FailureSort.PERMANENT),
        (EngineMissing("zh"), FailureSort.PERMANENT),
        (NotFound("blob"), FailureSort.FAULT),
        (OSError(), FailureSort.FAULT),
        (ZeroDivisionError(), FailureSort.FAULT),
    ],
)
def test_errors_are_sorted(error: Exception, kind: FailureSort) -> None:
    assert retrying.sort(error) is kind


def pauses(kind: FailureSort, chance: float) -> list[timedelta]:
    """The pauses of work that never succeeds."""
    found: list[timedelta] = []
    at = NOW
    for count in range(1, 1000):
        failures = Failures(count * (kind is FailureSort.FAULT), count * (kind is FailureSort.OUTAGE), NOW)
        if not retrying.is_due_again(kind, failures, at):
            return found
        found.append(retrying.pause(kind, failures, chance))
        at += found[-1]
    raise AssertionError("never given up")


@given(st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_a_limit_and_end(chance: float) -> None:
    for kind, ladder in RETRY_POLICIES.items():
        found = pauses(kind, chance)
        assert found == sorted(found)
        assert ladder.first * 0.75 <= found[0] <= ladder.first * 1.25
        assert max(found) <= ladder.longest * 1.25
        assert len(found) < ladder.tries
        assert sum(found, timedelta()) < ladder.span + ladder.longest * 1.25


def test_a_provider_that_is_out_is_waited_for_longer_than_a_fault_of_ours() -> None:
    fault, outage = (sum(pauses(kind, 0.5), timedelta()) for kind in (FailureSort.FAULT, FailureSort.OUTAGE))
    assert timedelta(hours=2) < fault < timedelta(hours=12)
    assert timedelta(hours=19) < outage < timedelta(hours=24)


def test_what_failed_together_does_not_come_back_together() -> None:
    failures = Failures(5, 0, NOW)
    assert len({retrying.pause(FailureSort.FAULT, failures, chance / 10) for chance in range(10)}) == 10


def test_permanent_failures_are_not_tried_again() -> None:
    assert not retrying.is_due_again(FailureSort.PERMANENT, Failures(1, 0, NOW), NOW)


def test_work_that_fails_slowly_is_given_up_by_time() -> None:
    failures = Failures(3, 0, NOW)
    span = RETRY_POLICIES[FailureSort.FAULT].span
    assert retrying.is_due_again(FailureSort.FAULT, failures, NOW + span - timedelta(seconds=1))
    assert not retrying.is_due_again(FailureSort.FAULT, failures, NOW + span)
