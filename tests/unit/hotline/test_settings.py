"""Settings are read once, from the environment; names that have changed are read for one version."""

import os
from pathlib import Path

import pytest

from hotline.configuration import settings

NEEDED = {
    "HOTLINE_KEYS": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "SECRET_KEY": "s",
    "TWILIO_AUTH_TOKEN": "t",
    "TWILIO_ACCOUNT_SID": "AC0",
    "VOICE_URL": "http://127.0.0.1:1",
    "HOTLINE_NUMBER": "+861000000000",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that holds what every process needs, and nothing else of ours."""
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_setting_under_its_old_name_is_read_and_its_new_name_is_told(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("PROXIES", "2")
    environment.setenv("CAMPAIGN_CAPS_FILE", "limits.yaml")
    chosen = settings.load()
    assert (chosen.trusted_proxies, chosen.dialling_limits_file) == (2, Path("limits.yaml"))
    told = capsys.readouterr().err
    assert "PROXIES is called TRUSTED_PROXIES now" in told
    assert told.count("\n") == 2


def test_the_new_name_wins_over_the_old_one(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("PROXIES", "2")
    environment.setenv("TRUSTED_PROXIES", "1")
    assert settings.load().trusted_proxies == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("old", "new"), settings.RENAMED.items())
def test_every_name_that_has_changed_leads_to_a_setting(old: str, new: str) -> None:
    assert new.lower() in settings.Settings.model_fields
    assert old.lower() not in settings.Settings.model_fields
    assert old not in os.environ
