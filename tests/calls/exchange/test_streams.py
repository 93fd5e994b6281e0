"""Media Streams over a real WebSocket: an application that sends back what it hears."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import WSMsgType, web
from twilio.base.exceptions import TwilioRestException

from exchange.media.tones import tone
from exchange.phone.phone_call import CallStage
from exchange.webhooks.webhook import signature
from tests.calls.exchange.conftest import TOKEN, hears, saying, until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell


class Echo:
    """A server that answers every frame with the same frame."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.is_signed = False
        self.url = ""

    async def __aenter__(self) -> Echo:
        app = web.Application()
        app.router.add_get("/media", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/media"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        self.is_signed = request.headers["X-Twilio-Signature"] == signature(TOKEN, self.url, {})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.messages.append(json.loads(message.data))
                if self.messages[-1]["event"] == "media":
                    payload = self.messages[-1]["media"]["payload"]
                    await socket.send_json({"event": "media", "media": {"payload": payload}})
        return socket

    def names(self) -> list[str]:
        return [each["event"] for each in self.messages]


def test_caller_hears_the_echo(tell: Tell) -> None:
    # docs/voice/twiml/stream: "<Connect><Stream> creates a bidirectional Stream"
    async def story(house: House) -> None:
        async with Echo() as echo, house.phone("+861") as phone:
            house.app.pages["/voice"] = f'<Connect><Stream url="{echo.url}"/></Connect>'
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            async with saying(phone, tone([600], 1.0), call):
                await until(lambda: hears(call.heard, 600))
            assert echo.is_signed
            assert echo.names()[:3] == ["connected", "start", "media"]
            await phone.hang_up(call)
            await until(lambda: call.stage is CallStage.OVER)
            await until(lambda: echo.names()[-1] == "stop")

    tell(story, {})


def test_stream_is_started_and_stopped_by_rest(tell: Tell) -> None:
    # docs/voice/twiml/stream: "<Start><Stream> creates a unidirectional Stream"
    async def story(house: House) -> None:
        rest = house.client
        async with Echo() as echo, house.phone("+861") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            made = await house.rest(
                lambda: rest.calls(call.sid).streams.create(
                    url=echo.url, name="ear", parameter1_name="lang", parameter1_value="zh"
                )
            )
            assert made.status == "in-progress"
            await until(lambda: "media" in echo.names())
            assert echo.messages[1]["start"]["customParameters"] == {"lang": "zh"}
            after = await house.rest(lambda: rest.calls(call.sid).streams("ear").update(status="stopped"))
            assert after.status == "stopped"
            await until(lambda: echo.names()[-1] == "stop")
            assert call.stage is CallStage.UP

            def again() -> None:
                with pytest.raises(TwilioRestException) as caught:
                    rest.calls(call.sid).streams("ear").update(status="stopped")
                assert caught.value.code == 20404

            await house.rest(again)

    tell(story, {"/voice": '<Pause length="60"/>'})
