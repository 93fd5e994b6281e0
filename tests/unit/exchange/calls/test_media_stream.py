"""Media Streams: the messages of both sides, what is heard of them, and how a stream ends."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exchange.media import g711
from exchange.media.audio import level_db
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.webhooks.webhook import signature
from tests.unit.exchange.stage import Stage, Story

Staged = Callable[[Story], None]
TALK = (
    '<Connect action="/after"><Stream url="wss://bot.test/media" statusCallback="/stream">'
    '<Parameter name="lang" value="zh"/></Stream></Connect><Say>below</Say>'
)
FORK = '<Start><Stream name="copy" track="both_tracks" url="wss://bot.test/fork"/></Start>'


def media(pcm: bytes) -> dict[str, Any]:
    return {"event": "media", "media": {"payload": base64.b64encode(g711.encode(pcm, g711.ULAW)).decode()}}


def heard(messages: list[dict[str, Any]], track: str) -> bytes:
    found = [each["media"]["payload"] for each in messages if each["media"]["track"] == track]
    return b"".join(g711.decode(base64.b64decode(each), g711.ULAW) for each in found)


def test_messages_come_in_the_documented_order_and_form(staged: Staged) -> None:
    # docs/voice/media-streams/websocket-messages: "is sent immediately after the `connected` message. It is only
    # sent once at the start of the Stream"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, leg = await stage.dials()
        caller.say(tone([600], 0.5))
        await stage.passes(0.6)
        ((url, headers),) = stage.sockets.opened
        assert url == "wss://bot.test/media"
        assert headers["X-Twilio-Signature"] == signature("token", url, {})
        got = stage.sockets.wires[0].got
        assert got[0] == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        begin = got[1]
        assert (begin["event"], begin["sequenceNumber"]) == ("start", "1")
        assert begin["start"] == {
            "accountSid": leg.facts.account_sid,
            "streamSid": begin["streamSid"],
            "callSid": leg.sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"lang": "zh"},
        }
        sound = got[2:]
        assert {each["event"] for each in sound} == {"media"}
        assert [each["sequenceNumber"] for each in sound[:2]] == ["2", "3"]
        assert [each["media"]["chunk"] for each in sound[:2]] == ["1", "2"]
        assert [each["media"]["timestamp"] for each in sound[:2]] == ["0", "20"]
        assert level_db(heard(sound, "inbound")[:6400]) > -16
        assert [each["StreamEvent"] for each in stage.app.asked("/stream")] == ["stream-started"]

    staged(story)


def test_what_the_application_sends_is_heard_and_its_mark_comes_back_afterwards(staged: Staged) -> None:
    # docs/voice/media-streams/websocket-messages: "When that `media` message's playback is complete, Twilio sends
    # a `mark` message to your server"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, _ = await stage.dials()
        wire = stage.sockets.wires[0]
        wire.put(media(tone([700], 0.5)))
        wire.put({"event": "mark", "mark": {"name": "end of greeting"}})
        await stage.passes(0.3)
        assert level_db(caller.hears_now) > -16
        assert not wire.events("mark")
        await stage.passes(0.3)
        assert level_db(caller.hears_now) < -80
        assert [each["mark"]["name"] for each in wire.events("mark")] == ["end of greeting"]

    staged(story)


def test_clear_empties_what_was_not_yet_heard_and_gives_its_marks_back(staged: Staged) -> None:
    # docs/voice/media-streams/websocket-messages: "Twilio empties the audio buffer and sends back `mark` messages
    # matching any remaining `mark` messages"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, _ = await stage.dials()
        wire = stage.sockets.wires[0]
        wire.put(media(tone([700], 9)))
        wire.put({"event": "mark", "mark": {"name": "m"}})
        await stage.passes(0.2)
        wire.put({"event": "clear"})
        await stage.passes(0.1)
        assert level_db(caller.hears_now) < -80
        assert len(wire.events("mark")) == 1

    staged(story)


def test_keys_are_messages_of_a_stream_that_goes_both_ways(staged: Staged) -> None:
    # docs/voice/media-streams/websocket-messages: "A `dtmf` message is sent when someone presses a touch-tone
    # number key in the inbound stream"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, _ = await stage.dials()
        caller.say(key_tones("7"))
        await stage.passes(0.5)
        assert stage.sockets.wires[0].events("dtmf")[0]["dtmf"] == {"track": "inbound_track", "digit": "7"}

    staged(story)


def test_document_goes_on_when_the_application_closes(staged: Staged) -> None:
    # docs/voice/twiml/stream: "The only way Twilio executes TwiML instructions after <Connect><Stream> is if your
    # server closes"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK.replace(' action="/after"', "")}
        caller, leg = await stage.dials()
        stage.sockets.wires[0].put(None)
        await stage.passes(0.2)
        assert caller.prompts == ["below"]
        assert stage.sockets.wires[0].events("stop")[0]["stop"]["callSid"] == leg.sid
        assert [each["StreamEvent"] for each in stage.app.asked("/stream")] == ["stream-started", "stream-stopped"]

    staged(story)


def test_hang_up_stops_the_stream_and_closes_the_socket(staged: Staged) -> None:
    # docs/voice/media-streams/websocket-messages: "Twilio sends a `stop` message when the Stream has stopped or
    # the call has ended"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": FORK + TALK}
        caller, _ = await stage.dials()
        assert len(stage.sockets.wires) == 2
        caller.hang_up()
        await stage.passes(0.1)
        assert all(wire.is_closed and wire.events("stop") for wire in stage.sockets.wires)

    staged(story)


def test_started_stream_copies_both_sides_beside_the_document_until_stop(staged: Staged) -> None:
    # docs/voice/twiml/stream: "While Twilio is setting up the Media Stream, it also immediately continues with
    # the next TwiML instruction"
    async def story(stage: Stage) -> None:
        end = '<Stop><Stream name="copy"/></Stop><Pause length="2"/>'
        stage.app.pages = {"/voice": f"{FORK}<Say>hello</Say>{end}"}
        caller, leg = await stage.dials()
        caller.say(tone([400], 0.3))
        await stage.passes(0.3)
        wire = stage.sockets.wires[0]
        assert wire.got[1]["start"]["tracks"] == ["inbound", "outbound"]
        await stage.passes(0.3)
        both = [each for each in wire.got if each["event"] == "media"]
        assert pitch(heard(both, "inbound")[640:4800]) == pytest.approx(400, abs=20)
        assert pitch(heard(both, "outbound")[640:4800]) == pytest.approx(700, abs=20)
        assert wire.is_closed
        assert leg.is_up
        assert not leg.streams

    staged(story)


def test_stream_that_cannot_be_opened_is_reported_and_the_call_goes_on(staged: Staged) -> None:
    # docs/api/errors/31920: Stream - WebSocket - Handshake Error
    async def story(stage: Stage) -> None:
        stage.sockets.is_down = True
        stage.app.pages = {"/voice": TALK.replace(' action="/after"', "")}
        caller, _ = await stage.dials()
        assert caller.prompts == ["below"]
        assert stage.app.asked("/stream")[0]["StreamEvent"] == "stream-error"
        assert caller.traces("error")[0]["code"] == 31920

    staged(story)


@pytest.mark.parametrize(
    "nonsense", [[], {"event": "media"}, {"event": "media", "media": {"payload": "%%"}}, {"event": "x"}, "text", 7]
)
def test_messages_without_sense_cost_nothing(staged: Staged, nonsense: object) -> None:
    # Our decision: Twilio's pages call such messages a fault and do not say what becomes of the call.
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, leg = await stage.dials()
        wire = stage.sockets.wires[0]
        wire.put(nonsense)
        wire.put(media(tone([700], 0.5)))
        await stage.passes(0.2)
        assert level_db(caller.hears_now) > -16
        assert leg.is_up

    staged(story)


def test_live_update_leaves_the_stream(staged: Staged) -> None:
    # docs/voice/twiml/redirect: "Transfers control of a call to the TwiML at a different URL"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": TALK}
        caller, leg = await stage.dials()
        await stage.redirects(leg, "<Say>elsewhere</Say>")
        assert caller.prompts == ["elsewhere"]
        assert stage.sockets.wires[0].is_closed

    staged(story)


def pitch(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, dtype="<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * 8000 / len(samples))
