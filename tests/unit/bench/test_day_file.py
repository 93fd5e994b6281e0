"""Day files of the simulated floor: what may be left out, and how faults are told."""

import json
from pathlib import Path
from typing import Any

import click
import pytest

from bench.simulation.hospital_day import day_file

SEAT: dict[str, Any] = {"id": "a", "skills": {"booking": 3}}
CALL: dict[str, Any] = {"t": 60, "skill": "booking", "handle_s": 60, "patience_s": 60}


def day(tmp_path: Path, agents: object = (SEAT,), calls: object = (CALL,), **top: object) -> Path:
    path = tmp_path / "day.json"
    path.write_text(json.dumps({"ring_seconds": 5, "agents": agents, "calls": calls} | top), "utf-8")
    return path


def test_what_is_not_given_is_usual(tmp_path: Path) -> None:
    found = day_file.read(day(tmp_path))
    (seat,), (call,) = found.agents, found.calls
    assert seat.shifts == ((0.0, 86400.0),)
    assert (seat.pickup_median_s, seat.pickup_sigma, seat.no_answer_rate) == (4.0, 0.5, 0.05)
    assert (call.level, call.priority) == (1, 0)


def test_calls_come_in_the_order_of_their_time(tmp_path: Path) -> None:
    found = day_file.read(day(tmp_path, calls=[CALL | {"t": 9}, CALL | {"t": 3}]))
    assert [call.t for call in found.calls] == [3, 9]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"agents": []}, "agents: must be a list with at least one entry"),
        ({"calls": None}, "calls: must be a list with at least one entry"),
        ({"ring_seconds": "5"}, 'ring_seconds: must be a number, not "5"'),
        ({"agents": [SEAT, SEAT]}, "agents: the id 'a' stands there twice"),
        ({"agents": [{"skills": {"a": 1}}]}, "agents[0].id: missing or no text"),
        ({"agents": [SEAT | {"skills": ["booking"]}]}, "agents[0].skills: must hold levels by skill"),
        ({"agents": [SEAT | {"skills": {"booking": "high"}}]}, "agents[0].skills.booking: must be a number"),
        ({"agents": [SEAT | {"skills": {"booking": 1.5}}]}, "agents[0].skills.booking: must be a whole number"),
        ({"agents": [SEAT | {"no_answer_rate": 20}]}, "agents[0].no_answer_rate: must be from 0 to 1, not 20"),
        ({"agents": [SEAT | {"pickup_median_s": 0}]}, "agents[0].pickup_median_s: must be from 0.01 to 3600"),
        ({"agents": [SEAT | {"shifts": [[900, 0]]}]}, "agents[0].shifts[0]: ends before it begins"),
        ({"agents": [SEAT | {"shifts": [8, 17]}]}, "agents[0].shifts[0]: must be two numbers"),
        ({"calls": [{"skill": "a", "handle_s": 1, "patience_s": 1}]}, "calls[0].t: missing; write a number"),
        ({"calls": [CALL, CALL | {"skill": 7}]}, "calls[1].skill: missing or no text"),
        ({"calls": [CALL | {"handle_s": -1}]}, "calls[0].handle_s: must be from 0 to 86400, not -1"),
        ({"calls": ["soon"]}, "calls[0]: must hold named fields, t, skill"),
    ],
)
def test_a_fault_names_its_field(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    with pytest.raises(click.ClickException) as caught:
        day_file.read(day(tmp_path, **changes))
    assert told in caught.value.message


def test_a_file_that_is_no_json_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text("agents: []", "utf-8")
    with pytest.raises(click.ClickException, match="no JSON that can be read"):
        day_file.read(path)


def test_unknown_fields_are_passed_over_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day_file.read(day(tmp_path, agents=[SEAT | {"no_anser_rate": 0.2}]))
    assert "passed over unknown fields: no_anser_rate" in capsys.readouterr().err
