"""What follows a try: every outcome in every standing, within hours and caps, always towards an end."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.dialling import next_attempt
from campaigns.dialling.next_attempt import AttemptHistory, EndCalls, HandToPerson, PastAttempt, RetryAt, SendText
from campaigns.planning import dialling_limits_file
from campaigns.planning.calling_windows import CallingHours, CallingWindow, part_of
from hotline.values.states.attempt import AttemptOutcome
from hotline.values.states.recipient import LIFECYCLE, RecipientState
from tests.support.properties import examples

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, ten o'clock there
CAPS = dialling_limits_file.read_file(dialling_limits_file.STANDARD, "CN")
WINDOW = CallingWindow(ZONE, CallingHours(time(9), time(20)))
CLOSES = NOW + timedelta(days=14)
Ended = AttemptOutcome


def standing(*outcomes: AttemptOutcome, **other: object) -> AttemptHistory:
    """After these tries, one a day, the last one now."""
    tries = tuple(
        PastAttempt(one, NOW - timedelta(days=len(outcomes) - 1 - number)) for number, one in enumerate(outcomes)
    )
    values: dict[str, object] = {"attempts": tries, "window": WINDOW, "closes_at": CLOSES}
    return AttemptHistory(**(values | other))  # type: ignore[arg-type] # as the test wrote them


# Outcomes so far -> what follows, and the least and most hours until then.
TABLE = [
    ((Ended.BUSY,), RetryAt, 0.5, 0.5),
    ((Ended.NO_ANSWER,), RetryAt, 4, 24),
    ((Ended.MACHINE,), RetryAt, 4, 24),
    ((Ended.WRONG_PERSON,), RetryAt, 4, 24),
    ((Ended.PARTIAL,), RetryAt, 0.5, 0.5),
    ((Ended.CALL_LATER,), RetryAt, 0, 0),
    ((Ended.FAILED,), RetryAt, 1, 24),
    ((Ended.REFUSED,), EndCalls, 0, 0),
    ((Ended.DONE,), EndCalls, 0, 0),
    ((Ended.STOPPED,), EndCalls, 0, 0),
    ((Ended.NO_ANSWER,) * 4, RetryAt, 4, 48),
    ((Ended.NO_ANSWER,) * 5, SendText, 48, 48),
    ((Ended.BUSY, Ended.MACHINE, Ended.NO_ANSWER, Ended.BUSY, Ended.NO_ANSWER), SendText, 48, 48),
    ((Ended.WRONG_PERSON,) * 2, HandToPerson, 0, 0),
    ((Ended.PARTIAL,) * 2, RetryAt, 0.5, 0.5),
    ((Ended.PARTIAL,) * 3, HandToPerson, 0, 0),
    ((Ended.FAILED,) * 2, RetryAt, 1, 24),
    ((Ended.FAILED,) * 3, HandToPerson, 0, 0),
    ((Ended.CALL_LATER,) * 4, HandToPerson, 0, 0),
    ((Ended.NO_ANSWER,) * 3 + (Ended.PARTIAL,), RetryAt, 0.5, 0.5),
    ((Ended.NO_ANSWER,) * 4 + (Ended.REFUSED,), EndCalls, 0, 0),
]


@pytest.mark.parametrize(("outcomes", "kind", "least", "most"), TABLE, ids=lambda value: str(value)[:60])
def test_each_outcome_has_its_own_rule(
    outcomes: tuple[AttemptOutcome, ...], kind: type, least: float, most: float
) -> None:
    then = next_attempt.next_step(standing(*outcomes), CAPS, NOW)
    assert isinstance(then, kind)
    at = then.at if isinstance(then, RetryAt) else then.until if isinstance(then, SendText) else NOW
    assert timedelta(hours=least) <= at - NOW <= timedelta(hours=most)


def test_whoever_was_texted_goes_to_a_person_next() -> None:
    then = next_attempt.next_step(standing(*[Ended.NO_ANSWER] * 5, is_texted=True), CAPS, NOW)
    assert then == HandToPerson(next_attempt.NOT_REACHED)


def test_the_hour_that_was_asked_for_is_kept_within_the_law_s_hours() -> None:
    later = NOW + timedelta(hours=3, minutes=20)
    assert next_attempt.next_step(standing(Ended.CALL_LATER, postponed_until=later), CAPS, NOW) == RetryAt(later)
    night = NOW + timedelta(hours=12)
    then = next_attempt.next_step(standing(Ended.CALL_LATER, postponed_until=night), CAPS, NOW)
    assert then == RetryAt(NOW + timedelta(hours=23))


def test_the_next_try_is_in_another_part_of_the_day() -> None:
    then = next_attempt.next_step(standing(Ended.NO_ANSWER), CAPS, NOW)
    assert isinstance(then, RetryAt)
    assert part_of(then.at, ZONE) is not part_of(NOW, ZONE)


def test_no_more_than_the_law_s_tries_in_a_day_and_a_week() -> None:
    us = dialling_limits_file.read_file(dialling_limits_file.STANDARD, "US")
    tries = tuple(PastAttempt(Ended.NO_ANSWER, NOW - timedelta(days=day)) for day in (2, 1, 0))
    then = next_attempt.next_step(AttemptHistory(tries, WINDOW, CLOSES), us, NOW)
    assert isinstance(then, RetryAt)
    assert then.at >= NOW + timedelta(days=5)


def test_every_outcome_has_a_rule_and_every_end_is_a_move_of_the_table() -> None:
    assert set(next_attempt.RULES) == set(AttemptOutcome)
    ends = LIFECYCLE.targets(RecipientState.CALLING)
    assert {rule.end for rule in next_attempt.RULES.values() if rule.end} <= ends
    assert {RecipientState.PLANNED, RecipientState.TEXTED, RecipientState.WITH_PERSON} <= ends


@given(
    draws=st.lists(
        st.sampled_from([one for one in AttemptOutcome if next_attempt.RULES[one].end is None]), min_size=40
    ),
    minute=st.integers(0, 7 * 24 * 60),
    opens=st.integers(8, 12),
    law=st.sampled_from(["CN", "US", "GB"]),
    days=st.sets(st.integers(0, 6), min_size=1),
)
@examples(200)
def test_whatever_happens_everyone_comes_to_an_end_and_no_cap_is_broken(
    draws: list[AttemptOutcome], minute: int, opens: int, law: str, days: set[int]
) -> None:
    caps = dialling_limits_file.read_file(dialling_limits_file.STANDARD, law)
    window = CallingWindow(ZONE, CallingHours(time(opens), time(opens + 6)), frozenset(days))
    now = window.next(NOW + timedelta(minutes=minute), CLOSES + timedelta(days=30)) or NOW
    tries: list[PastAttempt] = []
    for outcome in draws:
        assert window.is_open(now)
        tries.append(PastAttempt(outcome, now))
        then = next_attempt.next_step(AttemptHistory(tuple(tries), window, now + timedelta(days=30)), caps, now)
        if not isinstance(then, RetryAt):
            break
        assert then.at >= now
        now = max(then.at, now + timedelta(seconds=30))
        if not window.is_open(now):
            break  # the last seconds of a window: the next time is set when they are reserved
    else:
        raise AssertionError("forty tries and no end")
    counted = [one for one in tries if next_attempt.RULES[one.outcome].counts]
    assert len(counted) <= caps.tries
    for one in tries:
        day = [t for t in tries if t.at.astimezone(ZONE).date() == one.at.astimezone(ZONE).date()]
        week = [t for t in tries if one.at - next_attempt.WEEK < t.at <= one.at]
        # A call that the patient asked for, or whose line broke, is theirs.
        assert len(day) <= caps.tries_a_day + sum(t.outcome in {Ended.CALL_LATER, Ended.PARTIAL} for t in day)
        assert len(week) <= caps.tries_a_week + sum(t.outcome in {Ended.CALL_LATER, Ended.PARTIAL} for t in week)


def test_the_limits_name_what_is_wrong_with_file_line_and_field(tmp_path: Path) -> None:
    before, after = 'value: 5, source: "ours: requirement', 'value: 50, source: "ours: requirement'
    text = dialling_limits_file.STANDARD.read_text("utf-8").replace(before, after)
    file = tmp_path / "dialling_limits.yaml"
    file.write_text(text, "utf-8")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "value: 50" in one)
    with pytest.raises(Exception, match=rf"dialling_limits\.yaml:{line}: CN\.tries\.value: must be a whole number"):
        dialling_limits_file.read_file(file, "CN")
    with pytest.raises(Exception, match="no limits for 'FR'"):
        dialling_limits_file.read_file(dialling_limits_file.STANDARD, "FR")


def test_every_cap_has_its_source() -> None:
    for law in ("CN", "US", "GB"):
        caps = dialling_limits_file.read_file(dialling_limits_file.STANDARD, law)
        assert set(caps.sources) == {*dialling_limits_file.LimitsFields.model_fields}
        assert all(caps.sources.values())
