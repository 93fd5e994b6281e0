"""REST as Twilio's official library drives it, against the real server."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from exchange.phone.phone_call import CallStage
from tests.calls.exchange.conftest import ACCOUNT, House, Tell, until

PAUSE = '<Pause length="60"/>'
WAIT = '<Enqueue waitUrl="/wait">desk</Enqueue>'
ROOM = '<Dial><Conference beep="false" waitUrl="" participantLabel="me">room</Conference></Dial>'


def refusal(work: Callable[[], Any]) -> tuple[int, int]:
    """HTTP status and Twilio's code of a request that is refused."""
    with pytest.raises(TwilioRestException) as caught:
        work()
    return caught.value.status, caught.value.code


def test_wrong_credentials_unknown_ids_and_missing_parameters_get_twilios_errors(tell: Tell) -> None:
    # docs/api/errors/20003: "Using the wrong combination of Account SID and Auth Token"; docs/api/errors/20404: "where
    # CA123 is not a call sid that exists for your account"
    async def story(house: House) -> None:
        rest, nowhere = house.client, "CA" + "f" * 32

        def ask() -> None:
            stranger = Client(ACCOUNT, "wrong")
            stranger.api.base_url = rest.api.base_url
            assert refusal(lambda: stranger.calls(nowhere).fetch()) == (401, 20003)
            assert refusal(lambda: rest.calls(nowhere).fetch()) == (404, 20404)
            assert refusal(lambda: rest.calls(nowhere).update(status="completed")) == (404, 20404)
            assert refusal(lambda: rest.recordings("RE" + "f" * 32).fetch()) == (404, 20404)
            assert refusal(lambda: rest.queues("QU" + "f" * 32).members(nowhere).fetch()) == (404, 20404)
            assert refusal(lambda: rest.calls.create(to="", from_="+1", twiml="<Response/>")) == (400, 21201)
            assert refusal(lambda: rest.calls.create(to="client:a", from_="", twiml="<Response/>")) == (400, 21213)
            assert refusal(lambda: rest.calls.create(to="client:a", from_="+1")) == (400, 21205)
            assert refusal(lambda: rest.messages.create(to="client:a", from_="+1", body="")) == (400, 21602)
            answer = requests.get(f"{rest.api.base_url}/2010-04-01/Nothing.json", auth=rest.auth, timeout=30)
            assert (answer.status_code, answer.json()["code"]) == (404, 20404)

        await house.rest(ask)

    tell(story, {})


def test_calls_are_listed_in_pages_and_filtered(tell: Tell) -> None:
    # docs/voice/api/call-resource: "How many resources to return in each list page. The default is 50, and the
    # maximum is 1000"
    async def story(house: House) -> None:
        rest = house.client

        def ask() -> None:
            for n in range(5):
                rest.calls.create(to=f"client:{n}", from_="+1", twiml="<Response/>")
            assert [call.to for call in rest.calls.list(page_size=2)] == [f"client:{n}" for n in (4, 3, 2, 1, 0)]
            assert [call.status for call in rest.calls.list(to="client:3")] == ["no-answer"]
            assert len(rest.calls.list(limit=3)) == 3
            one = rest.calls.list(limit=1)[0]
            assert rest.calls(one.sid).delete()
            assert refusal(lambda: rest.calls(one.sid).fetch()) == (404, 20404)

        await house.rest(ask)

    tell(story, {})


