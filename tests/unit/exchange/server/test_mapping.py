"""Addresses on the internet that stand for something near."""

import asyncio
from pathlib import Path

import pytest

from exchange.core.config import from_values
from exchange.core.errors import ConfigError, WebhookError
from exchange.server.mapping import MappedConnector, MappedTransport
from exchange.webhooks.webhook import WebhookRequest
from tests.unit.exchange.stage import App, Wires


def ask(table: dict[str, str], url: str) -> tuple[bytes, str, list[str]]:
    app = App()
    answer = asyncio.run(MappedTransport(app, table).send(WebhookRequest("GET", url, {}, {})))
    return answer.body, answer.content_type, [each.url for each in app.requests]


def test_a_prefix_leads_to_a_file_to_one_in_a_folder_or_to_another_server(tmp_path: Path) -> None:
    (tmp_path / "music.mp3").write_bytes(b"mp3")
    (tmp_path / "a b.wav").write_bytes(b"wav")
    table = {
        "http://media.test/": str(tmp_path),
        "http://media.test/one": str(tmp_path / "music.mp3"),
        "https://far.test/": "http://near.test/sub/",
    }
    assert ask(table, "http://media.test/one?x=1") == (b"mp3", "audio/mpeg", [])
    assert ask(table, "http://media.test/a%20b.wav")[:2] == (b"wav", "audio/wav")
    assert ask(table, "https://far.test/x?y=1")[2] == ["http://near.test/sub/x?y=1"]
    assert ask(table, "http://other.test/x")[2] == ["http://other.test/x"]


def test_addresses_of_sockets_are_led_elsewhere_too() -> None:
    wires = Wires()
    sockets = MappedConnector(wires, {"wss://far.test/": "ws://127.0.0.1:9/", "https://far.test/": "http://near/"})
    asyncio.run(sockets.open("wss://far.test/media?x=1", {"X-Twilio-Signature": "s"}))
    asyncio.run(sockets.open("wss://other.test/", {}))
    assert wires.opened == [("ws://127.0.0.1:9/media?x=1", {"X-Twilio-Signature": "s"}), ("wss://other.test/", {})]


@pytest.mark.parametrize("path", ["nothing.wav", "../secret.txt", "%2e%2e/secret.txt"])
def test_a_file_that_is_not_there_or_outside_of_the_folder_is_not_given(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (tmp_path / "media").mkdir()
    with pytest.raises(WebhookError):
        ask({"http://media.test/": str(tmp_path / "media")}, f"http://media.test/{path}")


def test_settings_count_files_from_their_own_folder_and_name_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "hold.wav").write_bytes(b"")
    values = {
        "account_sid": "AC1",
        "auth_token": "t",
        "map": {"http://a.test/": "hold.wav", "http://b.test/": "http://c/"},
    }
    config = from_values(values, folder=tmp_path)
    assert config.map == {"http://a.test/": str(tmp_path / "hold.wav"), "http://b.test/": "http://c/"}
    with pytest.raises(ConfigError, match="no file or folder"):
        from_values(values | {"map": {"http://a.test/": "none.wav"}}, folder=tmp_path)
