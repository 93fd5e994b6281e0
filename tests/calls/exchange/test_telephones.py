"""Telephones on the real server: messages, tokens, dropped connections, garbage."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial

import aiohttp
import pytest
import requests

from exchange.core.tokens import holder_of, is_signed, sign
from exchange.phone.errors import PhoneRefused
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import PATIENCE_SECONDS, House, Tell, until

PAUSE = '<Pause length="60"/>'


def test_text_message_is_shown_on_its_telephone(tell: Tell) -> None:
    # docs/sms/api/message-resource: "Twilio has received confirmation of message delivery from the upstream carrier"
    async def story(house: House) -> None:
        rest, app = house.client, house.app
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            sent = await house.rest(
                lambda: rest.messages.create(
                    to=phone.address, from_="+861012345", body="明天上午九点", status_callback=f"{app.url}/sms"
                )
            )
            await until(lambda: any(m["type"] == "message" for m in phone.messages))
            assert next(m for m in phone.messages if m["type"] == "message")["body"] == "明天上午九点"
            await app.until(lambda: len(app.asked("/sms")) == 2)
            assert [told["MessageStatus"] for told in app.asked("/sms")] == ["sent", "delivered"]
            lost = await house.rest(lambda: rest.messages.create(to="sip:desk", from_="+1", body="x"))

            def ask() -> None:
                assert rest.messages(sent.sid).fetch().status == "delivered"
                assert rest.messages(lost.sid).fetch().error_code == 30003
                assert len(rest.messages.list(to=phone.address)) == 1

            await house.rest(ask)

    tell(story, {})


def test_text_message_waits_for_a_telephone_that_comes_later(tell: Tell) -> None:
    # ../shared/twilio/voice_api_v2010.json, Messages: "the maximum length in seconds that the Message can remain in
    # Twilio's outgoing message queue"
    async def story(house: House) -> None:
        rest, app = house.client, house.app
        how = {"to": "+8613800000009", "from_": "+861012345", "status_callback": f"{app.url}/sms"}
        sent = [await house.rest(partial(rest.messages.create, body=body, **how)) for body in ("one", "two")]
        await app.until(lambda: len(app.asked("/sms")) == 2)
        assert [told["MessageStatus"] for told in app.asked("/sms")] == ["sent", "sent"]
        async with house.phone("+8613800000009") as phone:
            await phone.registered()
            await until(lambda: sum(m["type"] == "message" for m in phone.messages) == 2)
            assert [m["body"] for m in phone.messages if m["type"] == "message"] == ["one", "two"]
            await app.until(lambda: len(app.asked("/sms")) == 4)
        async with house.phone("+8613800000009") as again:
            await again.registered()
            assert (await house.rest(lambda: rest.messages(sent[0].sid).fetch())).status == "delivered"
            assert not [m for m in again.messages if m["type"] == "message"]

    tell(story, {})


def test_telephone_without_the_token_is_refused(tell: Tell) -> None:
    async def story(house: House) -> None:
        async with house.phone("client:a", "wrong") as stranger, house.phone("client:a", "right") as known:
            with pytest.raises(PhoneRefused):
                await stranger.registered()
            await known.registered()

    tell(story, {}, phone_token="right")


def test_telephones_of_a_holder_are_put_down_and_their_tokens_let_nobody_in_again(tell: Tell) -> None:
    async def story(house: House) -> None:
        key, soon = house.exchange.config.auth_token, int(time.time()) + 60
        ended, kept = sign("client:a", soon, key, "session-1"), sign("client:a", soon, key, "session-2")
        async with house.phone("client:a", ended) as out, house.phone("client:a", kept) as stays:
            await out.registered()
            await stays.registered()
            assert house.exchange.phones.holders("client:a") == ["session-1", "session-2"]
            assert await house.rest(lambda: revoke(house, "session-1")) == 201
            await until(lambda: house.exchange.phones.holders("client:a") == ["session-2"])
            async with house.phone("client:a", ended) as again:
                with pytest.raises(PhoneRefused):
                    await again.registered()
            async with house.phone("client:a", sign("client:a", soon, key, "session-3")) as other:
                await other.registered()
            assert await house.rest(lambda: revoke(house, "not a holder")) == 400

    tell(story, {}, phone_token="right")


def revoke(house: House, holder: str) -> int:
    """Ask the exchange to take no more tokens of this holder; its answer's code."""
    config = house.exchange.config
    address = f"{house.exchange.url()}/2010-04-01/Accounts/{config.account_sid}/Phones/Revocations.json"
    answer = requests.post(address, {"Holder": holder}, auth=(config.account_sid, config.auth_token), timeout=60)
    return answer.status_code


def test_a_holder_is_part_of_what_is_signed() -> None:
    now = datetime.now(UTC)
    soon = int(now.timestamp()) + 60
    token = sign("client:a", soon, "key", "session-1")
    assert is_signed(token, "client:a", "key", now)
    assert holder_of(token) == "session-1"
    assert not is_signed(token.replace("session-1", "session-2"), "client:a", "key", now)
    assert not is_signed(token.replace(".session-1", ""), "client:a", "key", now)
    assert is_signed(sign("client:a", soon, "key"), "client:a", "key", now)


def test_dropped_connection_hangs_up_the_call(tell: Tell) -> None:
    # Our decision, for our own telephones: a line that is gone is a call that was hung up.
    async def story(house: House) -> None:
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            assert phone._socket
            await phone._socket.close()
            await house.app.until(lambda: bool(house.app.asked("/status")))
            assert house.app.asked("/status")[0]["CallStatus"] == "completed"
            await phone.registered()
            again = await phone.dial("+861012345")
            await until(lambda: again.stage is CallStage.UP)

    tell(story, {"/voice": PAUSE})


def test_telephone_that_sends_garbage_disturbs_nobody(tell: Tell) -> None:
    async def story(house: House) -> None:
        url = f"ws://127.0.0.1:{house.exchange.port}/phones"
        async with aiohttp.ClientSession() as session, house.phone("+8613800000001") as good:
            await good.registered()
            call = await good.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            async with session.ws_connect(url) as first:
                await first.send_str("not json")
                assert (await first.receive()).type is not aiohttp.WSMsgType.BINARY
            async with session.ws_connect(url) as bad:
                await bad.send_json({"type": "register", "address": "client:bad"})
                assert (await bad.receive_json())["type"] == "registered"
                for _ in range(500):
                    await bad.send_bytes(b"x" * 7)
                    await bad.send_bytes(b"x" * 320)
                for text in ("[", "[]", '{"type": 3}', '{"type": "answer"}', '{"type": "hangup"}'):
                    await bad.send_str(text)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    assert (await bad.receive_json())["type"] == "error"
            before = len(call.heard)
            await until(lambda: len(call.heard) > before + 6_400)
            assert call.stage is CallStage.UP

    tell(story, {"/voice": PAUSE})
