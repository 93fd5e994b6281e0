"""Signed tokens of telephones: whom they let in, and until when; and a telephone that sends nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from exchange.core.tokens import LONGEST_SECONDS, is_signed, sign
from exchange.media.audio import SILENCE
from exchange.web.web_phone_line import WebPhoneLine

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON = int(NOW.timestamp()) + 60
KEY = "secret-of-the-tests"


def test_a_signed_token_lets_its_address_in_until_it_expires() -> None:
    token = sign("client:agent-1", SOON, KEY)
    assert is_signed(token, "client:agent-1", KEY, NOW)
    assert is_signed(token, "client:agent-1", KEY, NOW + timedelta(seconds=59))
    assert not is_signed(token, "client:agent-1", KEY, NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("token", "address"),
    [
        (sign("client:agent-1", SOON, KEY), "client:agent-2"),
        (sign("client:agent-1", SOON, "another key"), "client:agent-1"),
        (f"{SOON + 600}.{sign('client:agent-1', SOON, KEY).split('.')[1]}", "client:agent-1"),
        (sign("client:agent-1", SOON + LONGEST_SECONDS, KEY), "client:agent-1"),
        (f"{SOON}.", "client:agent-1"),
        (f"{SOON}", "client:agent-1"),
        ("²²²²²²²²²².abc", "client:agent-1"),
        ("9" * 400, "client:agent-1"),
        ("", "client:agent-1"),
    ],
)
def test_any_other_token_lets_nobody_in(token: str, address: str) -> None:
    assert not is_signed(token, address, KEY, NOW)


class Watcher:
    """Stands for a leg: remembers what its line told it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_answer(self) -> None:
        self.told.append("answer")

    def on_refuse(self, is_busy: bool) -> None:
        self.told.append(f"refuse {is_busy}")

    def on_fail(self) -> None:
        self.told.append("fail")

    def on_hang_up(self) -> None:
        self.told.append("hang up")

    def on_ringing(self) -> None:
        self.told.append("ringing")

    def on_early_sound(self) -> None:
        self.told.append("early sound")

    def on_refer(self, target: str) -> bool:
        self.told.append(f"refer {target}")
        return False


def test_a_telephone_that_sends_nothing_for_ten_seconds_of_a_call_is_hung_up() -> None:
    line, leg = WebPhoneLine("+8613800000001"), Watcher()
    line.seize(leg)
    for _ in range(499):
        line.take()
    line.hear(SILENCE)
    for _ in range(499):
        line.take()
    assert leg.told == []
    line.take()
    assert leg.told == ["hang up"]
