"""The simulated floor that the ladder is judged on: its days, its clock, and the formula it is staffed by."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import floor, waits
from bench.simulation.hospital_day import day as hospital_day_day
from bench.simulation.hospital_day import day_file, mornings, rules
from bench.simulation.hospital_day.clock import SimulatedFloor
from bench.simulation.hospital_day.day import DayAgent, DayCall, HospitalDay

AFTERNOON = 50_400.0  # from 14:00, with its peak
SHIFT = ((0.0, 3600.0),)


def test_a_day_is_staffed_by_erlangs_formula() -> None:
    assert hospital_day_day.staffing(100, 180) == 8


def test_a_caller_is_answered_by_the_second_phone_when_the_first_is_never_picked_up() -> None:
    absent, here = (
        DayAgent("a", {"booking": 5}, SHIFT, no_answer_rate=1.0),
        DayAgent("b", {"booking": 3}, SHIFT, 1.0, 0.0, 0.0),
    )
    house = SimulatedFloor(
        HospitalDay(5.0, (absent, here), (DayCall(60, "booking", 1, 0, 100, 120),)), rules.ProductRule(), 1
    )
    house.run()
    assert house.callers[0].answered_at == pytest.approx(61.0, abs=0.3)  # rung beside the first
    assert house.phones_rung == 2


def test_one_at_a_time_loses_fifteen_seconds_and_the_retry_to_the_first_who_is_away() -> None:
    absent, here = (
        DayAgent("a", {"booking": 5}, SHIFT, no_answer_rate=1.0),
        DayAgent("b", {"booking": 3}, SHIFT, 1.0, 0.0, 0.0),
    )
    day = HospitalDay(5.0, (absent, here), (DayCall(60, "booking", 1, 0, 100, 120),))
    house = SimulatedFloor(day, rules.UsualRule("one at a time", 15.0, 5.0), 1)
    house.run()
    assert house.callers[0].answered_at == pytest.approx(81.0)


def test_a_caller_leaves_when_patience_ends_and_the_phone_stops() -> None:
    house = SimulatedFloor(HospitalDay(5.0, (), (DayCall(60, "booking", 1, 0, 100, 20),)), rules.ProductRule(), 1)
    house.run()
    assert house.callers[0].left_at == 80.0
    assert not house.line


def test_ours_answers_more_in_three_rings_than_the_usual_systems_on_a_morning() -> None:
    whole = day_file.read(day_file.DAYS / "reference.json")
    morning = replace(whole, calls=tuple(call for call in whole.calls if call.t < 32_400))
    found = floor.compare([morning], 1)["policies"]
    assert isinstance(found, dict)
    firsts = {name: one["within_three_rings"] for name, one in found.items()}
    assert max(firsts, key=lambda name: firsts[name]) == "ours"
    assert found["ours"]["phones_per_answered_call"] < 2


def test_the_bench_writes_policies_and_bound(tmp_path: Path) -> None:
    day, out = tmp_path / "day.json", tmp_path / "out.json"
    seat = '{"id": "a", "skills": {"booking": 3}, "shifts": [[0, 900]], "pickup_median_s": 4, "pickup_sigma": 0.5,'
    call = '{"t": 60, "skill": "booking", "level": 1, "priority": 0, "handle_s": 60, "patience_s": 60}'
    day.write_text(f'{{"ring_seconds": 5, "agents": [{seat} "no_answer_rate": 0}}], "calls": [{call}]}}', "utf-8")
    done = CliRunner().invoke(floor.main, ["--day", str(day), "--seeds", "1", "--json", str(out)])
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text("utf-8"))
    assert (len(found["policies"]), found["bound"]["abandoned"]) == (5, 0.0)


def test_a_made_up_morning_is_read_as_it_was_written(tmp_path: Path) -> None:
    options = ["--only", "shifts", "--mornings", "1", "--days", str(tmp_path)]
    assert CliRunner().invoke(mornings.main, options).exit_code == 0
    (file,) = tmp_path.iterdir()
    assert day_file.read(file) == mornings.day(mornings.MORNINGS["shifts with breaks"], 0)


def test_where_agents_let_calls_ring_out_ours_answers_more_in_time_than_ringing_everyone_with_fewer_phones() -> None:
    day = day_file.read(day_file.DAYS / "missing.json")
    part = replace(day, calls=tuple(call for call in day.calls if call.t > AFTERNOON))
    ours = floor.simulate([part], 3, rules.ProductRule)
    everyone = floor.simulate([part], 3, lambda: rules.UsualRule("ring everyone", 15.0, 5.0, everyone=True))
    assert floor.ahead(ours, everyone)["mean"] > 0.01
    assert floor.summary(ours)["phones_per_answered_call"] < 2.5


def test_the_day_of_misses_is_the_one_that_its_command_makes() -> None:
    assert day_file.read(day_file.DAYS / "missing.json") == hospital_day_day.missing(1)


def test_by_how_much_one_rule_is_ahead_is_told_with_its_interval() -> None:
    ours = [{"within_three_rings": share} for share in (0.8, 0.9, 0.7)]
    others = [{"within_three_rings": share} for share in (0.7, 0.9, 0.6)]
    found = floor.ahead(ours, others)
    assert found["mean"] == pytest.approx(0.0667, abs=1e-4)
    assert found["least"] < 0 < found["mean"] < found["most"]


def test_the_usual_systems_can_set_aside_who_misses_as_ours_does() -> None:
    absent, here = (
        DayAgent("a", {"booking": 5}, SHIFT, no_answer_rate=1.0),
        DayAgent("b", {"booking": 3}, SHIFT, 1.0, 0.0, 0.0),
    )
    calls = (DayCall(60, "booking", 1, 0, 10, 120), DayCall(120, "booking", 1, 0, 10, 120))
    took = []
    for aside_s in (0.0, 120.0):
        house = SimulatedFloor(
            HospitalDay(5.0, (absent, here), calls), rules.UsualRule("one", 15.0, 0.0, aside_s=aside_s), 1
        )
        house.run()
        took.append((house.callers[1].answered_at or 0.0) - 120)
    assert took == [16.0, 1.0]


def test_announced_waits_are_as_often_too_short_as_too_long_and_nearer_than_the_naive_ones() -> None:
    whole = day_file.read(day_file.DAYS / "reference.json")
    morning = replace(whole, calls=tuple(call for call in whole.calls if call.t < 34_200))
    everyone, queued = (waits.measure([morning], 1)[name] for name in ("everyone", "nobody_free"))
    assert isinstance(everyone, dict)
    assert isinstance(queued, dict)
    assert 0.4 < everyone["ours"]["too_short"] < 0.6
    assert everyone["ours"]["median_absolute_error_s"] < 5 < everyone["former"]["median_absolute_error_s"]
    for rule in ("former", "naive"):
        assert queued["ours"]["median_absolute_error_s"] < queued[rule]["median_absolute_error_s"]
    assert everyone["former"]["too_long"] > 0.9  # as it was found


def test_the_bench_of_waits_writes_all_rules_and_their_ratio(tmp_path: Path) -> None:
    day, out = tmp_path / "day.json", tmp_path / "out.json"
    calls = ",".join(
        f'{{"t": {60 + 20 * number}, "skill": "x", "handle_s": 90, "patience_s": 600}}' for number in range(9)
    )
    day.write_text(
        f'{{"ring_seconds": 5, "agents": [{{"id": "a", "skills": {{"x": 3}}}}], "calls": [{calls}]}}', "utf-8"
    )
    done = CliRunner().invoke(waits.main, ["--day", str(day), "--seeds", "1", "--json", str(out)])
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text("utf-8"))["everyone"]
    assert found["callers"] == 9
    assert set(found["ratio_of_median_errors"]) == {"former_to_ours", "naive_to_ours"}
