"""What is read from outside: TwiML, settings, frames that come unevenly, time."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.core.config import from_values, load
from exchange.core.errors import ConfigError, DocumentError
from exchange.media.audio import MISSING, SILENCE
from exchange.media.clock import RecurringSignal, Signal, Ticker
from exchange.media.jitter_buffer import GAP_FRAMES, MOST_FRAMES, PREFILL_FRAMES, JitterBuffer
from exchange.media.tones import tone
from exchange.speech.synthesiser import voice_for
from exchange.webhooks.twiml import Element, parse

LOUD = tone([600], 0.02)
GOOD = {"account_sid": "AC1", "auth_token": "t"}


def test_verbs_keep_order_attributes_text_and_line() -> None:
    # docs/api/twiml/your_response: "the TwiML interpreter only understands a few specially named XML elements"
    body = '<?xml version="1.0"?>\n<Response>\n <!-- x --><Say language="zh-CN"> 你 </Say>\n <Hangup/></Response>'
    say, hangup = parse(body.encode())
    assert (say.name, say.text, say.string("language"), say.line) == ("Say", "你", "zh-CN", 3)
    assert (hangup.name, hangup.line) == ("Hangup", 4)


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        (b"", 12100, "line 1"),
        (b"hello", 12100, "line 1"),
        (b"<Response>\n<Say>x</Response>", 12100, "line 2"),
        (b"<html></html>", 12102, "line 1"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>', 12100, "line 1"),
        (b"<Response>\xff</Response>", 12100, "line 1"),
    ],
)
def test_document_that_is_no_twiml_is_refused_with_its_line(body: bytes, code: int, line: str) -> None:
    # docs/api/errors: 12100 "Document parse failure", 12102 "Attribute or root invalid"
    with pytest.raises(DocumentError) as caught:
        parse(body)
    assert caught.value.code == code
    assert line in caught.value.message


@given(st.binary(max_size=200))
def test_no_bytes_whatever_make_the_reader_fail_in_another_way(body: bytes) -> None:
    with contextlib.suppress(DocumentError):
        parse(body)


def test_attributes_that_make_no_sense_count_as_their_defaults() -> None:
    # docs/api/errors/13313, a warning, not an error: "timeout must be a positive integer, in seconds". That the default
    # counts then is our decision.
    element = Element("Gather", {"timeout": "soon", "numDigits": "-3", "beep": "maybe", "limit": "9"})
    assert element.number("timeout", 5) == 5
    assert element.number("numDigits", 1) == 1
    assert element.flag("beep", default=True)
    assert element.number("limit", 1, 1, 4) == 4


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "account_sid"),
        (GOOD | {"colour": 1}, "colour: unknown setting"),
        (GOOD | {"cadence": "mars"}, "cadence"),
        (GOOD | {"numbers": [{"voice_url": "x"}]}, "numbers[0]"),
        (GOOD | {"numbers": 3}, "numbers"),
        (GOOD | {"webhook": {"retry": 1}}, "webhook: retry"),
        (GOOD | {"ring_seconds": 0}, "ring_seconds"),
    ],
)
def test_settings_that_cannot_be_used_are_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=r"exchange\.yaml: ") as caught:
        from_values(values, "exchange.yaml")
    assert words in str(caught.value)


def test_settings_file_may_be_json_and_its_folder_is_where_data_goes(tmp_path: Path) -> None:
    path = tmp_path / "exchange.json"
    path.write_text(
        '{"account_sid": "AC1", "auth_token": "t", "data_dir": "d", "numbers": [{"number": "+1", "voice_url": "u"}]}',
        "utf-8",
    )
    config = load(path)
    assert config.data_dir == tmp_path / "d"
    number = config.number("+1")
    assert number
    assert number.voice_method == "POST"
    assert config.number("+2") is None


def test_frames_that_come_in_bursts_come_out_whole_and_in_order() -> None:
    jitter = JitterBuffer()
    sent = [bytes([n % 256, 1]) * 160 for n in range(1, 200)]
    got = []
    for at in range(0, len(sent), 3):
        for frame in sent[at : at + 3]:
            jitter.put(frame)
        got += [jitter.take() for _ in range(3)]
    got += [jitter.take() for _ in range(PREFILL_FRAMES)]
    assert [frame for frame in got if frame is not MISSING] == sent


def test_delay_after_a_stall_is_given_back_by_dropping_quiet_frames_only() -> None:
    jitter = JitterBuffer()
    for _ in range(40):
        jitter.put(LOUD)
    loud = 0
    for _ in range(400):
        jitter.put(SILENCE)
        loud += jitter.take() == LOUD
    assert loud == 40
    left = 0
    while jitter.take() is not MISSING and left < MOST_FRAMES:
        left += 1
    assert left <= PREFILL_FRAMES + 1


def test_after_a_gap_more_is_held_so_that_the_next_stall_is_not_heard() -> None:
    def held(stalls: int) -> int:
        """Frames that wait after so many stalls and two calm seconds in which delay is given back."""
        jitter = JitterBuffer()
        for tick in range(100 * stalls + 100):
            # Every two seconds nothing comes for eight ticks, and then all at once.
            late = tick % 100
            for _ in range(0 if stalls and 40 <= late < 48 else 9 if stalls and late == 48 else 1):
                jitter.put(bytes([1, 0]) * 160)
            jitter.take()
        return sum(jitter.take() != SILENCE for _ in range(MOST_FRAMES))

    assert held(0) == PREFILL_FRAMES - 1
    assert held(1) > held(0) + 1


@pytest.mark.parametrize("stall", [3, 6, 9])
def test_a_stall_is_heard_once_however_often_it_comes_again(stall: int) -> None:
    jitter, gaps, was_sound = JitterBuffer(), 0, False
    for tick in range(700):
        # Every second nothing comes for so many ticks, and then all at once.
        late = tick % 50
        for _ in range(0 if 40 <= late < 40 + stall else stall + 1 if late == 40 + stall else 1):
            jitter.put(LOUD)
        is_sound = jitter.take() is not MISSING
        gaps += was_sound and not is_sound
        was_sound = is_sound
    assert gaps == 1


def test_a_silence_that_no_buffer_could_bridge_costs_little_delay() -> None:
    jitter = JitterBuffer()
    for tick in range(400):
        if not 100 <= tick < 200:
            jitter.put(LOUD)
        jitter.take()
    assert sum(jitter.take() is not MISSING for _ in range(MOST_FRAMES)) <= PREFILL_FRAMES + GAP_FRAMES


def test_alarm_wakes_after_exactly_its_frames() -> None:
    async def story() -> None:
        ticker = Ticker()
        alarm = ticker.alarm(1.0)
        for _ in range(49):
            ticker.step()
        assert not alarm.done()
        ticker.step()
        assert alarm.done()
        assert ticker.seconds == 1.0

    asyncio.run(story())


def test_waiting_for_the_first_tells_whether_it_happened() -> None:
    async def story() -> None:
        ticker, signal, bell = Ticker(), Signal(), RecurringSignal()
        waiting = asyncio.ensure_future(ticker.first(signal.wait(), bell.wait(), seconds=0.02))
        await asyncio.sleep(0)
        ticker.step()
        assert not await waiting
        signal.set()
        assert await ticker.first(signal.wait(), seconds=0.02)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "language", "voice"),
    [
        ("您好", "", "zh"),
        ("hello", "", "en"),
        ("hello", "en-GB", "en"),
        ("您好", "zh-TW", "zh"),
        ("您好", "cmn-Hans-CN", "zh"),
        ("hola", "es-ES", "es"),
    ],
)
def test_voice_follows_the_language_and_the_script(text: str, language: str, voice: str) -> None:
    # Our decision: docs/voice/twiml/say gives text without a language an English voice, which cannot read Chinese.
    assert voice_for(text, language, {"zh-CN": "zh", "en-US": "en"}) == voice
