"""REST requests as other people's clients write them: read, or refused in Twilio's form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from exchange.core.config import from_values
from exchange.core.errors import ConfigError
from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import ACCOUNT, NUMBER, PATIENCE_SECONDS, TOKEN, opened, until

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
FORM = "application/x-www-form-urlencoded"
PART = b'--b\r\nContent-Disposition: form-data; name="To"\r\n%s\r\n\r\n+861\r\n--b--\r\n'
LINKS = ("uri", "first_page_uri")  # of a list, they repeat the address
KEY, SECRET = "SK" + "a" * 32, "secret-of-a-key"


def refused(house: House, path: str, **more: Any) -> tuple[int, int]:
    """Status and code of a request that must be refused; its answer says both."""
    url = f"{house.client.api.base_url}{ROOT}{path}"
    answer = requests.request(
        more.pop("method", "POST"), url, timeout=PATIENCE_SECONDS, **{"auth": house.client.auth} | more
    )
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["message"]
    return answer.status_code, told["code"]


def test_requests_that_cannot_be_read_are_refused_in_twilios_form(tell: Tell) -> None:
    # docs/usage/twilios-response: "status", "message", "code", "more_info"
    async def story(house: House) -> None:
        def bad(body: bytes, kind: str) -> tuple[int, int]:
            return refused(house, "/Calls.json", data=body, headers={"Content-Type": kind})

        def work() -> None:
            assert bad(b"To=1", f"{FORM}; charset=klingon") == (400, 20001)
            assert bad(b"To=1", f"{FORM}; charset=zip") == (400, 20001)
            assert bad(b"To=\xff", FORM) == (400, 20001)
            assert bad(b"a&" * 600, FORM) == (400, 20001)
            assert bad(PART % b"Content-Type: text/plain; charset=klingon", "multipart/form-data; boundary=b") == (
                400,
                20001,
            )
            assert bad(PART % b"Content-Transfer-Encoding: x", "multipart/form-data; boundary=b") == (400, 20001)
            assert bad(b"To=1", "multipart/form-data") == (400, 20001)
            assert bad(b"To=" + b"1" * 300_000, FORM) == (413, 20413)
            assert bad(b"To=client:a&From=%2B861&Url=http://a/&Timeout=" + b"x" * 4400, FORM) == (400, 20001)
            assert bad(b"To=sip:a%0d%0ab&From=%2B861&Url=http://a/", FORM) == (400, 21211)
            assert bad(b"To=client:a&From=a%0d%0ab&Url=http://a/", FORM) == (400, 21212)
            assert bad(PART % b"X: y", "multipart/form-data; boundary=b") == (400, 21213)
            house.client.calls.create(to="client:a", from_=NUMBER, twiml="<Response/>")
            assert refused(house, "/Calls.json?StartTime%3E=9999-12-31", method="GET") == (400, 20001)
            assert refused(house, "/Calls.json?StartTime=9999-12-31", method="GET") == (400, 20001)

        await house.rest(work)

    tell(story, {})


def test_timeout_of_4400_digits_is_the_longest_there_is(tell: Tell) -> None:
    async def story(house: House) -> None:
        make = lambda: house.client.calls.create(to="client:a", from_=NUMBER, twiml="<Response/>", timeout="9" * 4400)  # noqa: E731
        made = await house.rest(make)
        assert made.status in ("queued", "no-answer")
        page = await house.rest(lambda: house.client.calls.page(page_size=1, page_number=9))
        assert list(page) == []

    tell(story, {})


@pytest.mark.parametrize("given", ["Basic é", "Basic \udcff", "Basic", "", "Bearer x", "Basic ===="])
def test_credentials_that_are_none_are_refused(tell: Tell, given: str) -> None:
    async def story(house: House) -> None:
        async with aiohttp.ClientSession() as session:
            url = f"{house.client.api.base_url}{ROOT}/Calls.json"
            async with session.get(url, headers={"Authorization": given}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, 20003)

    tell(story, {})


def test_api_key_opens_the_door_and_signs_nothing(tmp_path: Path) -> None:
    # docs/iam/api-keys: "username: API Key SID, password: API Key secret"
    async def story() -> None:
        async with opened(tmp_path, {}, api_keys={KEY: SECRET}) as house:

            def client(secret: str) -> Any:
                made = Client(KEY, secret, ACCOUNT, http_client=TwilioHttpClient(pool_connections=False))
                made.api.base_url = house.client.api.base_url
                return made

            assert await house.rest(lambda: client(SECRET).calls.list()) == []
            url = "/Calls.json"
            assert await house.rest(lambda: refused(house, url, method="GET", auth=(KEY, "x"))) == (401, 20003)
            assert await house.rest(lambda: refused(house, url, method="GET", auth=(KEY, TOKEN))) == (401, 20003)

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


@pytest.mark.parametrize(
    ("more", "field"),
    [({"api_keys": {"x": "y"}}, "api_keys"), ({"api_keys": {KEY: ""}}, "api_keys"), ({"api_keys": 7}, "api_keys"),
     ({"country": "China"}, "country")],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_named(more: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=field):
        from_values({"account_sid": ACCOUNT, "auth_token": TOKEN, **more})


def test_addresses_without_an_ending_answer_json_and_heads_have_no_body(tell: Tell) -> None:
    async def story(house: House) -> None:
        base = f"{house.client.api.base_url}{ROOT}"
        async with house.phone("+861") as phone:
            await phone.registered()
            call = await phone.dial(NUMBER)
            await until(lambda: call.stage is CallStage.UP)
            recording = await house.rest(lambda: house.client.calls(call.sid).recordings.create())
            path = house.exchange.context.recordings.path(recording.sid)
            await until(lambda: path.stat().st_size > 8000)
            await phone.hang_up(call)
            await until(lambda: house.exchange.context.recordings.facts[recording.sid].is_over)

            def work() -> None:
                ask: Callable[..., requests.Response] = requests.request
                auth = house.client.auth
                for each in ("/Calls", f"/Calls/{call.sid}", "/Queues", f"/Calls/{call.sid}/Recordings"):
                    plain, ended = (
                        ask("GET", f"{base}{each}{ending}", auth=auth, timeout=PATIENCE_SECONDS).json()
                        for ending in ("", ".json")
                    )
                    assert plain.keys() == ended.keys()
                    assert {**plain, **dict.fromkeys(LINKS)} == {**ended, **dict.fromkeys(LINKS)}
                assert refused(house, "/Calls", method="PUT") == (405, 20004)
                for each in ("", ".wav", ".mp3", ".json"):
                    url = f"{base}/Recordings/{recording.sid}{each}"
                    head, whole = (ask(how, url, auth=auth, timeout=PATIENCE_SECONDS) for how in ("HEAD", "GET"))
                    assert (head.status_code, head.content) == (200, b"")
                    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
                    assert int(head.headers["Content-Length"]) == len(whole.content)
                assert (
                    ask("HEAD", f"{base}/Recordings/RE{'0' * 32}", auth=auth, timeout=PATIENCE_SECONDS).status_code
                    == 404
                )

            await house.rest(work)

    tell(story, {"/voice": '<Pause length="60"/>'})


def test_names_segments_and_methods_are_kept_as_they_are(tell: Tell) -> None:
    async def story(house: House) -> None:
        def work() -> None:
            numbers = house.client.incoming_phone_numbers
            made = numbers.create(phone_number="+861099999", friendly_name="The ward", voice_method="x\r\ny")
            assert (made.friendly_name, made.voice_method) == ("The ward", "POST")
            assert [each.sid for each in numbers.list(friendly_name="The ward")] == [made.sid]
            assert numbers(made.sid).update(voice_url="http://a/").friendly_name == "The ward"
            assert numbers(made.sid).update(friendly_name="Ward 2").friendly_name == "Ward 2"
            assert refused(house, "/IncomingPhoneNumbers.json", data={"AreaCode": "9" * 4400}) == (400, 21421)
            message = house.client.messages.create(to="+862", from_=NUMBER, body="a" * 100)
            assert message.num_segments == "1"
            assert (
                house.client.calls.create(to="(138) 0013-8000", from_=NUMBER, twiml="<Response/>").to
                == "+8613800138000"
            )

        await house.rest(work)
        kept = json.loads((house.exchange.config.data_dir / "numbers.json").read_text("utf-8"))
        assert kept["+861099999"]["friendly_name"] == "Ward 2"

    tell(story, {})


def test_parameters_of_a_telephone_reach_its_application_and_replace_none(tell: Tell) -> None:
    # docs/voice/sdks/javascript/twiliodevice: "params ... will be passed to your TwiML Application's VoiceUrl"
    async def story(house: House) -> None:
        async with house.phone("+861") as phone:
            await phone.registered()
            own = {"Ward": "三", "From": "+869", "CallSid": "CA1", "Digits": "1", "": "x", "Bed": 7, "List": [1]}
            await phone.dial(NUMBER, own)  # type: ignore[arg-type] # what is no text is refused there
            await house.app.until(lambda: bool(house.app.asked("/next")))
            (told,), (later,) = house.app.asked("/voice"), house.app.asked("/next")
            assert (told["Ward"], told["Bed"], told["From"]) == ("三", "7", "+861")
            assert told["CallSid"].startswith("CA")
            assert len(told["CallSid"]) == 34
            assert not {"", "List", "Digits"} & told.keys()
            assert "Ward" not in later
            assert all(seen.is_signed for seen in house.app.seen)

    tell(story, {"/voice": "<Redirect>/next</Redirect>"})
