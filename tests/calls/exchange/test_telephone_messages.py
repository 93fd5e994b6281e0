"""What a telephone at `/phones` may send: anything else is refused by name, and leaves neither call nor telephone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from exchange.phone.phone_call import CallStage
from exchange.web.web_phones import MOST_OF_ADDRESS, MOST_UNREGISTERED
from tests.calls.exchange.conftest import NUMBER, PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

PAUSE = '<Pause length="60"/>'
REGISTER = {"type": "register", "address": "client:a"}
SURROGATE = "client:\ud800"


def url(house: House) -> str:
    return f"ws://127.0.0.1:{house.exchange.port}/phones"


async def told(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of this kind."""
    while True:
        message = await socket.receive(PATIENCE_SECONDS)
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
        if message.type is aiohttp.WSMsgType.TEXT and json.loads(message.data)["type"] == kind:
            found: dict[str, Any] = json.loads(message.data)
            return found


@pytest.mark.parametrize(
    ("first", "closing", "names"),
    [
        (b"\x00" * 320, 1003, "text"),
        ("", 1008, "no JSON"),
        ("null", 1008, "null"),
        ("7", 1008, "a number"),
        ("true", 1008, "true or false"),
        ('["register"]', 1008, "a list"),
        ("[" * 8000, 1008, "nested"),
        ('{"a":' * 2500 + "1" + "}" * 2500, 1008, "nested"),
        ("9" * 15_000, 1008, "JSON"),
        ("{}", 1008, "type"),
        ('{"type": ["register"]}', 1008, "type"),
        ('{"type": "dial", "to": "+1"}', 1008, "register"),
        (json.dumps({"type": "register"}), 1008, "address"),
        (json.dumps(REGISTER | {"address": 7}), 1008, "address"),
        (json.dumps(REGISTER | {"address": ["a"]}), 1008, "address"),
        (json.dumps(REGISTER | {"address": SURROGATE}), 1008, "address"),
        (json.dumps(REGISTER | {"address": "client:a\u0000"}), 1008, "address"),
        (json.dumps(REGISTER | {"address": "client:" + "a" * 2000}), 1008, "address"),
        (json.dumps(REGISTER | {"token": {"a": 1}}), 1008, "token"),
        (json.dumps(REGISTER | {"token": SURROGATE}), 1008, "token"),
        (json.dumps(REGISTER | {"label": 7}), 1008, "label"),
        (json.dumps(REGISTER | {"label": "\ud800"}), 1008, "label"),
    ],
)
def test_a_first_message_that_is_no_register_closes_with_a_code_and_a_reason(
    tell: Tell, first: str | bytes, closing: int, names: str
) -> None:
    # RFC 6455, 7.4.1: 1003 "it has received a type of data it cannot accept", 1008 "a message that violates its policy"
    async def story(house: House) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(url(house)) as socket:
            with capture_logs() as lines:
                await (socket.send_bytes(first) if isinstance(first, bytes) else socket.send_str(first))
                error = await told(socket, "error")
                end = await socket.receive(PATIENCE_SECONDS)
            assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, closing)
            assert names in error["message"]
            assert error["message"].startswith(str(end.extra))
            assert not [each for each in lines if each["log_level"] == "error"]
            assert not house.exchange.phones.addresses()

    tell(story, {})


@pytest.mark.parametrize("to", [SURROGATE, "", 7, None, ["+1"], "+86\u0007", "1" * 5000, f"sip:a@{'b' * 300}:70000"])
def test_a_call_to_what_is_no_address_is_refused_by_name_and_leaves_no_call(tell: Tell, to: object) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(url(house)) as socket:
            await socket.send_json(REGISTER)
            await socket.send_str(json.dumps({"type": "dial", "to": to}))
            error = await told(socket, "error")
            assert (error["code"], error["message"].split()[0]) == (31002, "to")
            assert not house.exchange.context.legs.active
            await socket.send_json({"type": "dial", "to": NUMBER})
            await told(socket, "answered")
        await until(lambda: not house.exchange.context.legs.active)
        assert not house.exchange.phones.addresses()

    tell(story, {"/voice": PAUSE})


def test_a_telephone_that_never_reads_loses_its_connection_and_holds_nothing(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone("+861") as healthy:
            await healthy.registered()
            call = await healthy.dial(NUMBER)
            await until(lambda: call.stage is CallStage.UP)
            async with aiohttp.ClientSession() as session:
                socket = await session.ws_connect(url(house), autoclose=False, autoping=False)
                await socket.send_json(REGISTER | {"trace": True})
                await told(socket, "registered")
                line = house.exchange.phones.find("client:a")
                assert line
                assert line.wire
                transport = socket._response.connection.transport  # type: ignore[union-attr]
                assert transport
                transport.pause_reading()
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while house.exchange.phones.find("client:a"):
                        # It goes on speaking, as a telephone does that hears nothing: it is not gone.
                        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                            await socket.send_bytes(bytes(320))
                        for _ in range(20):
                            line.tell("trace", name="say", text="x" * 10_000)
                        assert not line.wire or line.wire.get_write_buffer_size() < 400_000
                        await asyncio.sleep(0.02)
            heard = len(call.heard)
            await until(lambda: len(call.heard) > heard + 3200)

    tell(story, {"/voice": PAUSE})


def test_connections_that_say_nothing_leave_room_for_those_that_do(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            silent = [await session.ws_connect(url(house)) for _ in range(MOST_UNREGISTERED)]
            async with session.ws_connect(url(house)) as late:
                end = await late.receive(PATIENCE_SECONDS)
                assert json.loads(end.data)["code"] == 31005
                assert (await late.receive(PATIENCE_SECONDS)).data == 1013
            for each in silent[:5]:
                await each.close()
            async with house.phone("+861") as phone:
                await phone.registered()
            for each in silent:
                await each.close()

    tell(story, {})


def test_a_telephone_that_registers_again_and_again_is_rung_where_it_came_last(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            sockets = []
            for _ in range(MOST_OF_ADDRESS + 5):
                sockets.append(await session.ws_connect(url(house)))
                await sockets[-1].send_json(REGISTER)
                await told(sockets[-1], "registered")
            await until(lambda: len(house.exchange.phones._lines["client:a"]) == MOST_OF_ADDRESS)
            async with house.phone("+861") as phone:
                await phone.registered()
                await phone.dial("client:a")
                await told(sockets[-1], "ring")
            for each in sockets:
                await each.close()

    tell(story, {})


@pytest.mark.parametrize("origin", ["http://[", "null", "http://elsewhere.invalid"])
def test_a_page_that_is_not_ours_is_refused_however_its_address_is_written(tell: Tell, origin: str) -> None:
    async def story(house: House) -> None:
        headers = {"Origin": origin}
        async with aiohttp.ClientSession() as session, session.ws_connect(url(house), headers=headers) as socket:
            await socket.send_json(REGISTER)
            assert (await told(socket, "error"))["code"] == 20101
            assert (await socket.receive(PATIENCE_SECONDS)).data == 1008

    tell(story, {})
