"""Who is called when: plans, hours in the patient's zone, wishes, and who is left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing.visits.stop_reasons import StopReason
from campaigns.planning import plan, plans_file
from campaigns.planning.calling_windows import ALL_DAY, ROOM, CallingHours, CallingWindow
from campaigns.planning.plan import DischargeProfile
from hotline.configuration.errors import FileFault
from tests.support.properties import examples

LEGAL = CallingHours(time(9), time(20))
PLANS = plans_file.read_folder(plans_file.STANDARD)
SHANGHAI, URUMQI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Asia/Urumqi"), ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = DischargeProfile("general", "内科", date(1980, 1, 1), date(2026, 3, 1), SHANGHAI)


def due(facts: DischargeProfile, now: datetime = NOW) -> list[str]:
    """When each step of the plan that fits is due first, in the patient's local time; or why not."""
    chosen = plan.choose(PLANS.values(), facts)
    assert chosen is not None
    steps = plan.steps(chosen, facts, LEGAL, now)
    return [f"{s.due_at.astimezone(facts.zone):%m-%d %H:%M}" if s.due_at else s.without for s in steps]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FACTS, ["03-08 09:00"]),
        (replace(FACTS, condition="surgery"), ["03-04 09:00", "03-15 09:00"]),
        (replace(FACTS, condition="heart_failure"), ["03-03 09:00", "03-08 09:00", "03-31 09:00"]),
        (replace(FACTS, condition="diabetes"), ["03-08 09:00", "03-31 09:00"]),
        (replace(FACTS, birth_date=date(1940, 1, 1)), ["03-06 09:30", "03-15 09:30"]),
        (replace(FACTS, preferred=CallingHours(time(14), time(17))), ["03-08 14:00"]),
        (replace(FACTS, refused_days=frozenset({5, 6})), ["03-09 09:00"]),  # the eighth is a Sunday
        (replace(FACTS, has_consent=False), [plan.NO_CONSENT]),
        (replace(FACTS, cause=StopReason(plan.DIED, "")), [plan.DIED]),
        (replace(FACTS, open_elsewhere=True), [plan.ELSEWHERE]),
        (replace(FACTS, refused_days=frozenset(range(7))), [plan.NO_HOURS]),
    ],
)
def test_each_patient_is_due_when_their_plan_and_wishes_say(facts: DischargeProfile, expected: list[str]) -> None:
    assert due(facts) == expected


def test_who_was_discharged_too_long_ago_is_left_out() -> None:
    assert due(FACTS, datetime(2026, 5, 1, tzinfo=UTC)) == [plan.TOO_LATE]


def test_a_step_that_is_over_leaves_the_later_ones() -> None:
    assert due(replace(FACTS, condition="surgery"), datetime(2026, 3, 10, tzinfo=UTC)) == [plan.TOO_LATE, "03-15 09:00"]


def test_the_elderly_are_called_in_daytime_whatever_their_plan() -> None:
    facts = replace(FACTS, condition="surgery", birth_date=date(1940, 1, 1), preferred=CallingHours(time(18), time(20)))
    chosen = plan.choose(PLANS.values(), facts)
    assert chosen is not None
    window = plan.window(chosen, facts, LEGAL)
    assert window is not None
    assert window.hours.closes == time(17)
    assert due(facts) == ["03-04 09:00", "03-15 09:00"]  # the evening they prefer is not to be had


days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(
    discharged=days,
    zone=st.sampled_from([SHANGHAI, URUMQI, LONDON, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")]),
    refused=st.sets(st.integers(0, 6), max_size=6),
    hours=st.tuples(st.integers(0, 22), st.integers(1, 4)),
    condition=st.sampled_from(["general", "surgery", "heart_failure", "diabetes", "other"]),
    born=st.dates(date(1920, 1, 1), date(2020, 1, 1)),
)
@examples(300)
def test_nobody_is_ever_due_outside_the_law_s_hours_or_on_a_refused_day(
    discharged: date, zone: ZoneInfo, refused: set[int], hours: tuple[int, int], condition: str, born: date
) -> None:
    preferred = CallingHours(time(hours[0]), time(min(23, hours[0] + hours[1])))
    facts = DischargeProfile(
        condition, "", born, discharged, zone, refused_days=frozenset(refused), preferred=preferred
    )
    now = datetime.combine(discharged, time(6), zone)
    chosen = plan.choose(PLANS.values(), facts)
    assert chosen is not None
    for step in plan.steps(chosen, facts, LEGAL, now):
        if step.due_at is None:
            assert step.without in {plan.NO_HOURS, plan.TOO_LATE}
            continue
        local = step.due_at.astimezone(zone)
        closes = time(17) if plan.age(facts) >= chosen.elderly_age else time(20)
        assert time(9) <= local.time() < closes
        assert local.weekday() not in refused
        assert step.opens_at <= step.due_at < step.closes_at


FOREVER = datetime(2028, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=600)).map(lambda span: NOW + span)


@given(moment=moments)
def test_hours_that_are_open_all_day_are_open_at_every_moment(moment: datetime) -> None:
    window = CallingWindow(SHANGHAI, ALL_DAY)
    assert window.is_open(moment)
    assert window.next(moment, FOREVER) == moment


@given(moment=moments)
def test_within_the_hours_nobody_waits_but_for_the_last_minutes(moment: datetime) -> None:
    window = CallingWindow(SHANGHAI, LEGAL)
    due = window.next(moment, FOREVER)
    assert due is not None
    assert window.is_open(due)
    assert (due == moment) == (window.is_open(moment) and window.is_open(moment + ROOM - timedelta(microseconds=1)))


BROKEN = """label: {zh: 手术, en: Surgery}
script: surgery
scrip: x
steps:
  - {day: 3, until: 2}
  - {day: 3, until: 20}
hours: {from: "20:00", to: "9:00"}
days: [mon, tuesday]
"""


def test_everything_wrong_with_a_plan_is_named_with_file_line_and_field() -> None:
    with pytest.raises(FileFault) as found:
        plans_file.parse(BROKEN, "surgery.yaml", "surgery")
    text = str(found.value)
    for part in (
        "surgery.yaml:3: scrip: unknown field",
        "surgery.yaml:5: steps[0].until: day 2 is before day 3",
        "surgery.yaml:7: hours.to: '9:00' is no time of the day",
        "surgery.yaml:8: days[1]: 'tuesday' is not one of",
    ):
        assert part in text, text


def test_hours_may_go_to_the_end_of_the_day() -> None:
    whole = (
        'label: {zh: 甲, en: A}\nscript: general\nsteps: [{day: 1, until: 2}]\nhours: {from: "00:00", to: "24:00"}\n'
    )
    assert plans_file.parse(whole, "all.yaml", "all").hours == ALL_DAY


def test_an_empty_folder_of_plans_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileFault, match="copy campaigns/plans"):
        plans_file.read_folder(tmp_path)
