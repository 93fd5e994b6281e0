"""Telephones and REST clients that behave badly: refused, one line in the log, and no other call is touched."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
from structlog.testing import capture_logs

from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import ACCOUNT, PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

PAUSE = '<Gather timeout="60"/>'


async def connected(house: House, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """A telephone that speaks the protocol by hand, in a call."""
    socket = await session.ws_connect(f"ws://127.0.0.1:{house.exchange.port}/phones")
    await socket.send_json({"type": "register", "address": "client:rude"})
    await socket.send_json({"type": "dial", "to": "+861012345"})
    return socket


async def until_closed(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """What it was told before the exchange closed the connection."""
    return [json.loads(m.data) async for m in socket if m.type is aiohttp.WSMsgType.TEXT]


def warnings(lines: list[Any]) -> list[str]:
    return [line["event"] for line in lines if line["log_level"] in ("warning", "error")]


def test_garbage_frames_and_messages_are_dropped_and_the_call_goes_on(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession() as session:
            socket = await connected(house, session)
            with capture_logs() as lines:
                for garbage in (b"", b"x", b"x" * 319, b"x" * 9000):
                    await socket.send_bytes(garbage)
                for text in ("", "{", "[]", "7", '{"type": 9}', '{"type": "sing"}'):
                    await socket.send_str(text)
                told = ""
                while told != "answered":
                    message = await socket.receive(PATIENCE_SECONDS)
                    told = json.loads(message.data)["type"] if message.type is aiohttp.WSMsgType.TEXT else told
            assert warnings(lines) == ["telephone_frames_unreadable"]
            assert len(house.exchange.context.legs.active) == 1
            await socket.close()

    tell(story, {"/voice": PAUSE})


def test_flood_ends_that_connection_and_its_call_alone(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone("+861") as polite, aiohttp.ClientSession() as session:
            await polite.registered()
            call = await polite.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            socket = await connected(house, session)
            with capture_logs() as lines:
                with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                    for _ in range(100_000):
                        await socket.send_bytes(bytes(320))
                told = await until_closed(socket)
            assert [each.get("code") for each in told if each["type"] == "error"] in ([31009], [])
            assert "telephone_floods" in warnings(lines)
            heard = len(call.heard)
            await until(lambda: len(call.heard) > heard + 3200)
            assert call.stage is CallStage.UP
            assert list(house.exchange.context.legs.active) == [call.sid]

    tell(story, {"/voice": PAUSE})


def test_messages_larger_than_any_close_the_connection(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession() as session:
            socket = await connected(house, session)
            await socket.send_str("x" * 100_000)
            await until_closed(socket)
            assert socket.closed

    tell(story, {"/voice": PAUSE})


@pytest.mark.parametrize(
    ("path", "user", "status", "code"),
    [("Calls.json", ("x", "y"), 401, 20003), ("Calls/CA" + "f" * 32 + ".json", None, 404, 20404)],
)
def test_rest_that_is_refused_is_one_line_in_the_log(
    tell: Tell, path: str, user: tuple[str, str] | None, status: int, code: int
) -> None:
    # docs/api/errors/20003: "All requests to sensitive areas of the Twilio API must use HTTP Basic Authentication"
    async def story(house: House) -> None:
        url = f"{house.client.api.base_url}/2010-04-01/Accounts/{ACCOUNT}/{path}"
        with capture_logs() as lines:
            answer = await house.rest(lambda: requests.get(url, auth=user or house.client.auth, timeout=30))
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
        assert [(line["event"], line["code"]) for line in lines] == [("rest_refused", code)]

    tell(story, {})
