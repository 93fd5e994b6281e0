"""`hotline patients import` as one types it: what it says, and when it is no success."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.commands.patients import command
from hotline.configuration.settings import Settings

CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases" / "other"


@pytest.fixture
def house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A house whose settings are in the environment."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        shown = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        monkeypatch.setenv(name.upper(), "" if shown is None else str(shown))
    return settings


def load(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["import", *arguments])


@pytest.mark.usefixtures("house")
def test_a_list_with_faults_changes_nothing_and_says_each_fault() -> None:
    told = load(str(CASES / "patients.csv"))
    assert told.exit_code == 1
    assert "0 patients added, 0 changed, 3 rows rejected; the database is unchanged." in told.output
    assert "patients.csv: line 3, number: is a local number without its area code" in told.output
    assert "patients.csv: line 5, number: holds a letter where a digit is meant" in told.output
    assert "patients.csv: line 8, name: is an error of a spreadsheet" in told.output
    assert "66880000" not in told.output


@pytest.mark.usefixtures("house")
def test_the_good_rows_are_taken_on_request_or_by_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "4 patients added, 0 changed, 3 rows rejected." in load(str(CASES / "patients.csv"), "--skip").output
    monkeypatch.setenv("IMPORT_SKIPS_REJECTED", "true")
    again = load(str(CASES / "patients.csv"))
    assert "0 patients added, 0 changed, 3 rows rejected." in again.output
    assert again.exit_code == 1
    assert "unchanged" in load(str(CASES / "patients.csv"), "--no-skip").output


@pytest.mark.usefixtures("house")
def test_an_area_code_of_the_house_makes_local_numbers_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("号码,姓名,电话\n1,王芳,66880000\n", "utf-8")
    assert load(str(file)).exit_code == 1
    monkeypatch.setenv("PHONE_AREA_CODE", "010")
    assert "1 patients added" in load(str(file)).output
    monkeypatch.setenv("PHONE_AREA_CODE", "10")
    assert "PHONE_AREA_CODE" in str(load(str(file)).exception)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("content", [b"", b"number,name\n", b"x,y\n1,2\n", b"\x00\x01\x02" * 50])
def test_nothing_to_read_is_no_success(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    assert load(str(file)).exit_code != 0
