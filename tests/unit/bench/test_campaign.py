"""The simulated week of campaigns: nobody is dialled without nurses, and everyone is counted once."""

from bench.simulation.campaign_week import rules
from bench.simulation.campaign_week import week as campaign_week_week
from bench.simulation.campaign_week.rules import NoCampaign, ProductPace
from bench.simulation.campaign_week.week import Week
from bench.simulation.hospital_day.day import DayAgent, DayCall, HospitalDay

SEATS = tuple(DayAgent(f"n{number}", {"nurse": 5}, ((32_400.0, 46_800.0),)) for number in range(5))
CALLS = (DayCall(36_000.0, "nurse", 1, 0, 60.0, 120.0),)


def week(people: int, pacing: campaign_week_week.Pacing, seats: tuple[DayAgent, ...] = SEATS) -> Week:
    """A week of so many patients on a small floor, over."""
    made = Week(HospitalDay(5.0, seats, CALLS), people, pacing, 1)
    made.run()
    return made


def test_patients_are_called_while_nurses_are_there_and_nobody_is_lost() -> None:
    found = rules.figures(week(40, ProductPace()))
    assert found["reached"] > 0.8
    assert found["found_nobody"] == 0
    assert found["inbound_within_three_rings"] == 1.0


def test_without_nurses_nobody_is_dialled_and_without_a_campaign_nobody_either() -> None:
    idle = (DayAgent("b1", {"booking": 5}, ((32_400.0, 46_800.0),)), *SEATS[:1])
    assert week(5, NoCampaign(), idle).figures.dialled == 0
    alone = HospitalDay(5.0, (DayAgent("b1", {"booking": 5}, ((32_400.0, 46_800.0),)),), ())
    made = Week(alone, 5, ProductPace(), 1)
    made.run()
    assert made.figures.dialled == 0


def test_every_try_is_followed_by_one_or_by_an_end() -> None:
    made = week(40, ProductPace())
    waiting = {number for _, number in made.line}
    assert all(bool(patient.end) != (patient.id in waiting) for patient in made.patients)