def test_ringing_call_can_be_cancelled_and_a_live_one_completed(tell: Tell) -> None:
    # docs/voice/twiml: "The call was canceled via the REST API while ringing"
    async def story(house: House) -> None:
        rest = house.client
        async with house.phone("client:a") as phone:
            await phone.registered()
            call = await house.rest(lambda: rest.calls.create(to="client:a", from_="+1", twiml="<Response/>"))
            await until(lambda: phone.call.rings == 2)
            assert (await house.rest(lambda: rest.calls(call.sid).fetch())).status == "ringing"
            code = await house.rest(lambda: refusal(lambda: rest.calls(call.sid).update(url=f"{house.app.url}/x")))
            assert code == (400, 21220)
            await house.rest(lambda: rest.calls(call.sid).update(status="canceled"))
            await until(lambda: phone.call.stage is CallStage.OVER)
            assert phone.call.reason == "canceled"

            twiml = f"<Response>{PAUSE}</Response>"
            second = await house.rest(lambda: rest.calls.create(to="client:a", from_="+1", twiml=twiml))
            await until(lambda: phone.call.stage is CallStage.RINGING)
            await phone.answer()
            await until(lambda: phone.call.stage is CallStage.UP)
            after = await house.rest(lambda: rest.calls(second.sid).update(status="completed"))
            assert after.status == "completed"
            await until(lambda: phone.call.stage is CallStage.OVER)
            assert await house.rest(lambda: refusal(lambda: rest.calls(second.sid).update(twiml=twiml))) == (400, 21220)

    tell(story, {})


def test_one_who_waits_is_seen_and_led_out_of_the_queue(tell: Tell) -> None:
    # docs/voice/twiml/enqueue: "transferred out of the queue via the REST API"
    async def story(house: House) -> None:
        rest, app = house.client, house.app
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await app.until(lambda: bool(app.asked("/wait")))

            def ask() -> None:
                queue = rest.queues.list()[0]
                assert (queue.friendly_name, queue.current_size) == ("desk", 1)
                member = rest.queues(queue.sid).members.list()[0]
                assert (member.call_sid, member.position) == (call.sid, 1)
                assert refusal(lambda: rest.queues(queue.sid).delete()) == (400, 22002)
                rest.queues(queue.sid).members("Front").update(url=f"{app.url}/next")
                assert rest.queues(queue.sid).fetch().current_size == 0
                assert rest.queues(queue.sid).update(max_size=7).max_size == 7
                assert rest.queues(queue.sid).delete()
                assert refusal(lambda: rest.queues.create(friendly_name="")) == (400, 22203)
                made = rest.queues.create(friendly_name="other", max_size=3)
                assert (made.max_size, made.average_wait_time) == (3, 0)

            await house.rest(ask)
            await app.until(lambda: bool(app.asked("/next")))

    tell(story, {"/voice": WAIT, "/wait": PAUSE, "/next": PAUSE})


def control(rest: Client, sid: str, caller: str) -> None:
    room = rest.conferences(sid)
    assert room.fetch().status == "in-progress"
    assert {each.label for each in room.participants.list()} == {"me", "agent"}
    assert room.participants("agent").update(muted=True).muted
    assert [each.label for each in room.participants.list(muted=True)] == ["agent"]
    assert room.participants(caller).update(hold=True).hold
    assert not room.participants(caller).update(hold=False).hold
    assert room.participants("agent").delete()
    assert refusal(lambda: room.participants("agent").fetch()) == (404, 20404)
    assert room.update(status="completed").status == "completed"
    assert rest.conferences.list(status="in-progress") == []


def test_participants_are_muted_held_removed_and_the_conference_is_ended(tell: Tell) -> None:
    # docs/voice/api/conference-participant-resource: "`true` puts the participant on hold, and `false` lets them
    # rejoin the conference"
    async def story(house: House) -> None:
        rest = house.client
        async with house.phone("+8613800000001") as first, house.phone("client:b") as second:
            await first.registered()
            await second.registered()
            call = await first.dial("+861012345")
            named = house.exchange.context.conferences.named
            await until(lambda: named("room") is not None)

            def add() -> str:
                conference = rest.conferences.list(friendly_name="room")[0]
                rest.conferences(conference.sid).participants.create(
                    to="client:b", from_="+1", beep="false", label="agent", early_media=True
                )
                return str(conference.sid)

            sid = await house.rest(add)
            await until(lambda: second.call.stage is CallStage.RINGING)
            await second.answer()
            await until(lambda: (inside := named("room")) is not None and len(inside.participants) == 2)

            await house.rest(lambda: control(rest, sid, str(call.sid)))
            await until(lambda: call.stage is CallStage.OVER)

    tell(story, {"/voice": ROOM})


