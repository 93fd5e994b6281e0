"""`hotline staffing`: a file in, agents per half hour out; a fault names file, line and field."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cli.commands import staffing
from hotline.errors import ConfigError
from hotline.values.states.call import CallOutcome, Direction

CHINA = ZoneInfo("Asia/Shanghai")


def run(tmp_path: Path, text: str, *options: str) -> tuple[str, dict[str, object]]:
    file, out = tmp_path / "day.csv", tmp_path / "out.json"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(staffing.command, ["--file", str(file), "--json", str(out), *options])
    if result.exception is not None:
        raise result.exception
    return result.output, json.loads(out.read_text("utf-8"))


def test_each_half_hour_has_its_agents_and_the_busiest_the_longest_bar(tmp_path: Path) -> None:
    shown, written = run(tmp_path, "half_hour,calls,handle_s\n08:00,10,\n08:30,120,150\n09:00,0,\n")
    half_hours = written["half_hours"]
    assert isinstance(half_hours, list)
    assert [row["half_hour"] for row in half_hours] == ["08:00", "08:30", "09:00"]
    assert [row["handle_seconds"] for row in half_hours] == [180, 150, 180]
    assert half_hours[1]["agents"] > half_hours[0]["agents"] > half_hours[2]["agents"] == 0
    assert all(row["within"] >= 0.95 for row in half_hours[:2])
    assert "█" in shown


def test_dates_choose_from_a_file_that_has_them(tmp_path: Path) -> None:
    text = "half_hour,calls\n2026-03-01 08:30,5\n2026-03-02 08:30,6\n2026-03-03 08:30,7\n"
    _, written = run(tmp_path, text, "--from", "2026-03-02", "--to", "2026-03-02", "--handle-seconds", "60")
    half_hours = written["half_hours"]
    assert isinstance(half_hours, list)
    (row,) = half_hours
    assert (row["half_hour"], row["calls"], row["handle_seconds"]) == ("2026-03-02 08:30", 6, 60)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hour,calls\n08:00,1\n", "day.csv:1: the columns half_hour and calls"),
        ("half_hour,calls\n08:00,1\n08:15,2\n", "day.csv:3: half_hour: '08:15'"),
        ("half_hour,calls\n08:00,many\n", "day.csv:2: calls: 'many'"),
        ("half_hour,calls\n08:00,-1\n", "day.csv:2: calls: '-1'"),
        ("half_hour,calls\n08:00,nan\n", "day.csv:2: calls: 'nan'"),
        ("half_hour,calls,handle_s\n08:00,1,0\n", "day.csv:2: handle_s: '0'"),
        ("half_hour,calls\n08:00\n", "day.csv:2: calls: None"),
        ("half_hour,calls\n", "day.csv: holds no half hours"),
    ],
)
def test_a_fault_of_the_file_names_file_line_and_field(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as raised:
        run(tmp_path, text)
    assert fault in str(raised.value)


def test_what_cannot_be_reached_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="08:00: pickup"):
        run(tmp_path, "half_hour,calls\n08:00,1\n", "--pickup-seconds", "20")


def test_without_days_or_file_it_says_what_is_needed() -> None:
    assert "--from and --to, or a --file" in CliRunner().invoke(staffing.command, []).output


@dataclass
class ACall:
    asked_at: datetime | None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: CallOutcome | None = None
    queue: str | None = None
    id: str = ""
    direction: Direction = Direction.INBOUND


def test_history_is_the_average_day_by_the_hospital_s_clock() -> None:
    asked = datetime(2026, 3, 2, 0, 40, tzinfo=UTC)
    talked = ACall(asked, asked + timedelta(seconds=10), asked + timedelta(seconds=100))
    calls = [talked, ACall(asked + timedelta(days=1)), ACall(asked), ACall(None), ACall(asked + timedelta(hours=1))]
    assert staffing.average(calls, 2, CHINA) == [
        staffing.HalfHour("08:30", 1.5, 90),
        staffing.HalfHour("09:30", 0.5),
    ]
    with pytest.raises(ConfigError, match="nobody asked"):
        staffing.average([ACall(None)], 2, CHINA)
