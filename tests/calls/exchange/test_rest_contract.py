"""Every operation of Twilio's description of the voice API, driven by the official library; every answer is checked."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import ACCOUNT, TOKEN, until
from tests.calls.exchange.schema import check, description

if TYPE_CHECKING:
    from tests.calls.exchange.conftest import House, Tell

RECORDED = 'record="record-from-start" participantLabel="me"'
ROOM = f'<Dial><Conference beep="false" waitUrl="" {RECORDED}>room</Conference></Dial>'
TOMORROW = datetime.now(UTC).date() + timedelta(days=1)


class Checked(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """The library's own client; it compares each answer with the description, and remembers what was used."""

    def __init__(self) -> None:
        super().__init__(pool_connections=False)
        self.faults: list[str] = []
        self.used: set[tuple[str, str]] = set()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(method, url, *args, **kwargs)
        if answer.status_code < 300:
            body = json.loads(answer.content) if answer.content else None
            path = url.partition("?")[0].partition("/2010-04-01")[2]
            self.used.add((method.upper(), f"/2010-04-01{path}"))
            self.faults += check(method, f"/2010-04-01{path}", answer.status_code, body)
        return answer

    def unused(self) -> list[str]:
        """Operations of the description that nobody has asked for with success."""
        rest = []
        for template, operations in description()["paths"].items():
            pattern = re.sub(r"\{(\w+)\}", r"[^/.]+", template.replace(".json", r"\.json"))
            for method in operations.keys() & {"get", "post", "delete"}:
                if not any(used == method.upper() and re.fullmatch(pattern, path) for used, path in self.used):
                    rest.append(f"{method} {template}")
        return rest


def client_of(house: House) -> tuple[Client, Checked]:
    http = Checked()
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = house.client.api.base_url
    return client, http


