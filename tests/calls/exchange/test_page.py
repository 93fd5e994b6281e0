"""The page `/phone` from outside: whom it serves, which tokens it gives, and which origins may be telephones."""

from typing import Any

import aiohttp
import pytest

from exchange.core.tokens import sign
from exchange.phone.errors import PhoneRefused
from tests.calls.exchange.conftest import TOKEN, House, Tell


def test_a_visitor_gets_a_token_for_a_number_and_is_a_telephone_with_it(tell: Tell) -> None:
    async def story(house: House) -> None:
        told = await token(house, "+8613800000001")
        assert told["numbers"] == ["+861012345"]
        async with house.phone("+8613800000001", told["token"]) as phone:
            await phone.registered()
        async with house.phone("client:agent-1", told["token"]) as thief:
            with pytest.raises(PhoneRefused):
                await thief.registered()

    tell(story, {}, phone_token="of the exchange")


@pytest.mark.parametrize("address", ["client:agent-1", "+861012345", "", "+", "12345", "+86138x", "sip:a@b"])
def test_a_visitor_gets_no_token_for_anything_but_a_strangers_number(tell: Tell, address: str) -> None:
    async def story(house: House) -> None:
        assert (await token(house, address))["code"] == 21211

    tell(story, {}, phone_token="of the exchange")


def test_a_visitor_from_another_machine_gets_no_token(tell: Tell) -> None:
    async def story(house: House) -> None:
        told = await token(house, "+8613800000001", **{"X-Forwarded-For": "192.0.2.7"})
        assert told["code"] == 20003

    tell(story, {}, phone_token="of the exchange")


def test_without_a_phone_token_pages_of_other_origins_are_no_telephones(tell: Tell) -> None:
    async def story(house: House) -> None:
        own = f"http://127.0.0.1:{house.exchange.port}"
        assert await registers(house, "client:a", "", Origin=own) == "registered"
        assert await registers(house, "client:a", "", Origin="https://elsewhere.example") == "error"
        signed = sign("client:a", int(house.exchange.context.ticker.now().timestamp()) + 60, TOKEN)
        assert await registers(house, "client:a", signed, Origin="https://elsewhere.example") == "registered"

    tell(story, {})


def test_the_page_loads_nothing_foreign_and_only_its_own_files(tell: Tell) -> None:
    async def story(house: House) -> None:
        url = f"http://127.0.0.1:{house.exchange.port}"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/phone") as page:
                assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
                assert "//" not in (await page.text()).replace("<!doctype html>", "")
            for name, status in [("phone.js", 200), ("worklet.js", 200), ("phone.html", 404), ("..%2fconfig.py", 404)]:
                async with session.get(f"{url}/phone/{name}") as file:
                    assert file.status == status

    tell(story, {})


async def token(house: House, address: str, **headers: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{house.exchange.port}/phone/token"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data={"address": address}) as answer,
    ):
        told: dict[str, Any] = await answer.json()
        return told


async def registers(house: House, address: str, token: str, **headers: str) -> str:
    socket = f"ws://127.0.0.1:{house.exchange.port}/phones"
    async with aiohttp.ClientSession() as session, session.ws_connect(socket, headers=headers) as phone:
        await phone.send_json({"type": "register", "address": address, "token": token})
        return str((await phone.receive_json())["type"])
