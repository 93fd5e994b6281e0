"""Tokens and places of agents' telephones: what the hotline signs, the exchange accepts and Twilio's library reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from twilio.jwt.access_token import AccessToken

from exchange.core.tokens import is_signed
from hotline.configuration.settings import Settings
from telephony.provider import browser_phone
from telephony.provider.browser_phone import PhoneConnection, PhoneKind
from tests.conftest import make_settings

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = {"twilio_api_key": "SK" + "0" * 32, "twilio_api_secret": SecretStr("the secret of an API key, long enough")}


def settings(**other: object) -> Settings:
    return make_settings(Path(), "sqlite://", "unix:///nowhere", **other)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (
            {"twilio_api_base": "http://127.0.0.1:8002"},
            PhoneConnection(PhoneKind.EXCHANGE, "ws://127.0.0.1:8002/phones"),
        ),
        (
            {"twilio_api_base": "https://pbx.example/a/"},
            PhoneConnection(PhoneKind.EXCHANGE, "wss://pbx.example/a/phones"),
        ),
        (
            {"twilio_api_base": "http://127.0.0.1:8002", "phone_url": "wss://pbx.example/phones"},
            PhoneConnection(PhoneKind.EXCHANGE, "wss://pbx.example/phones"),
        ),
        (KEY, PhoneConnection(PhoneKind.TWILIO)),
        (KEY | {"twilio_api_base": "https://api.ie1.twilio.com"}, PhoneConnection(PhoneKind.TWILIO)),
        ({}, PhoneConnection(PhoneKind.NONE)),
    ],
)
def test_the_settings_say_where_a_browser_connects(given: dict[str, object], place: PhoneConnection) -> None:
    assert browser_phone.connection_of(settings(**given)) == place


def test_the_exchange_accepts_what_the_hotline_signs_for_a_minute() -> None:
    made = settings(twilio_api_base="http://127.0.0.1:8002")
    token, key = browser_phone.token(made, "client:agent-1", NOW, "holder-1"), made.twilio_auth_token.get_secret_value()
    assert is_signed(token, "client:agent-1", key, NOW + timedelta(seconds=59))
    assert not is_signed(token, "client:agent-1", key, NOW + timedelta(seconds=61))
    assert not is_signed(token, "client:agent-2", key, NOW)


def test_twilios_token_receives_calls_and_makes_none() -> None:
    token = browser_phone.token(settings(**KEY), "client:agent-1", NOW, "holder-1")
    read = AccessToken.from_jwt(token, KEY["twilio_api_secret"].get_secret_value())  # type: ignore[attr-defined] # a secret
    assert read.payload["grants"]["identity"] == "agent-1"
    assert read.payload["grants"]["voice"] == {"incoming": {"allow": True}}