def refusal(work: Callable[[], Any]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        work()
    return caught.value.status, caught.value.code


def numbers_and_messages(rest: Client, site: str) -> None:
    assert [each.phone_number for each in rest.incoming_phone_numbers.list()] == ["+861012345"]
    made = rest.incoming_phone_numbers.create(phone_number="+861099999", voice_url="http://app.test/other")
    assert made.voice_url == "http://app.test/other"
    assert made.capabilities["voice"]
    assert rest.incoming_phone_numbers(made.sid).update(voice_method="GET").voice_method == "GET"
    assert [each.sid for each in rest.incoming_phone_numbers.list(phone_number="99999")] == [made.sid]
    assert refusal(lambda: rest.incoming_phone_numbers.create(phone_number="+861099999")) == (400, 21422)
    assert rest.incoming_phone_numbers(made.sid).delete()
    assert rest.incoming_phone_numbers.create(area_code="510").phone_number == "+15105550000"

    told = f"{site}/text"
    sent = rest.messages.create(to="sip:nobody", from_="+861012345", body="hello", status_callback=told)
    assert rest.messages(sent.sid).fetch().status == "undelivered"
    assert [each.sid for each in rest.messages.list(to="sip:nobody", date_sent_before=TOMORROW)] == [sent.sid]
    assert rest.messages.list(date_sent_after=TOMORROW) == []
    assert rest.messages(sent.sid).update(body="").body == ""
    assert rest.messages(sent.sid).delete()


def queues(rest: Client) -> None:
    made = rest.queues.create(friendly_name="desk two")
    assert rest.queues(made.sid).update(friendly_name="desk").friendly_name == "desk"
    assert rest.queues(made.sid).delete()


def members(rest: Client, caller: str, url: str) -> None:
    queue = rest.queues.list()[0]
    assert rest.queues(queue.sid).fetch().current_size == 1
    assert rest.queues(queue.sid).members.list()[0].call_sid == caller
    assert rest.queues(queue.sid).members(caller).fetch().position == 1
    rest.queues(queue.sid).members("Front").update(url=f"{url}/room")


def enter(rest: Client) -> tuple[str, str]:
    """Call an agent into the caller's conference; return its sid and the agent's."""
    found: list[Any] = []
    while not found:
        found = rest.conferences.list(friendly_name="room", date_created_before=TOMORROW)
    made = rest.conferences(found[0].sid).participants.create(to="client:b", from_="+1", label="agent")
    assert (made.conference_sid, made.status) == (found[0].sid, "queued")
    return str(found[0].sid), str(made.call_sid)


def conference(rest: Client, room: str, agent: str, caller: str, url: str) -> None:
    here = rest.conferences(room)
    assert here.fetch().status == "in-progress"
    assert here.update(announce_url=f"{url}/announce").status == "in-progress"
    assert {each.label for each in here.participants.list()} == {"me", "agent"}
    assert here.participants(agent).fetch().label == "agent"
    coach = here.participants(agent).update(coaching=True, call_sid_to_coach=caller)
    assert (coach.coaching, coach.call_sid_to_coach) == (True, caller)
    assert [each.label for each in here.participants.list(coaching=True)] == ["agent"]
    assert not here.participants(agent).update(coaching=False).coaching
    assert refusal(lambda: here.participants(agent).update(coaching=True)) == (400, 21205)


def recordings(rest: Client, room: str, caller: str) -> None:
    here = rest.conferences(room)
    tape = here.recordings.list()[0]
    assert here.recordings(tape.sid).update(status="paused").status == "paused"
    assert here.recordings("Twilio.CURRENT").update(status="in-progress").status == "in-progress"
    assert here.recordings("Twilio.CURRENT").update(status="stopped").status == "completed"
    assert here.recordings(tape.sid).fetch().source == "Conference"
    assert here.recordings(tape.sid).delete()
    own = rest.calls(caller).recordings
    kept, gone = own.create(recording_channels="dual"), own.create()
    assert own.list(date_created_before=TOMORROW)[0].status == "in-progress"
    assert own(kept.sid).update(status="paused", pause_behavior="skip").status == "paused"
    assert own(kept.sid).fetch().status == "paused"
    assert own(kept.sid).update(status="stopped").status in ("completed", "absent")
    assert own(gone.sid).delete()
    assert [each.sid for each in rest.recordings.list(call_sid=caller)] == [kept.sid]
    assert rest.recordings(kept.sid).fetch().sid == kept.sid
    assert rest.recordings(kept.sid).delete()


def ending(rest: Client, room: str, agent: str) -> None:
    here = rest.conferences(room)
    assert here.participants(agent).delete()
    assert here.update(status="completed").reason_conference_ended == "conference-ended-via-api"


def finished_calls(rest: Client, sid: str) -> None:
    today = datetime.now(UTC).date()
    assert [each.sid for each in rest.calls.list(start_time=today, to="+861012345")] == [sid]
    assert rest.calls.list(start_time_after=TOMORROW) == []
    assert rest.calls.list(end_time_before=date(2020, 1, 1)) == []
    assert rest.calls.list(status="completed", to="+861012345", end_time_after=today, limit=1)[0].sid == sid
    assert rest.calls(sid).delete()


DESK = {
    "/voice": '<Enqueue waitUrl="/wait">desk</Enqueue>',
    "/wait": '<Pause length="60"/>',
    "/room": ROOM,
    "/announce": "<Say>attention</Say>",
}


def test_every_operation_answers_as_it_is_described(tell: Tell) -> None:
    # ../shared/twilio/voice_api_v2010.json: every answer is held against the schema of its operation.
    async def story(house: House) -> None:
        rest, http = client_of(house)
        async with house.phone("+8613800000001") as first, house.phone("client:b") as second:
            await first.registered()
            await second.registered()
            await house.rest(lambda: numbers_and_messages(rest, house.app.url))
            await house.app.until(lambda: len(house.app.asked("/text")) == 2)
            assert [each["MessageStatus"] for each in house.app.asked("/text")] == ["sent", "undelivered"]
            await house.rest(lambda: queues(rest))
            waiting = await first.dial("+861012345")
            await house.app.until(lambda: bool(house.app.asked("/wait")))

            await house.rest(lambda: members(rest, str(waiting.sid), house.app.url))
            await until(lambda: waiting.stage is CallStage.UP)

            room, agent = await house.rest(lambda: enter(rest))
            await until(lambda: second.call.stage is CallStage.RINGING)
            await second.answer()
            named = house.exchange.context.conferences.named
            await until(lambda: (inside := named("room")) is not None and len(inside.participants) == 2)

            await house.rest(lambda: conference(rest, room, agent, str(waiting.sid), house.app.url))
            await house.rest(lambda: recordings(rest, room, str(waiting.sid)))
            await house.rest(lambda: ending(rest, room, agent))
            await until(lambda: waiting.stage is CallStage.OVER)
            made = await house.rest(lambda: rest.calls.create(to="client:b", from_="+1", twiml="<Response/>"))
            await house.rest(lambda: rest.calls(made.sid).update(status="canceled"))
            await house.rest(lambda: finished_calls(rest, str(waiting.sid)))
            assert (await house.rest(lambda: rest.calls(made.sid).fetch())).status == "canceled"
        assert "\n".join(http.faults) == ""
        assert http.unused() == []

    tell(story, dict(DESK))


def test_recording_is_fetched_as_wav_and_as_mp3(tell: Tell) -> None:
    # docs/voice/twiml/record: "To request the recording in MP3 format, append ".mp3" to the `RecordingUrl` value"
    av = pytest.importorskip("av")

    async def story(house: House) -> None:
        rest = house.client
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)
            made = await house.rest(lambda: rest.calls(call.sid).recordings.create(recording_channels="dual"))
            before = len(call.heard)
            await until(lambda: len(call.heard) > before + 3_200)

            def ask() -> None:
                rest.calls(call.sid).recordings(made.sid).update(status="stopped")
                url = f"{rest.api.base_url}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{made.sid}"
                for ending, channels in ((".mp3", 2), (".mp3?RequestedChannels=1", 1)):
                    answer = requests.get(url + ending, auth=rest.auth, timeout=30)
                    assert answer.headers["Content-Type"] == "audio/mpeg"
                    with av.open(io.BytesIO(answer.content)) as file:
                        assert file.streams.audio[0].codec_context.channels == channels
                assert requests.get(f"{url}.wav", auth=rest.auth, timeout=30).headers["Content-Type"] == "audio/x-wav"
                assert requests.get(f"{url}.mp3", timeout=30).status_code == 401

            await house.rest(ask)

    tell(story, {"/voice": '<Pause length="60"/>'})


def test_a_path_is_refused_for_what_it_cannot_do(tell: Tell) -> None:
    # docs/api/errors/20004: "the HTTP method you attempted to use is not supported for the resource"
    async def story(house: House) -> None:
        rest = house.client
        base = f"{rest.api.base_url}/2010-04-01/Accounts/{ACCOUNT}"

        def ask() -> None:
            answer = requests.delete(f"{base}/Calls.json", auth=rest.auth, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (405, 20004)
            stranger = f"{rest.api.base_url}/2010-04-01/Accounts/AC{'9' * 32}/Calls.json"
            assert requests.get(stranger, auth=rest.auth, timeout=30).status_code == 404
            assert refusal(lambda: rest.calls.create(to="***", from_="+1", twiml="<Response/>")) == (400, 21211)
            assert refusal(lambda: rest.calls.create(to="+1", from_="+1", url="ftp://x")) == (400, 21205)

        await house.rest(ask)

    tell(story, {})