def test_participant_is_seen_from_the_moment_it_is_dialled(tell: Tell) -> None:
    # docs/voice/api/conference-participant-resource: "Can be: `queued`, `connecting`, `ringing`, `connected`,
    # `complete`, or `failed`"
    async def story(house: House) -> None:
        rest = house.client
        async with house.phone("client:a") as phone, house.phone("client:b") as other:
            await phone.registered()
            await other.registered()
            for to, label in (("client:a", "first"), ("client:b", "second")):
                made = rest.conferences("room").participants.create
                await house.rest(partial(made, to=to, from_="+861012345", label=label, muted=True, beep=False))
            await until(lambda: phone.call.stage is CallStage.RINGING)
            await until(lambda: other.call.stage is CallStage.RINGING)

            def ask() -> None:
                (conference,) = rest.conferences.list(friendly_name="room")
                room = rest.conferences(conference.sid)
                assert [each.status for each in room.participants.list(muted=True)] == ["ringing", "ringing"]
                assert room.participants("first").fetch().label == "first"
                with pytest.raises(TwilioRestException, match="not connected yet"):
                    room.participants("first").update(muted=False)
                assert room.participants("second").delete()

            await house.rest(ask)
            await until(lambda: other.call.stage is CallStage.OVER)
            await phone.answer()
            conference = house.exchange.context.conferences.named("room")
            assert conference
            await until(lambda: bool(conference.participants))
            assert not conference.expected

    tell(story, {})


def pause_stop_and_find(rest: Client, made: Any, caller: str) -> None:
    assert (made.status, made.channels, made.source) == ("in-progress", 2, "StartCallRecordingAPI")
    one = rest.calls(caller).recordings("Twilio.CURRENT")
    assert one.update(status="paused").status == "paused"
    assert one.update(status="in-progress").status == "in-progress"
    media = f"{rest.api.base_url}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{made.sid}.wav"
    assert requests.get(media, auth=rest.auth, timeout=30).status_code == 404
    assert one.update(status="stopped").status == "completed"
    assert rest.recordings.list(call_sid=caller)[0].sid == made.sid
    assert rest.recordings(made.sid).fetch().channels == 2
    assert requests.get(media, timeout=30).status_code == 401
    mono = requests.get(f"{media}?RequestedChannels=1", auth=rest.auth, timeout=30).content
    both = requests.get(media, auth=rest.auth, timeout=30).content
    assert len(both) - 44 == 2 * (len(mono) - 44)
    assert rest.recordings(made.sid).delete()
    assert refusal(lambda: rest.recordings(made.sid).delete()) == (404, 20404)


def test_recording_is_paused_continued_stopped_and_found_again(tell: Tell) -> None:
    # docs/voice/api/recording: "Whether to record during a pause. Can be: `skip` or `silence` and the default is
    # `silence`"
    async def story(house: House) -> None:
        rest, app = house.client, house.app
        async with house.phone("+8613800000001") as phone:
            await phone.registered()
            call = await phone.dial("+861012345")
            await until(lambda: call.stage is CallStage.UP)

            made = await house.rest(
                lambda: rest.calls(call.sid).recordings.create(
                    recording_channels="dual",
                    recording_status_callback=f"{app.url}/recorded",
                    recording_status_callback_event=["in-progress", "completed"],
                )
            )
            before = len(call.heard)
            await until(lambda: len(call.heard) > before + 3200)

            await house.rest(lambda: pause_stop_and_find(rest, made, str(call.sid)))
            await app.until(lambda: len(app.asked("/recorded")) == 2)
            assert [told["RecordingStatus"] for told in app.asked("/recorded")] == ["in-progress", "completed"]

    tell(story, {"/voice": PAUSE})
