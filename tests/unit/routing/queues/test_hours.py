"""When a line is open: the week, dates that differ, Chinese public holidays and make-up days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import RootModel

from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.values.workdays import is_public_holiday, is_working_day, made_up
from routing.queues.hours import Hours, is_open, next_opening
from routing.queues.hours_file import HoursField

BEIJING = ZoneInfo("Asia/Shanghai")


class HoursFile(RootModel[HoursField]):
    """Opening hours alone."""


def read(text: str) -> Hours:
    return yaml_file.parse(HoursFile, text, "queues.yaml", lambda _data: {"zone": BEIJING}).root


OFFICE = read(
    "{monday-friday: [08:00-12:00, 13:30-17:30], saturday: 08:00-12:00, holidays: china,"
    " days: {2026-12-31: 08:00-12:00}}"
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


# As the State Council arranged 2026.
OFF_2026 = {
    "01-01": 3, "02-15": 9, "04-04": 3, "05-01": 5, "06-19": 3, "09-25": 3, "10-01": 7,
}  # fmt: skip
WORKED_2026 = {"01-04": 4, "02-14": 4, "02-28": 0, "05-09": 1, "09-20": 1, "10-10": 2}


def test_public_holidays_of_2026_are_the_published_ones_with_their_weekends() -> None:
    off = {date.fromisoformat(f"2026-{d}") + timedelta(days=n) for d, days in OFF_2026.items() for n in range(days)}
    every = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    assert {day for day in every if is_public_holiday(day)} == off


@pytest.mark.parametrize(("day", "stands_for"), WORKED_2026.items())
def test_a_make_up_day_of_2026_is_worked_as_the_weekday_it_stands_for(day: str, stands_for: int) -> None:
    assert made_up(date.fromisoformat(f"2026-{day}")) == stands_for
    assert is_working_day(date.fromisoformat(f"2026-{day}"))


@pytest.mark.parametrize(
    "day", ["01-01", "02-05", "02-06", "02-10", "04-05", "05-03", "05-04", "06-09", "09-15", "10-01", "10-05"]
)
def test_the_law_s_holidays_of_2027_are_known(day: str) -> None:
    assert is_public_holiday(date.fromisoformat(f"2027-{day}"))


@pytest.mark.parametrize("day", ["02-04", "02-11", "04-06", "05-05", "06-10", "10-06", "12-31"])
def test_working_days_of_2027_are_none(day: str) -> None:
    assert is_working_day(date.fromisoformat(f"2027-{day}"))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02 08:00", True),  # a Monday
        ("2026-03-02 07:59", False),
        ("2026-03-02 12:00", False),
        ("2026-03-02 13:30", True),
        ("2026-03-07 11:59", True),  # Saturday
        ("2026-03-08 10:00", False),  # Sunday
        ("2026-02-17 10:00", False),  # Spring Festival, a Tuesday
        ("2026-02-21 10:00", False),  # a Saturday within it
        ("2026-02-14 16:00", True),  # a Saturday worked as a Friday
        ("2026-01-04 16:00", True),  # a Sunday worked as a Friday
        ("2026-12-31 16:00", False),  # by date
        ("2027-10-01 10:00", False),
        ("2027-02-11 10:00", True),
    ],
)
def test_the_line_is_open_by_date_then_holiday_then_weekday(moment: str, expected: bool) -> None:
    assert is_open(OFFICE, local(moment).astimezone(UTC)) is expected


def test_a_line_that_does_not_keep_holidays_is_open_on_them() -> None:
    plain = read("{monday-sunday: 08:00-24:00}")
    assert is_open(plain, local("2026-02-17 23:59"))
    assert not is_open(plain, local("2026-02-17 07:59"))


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-03-02 09:00", "2026-03-02 09:00"),
        ("2026-03-02 12:30", "2026-03-02 13:30"),
        ("2026-03-06 18:00", "2026-03-07 08:00"),
        ("2026-02-14 18:00", "2026-02-24 08:00"),  # over the Spring Festival
        ("2026-12-31 13:00", "2027-01-04 08:00"),  # over the new year
    ],
)
def test_the_next_opening_passes_nights_weekends_and_holidays(moment: str, opens: str) -> None:
    assert next_opening(OFFICE, local(moment).astimezone(UTC)) == local(opens)


def test_a_line_that_never_opens_has_no_next_opening_and_one_always_open_opens_now() -> None:
    assert next_opening(Hours(BEIJING), local("2026-03-02 09:00")) is None
    always = read("always")
    assert next_opening(always, local("2026-03-02 03:00")) == local("2026-03-02 03:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 11, 1)).map(lambda moment: moment.replace(tzinfo=BEIJING)))  # noqa: DTZ001 (given the zone at once)
def test_the_next_opening_is_open_and_nothing_before_it_is(now: datetime) -> None:
    opens = next_opening(OFFICE, now)
    assert opens is not None
    assert is_open(OFFICE, opens)
    assert opens >= now
    assert opens == now or not is_open(OFFICE, opens - timedelta(microseconds=1))
    halfway = now + (opens - now) / 2
    assert opens == now or halfway >= opens or not is_open(OFFICE, halfway)


def test_faults_of_hours_name_their_line_and_what_to_write() -> None:
    with pytest.raises(FileFault) as caught:
        read("funday: 08:00-09:00\nmonday: 9 to 5\nholidays: sometimes\ndays: {soon: []}")
    assert [fault.split(": ")[0] + ": " + fault.split(": ")[1] for fault in caught.value.faults] == [
        "queues.yaml:1: funday",
        "queues.yaml:2: monday",
        "queues.yaml:3: holidays",
        "queues.yaml:4: days.soon",
    ]
