"""`hotline campaign` as one types it: import, plan, start, status, pause, export."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.commands.campaign import command
from hotline import clock
from hotline.configuration.settings import Settings

HEAD = "patient_number,name,birth_date,phone,ward,condition,discharged_on,consent\n"


@pytest.fixture
def house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A house whose settings are in the environment."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        monkeypatch.setenv(name.upper(), "" if shown is None else str(shown))
    return settings


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


@pytest.mark.usefixtures("house")
def test_a_campaign_from_a_file_to_its_results(tmp_path: Path) -> None:
    day = (clock.now() - timedelta(days=3)).date()
    file, report = tmp_path / "d.csv", tmp_path / "report.txt"
    rows = [f"P{number},王芳,1980-01-01,1380000000{number},内科,,{day},yes\n" for number in range(5)]
    file.write_text(HEAD + "".join(rows) + "P9,王芳,1980-01-01,no number,内科,,2026-13-01,yes\n", "utf-8")
    broken = run("import", str(file), "--report", str(report))
    assert broken.exit_code == 1
    assert "line 7, phone" in broken.output
    assert "The database is unchanged." in broken.output
    assert "line 7, discharged_on" in report.read_text("utf-8")
    assert "5 discharges added" in run("import", str(file), "--skip").output
    assert "0 discharges added, 0 corrected, 5 known before" in run("import", str(file), "--skip").output
    assert "5 calls planned" in run("plan", "spring", "--ward", "内科").output
    assert "0 calls planned, 5 planned before" in run("plan", "spring", "--ward", "内科").output
    assert "is running" in run("start", "spring").output
    (told,) = json.loads(run("status", "spring", "--json").output)
    assert (told["state"], told["planned"], told["states"]["planned"]) == ("running", 5, 5)
    assert "spring" in run("status").output
    assert "is paused" in run("pause", "spring", "--reason", "holiday").output
    assert "5 recipients" in run("export", "spring", str(tmp_path / "a.csv")).output
    assert run("export", "spring", str(tmp_path / "a.pdf")).exit_code == 2
    assert "is finished" in run("pause", "spring", "--finish").output
    (told,) = json.loads(run("status", "--json").output)
    assert told["states"]["stopped"] == 5
