"""Verbs with values that nobody expects: each fault has its code, its fallback, and is in the log."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from exchange.calls.leg_registry import CallParties
from exchange.flow.call_flow import CallFlow
from exchange.flow.fallback import run_document
from exchange.media.audio_source import PcmSource
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from exchange.speech.synthesiser import SynthesisError
from exchange.webhooks.twiml import Element
from tests.unit.exchange.stage import SITE, Stage, Story, play

Staged = Callable[[Story], None]


@pytest.mark.parametrize(
    ("twiml", "code"),
    [
        # docs/api/errors: 13214 callerId, 13223 number, 13252 "Dial->SIP: Invalid header name"
        ("<Dial><Sip>sip:a@b.test?x-note=1%0d%0aVia:%20x</Sip></Dial>", 13252),
        ("<Dial><Sip>sip:a&#10;@b.test</Sip></Dial>", 13252),
        ("<Refer><Sip>sip:a@b.test?x-a=%0a</Sip></Refer>", 13252),
        ('<Dial callerId="+86&#10;1">+8613800000009</Dial>', 13214),
        ("<Dial><Number>+86&#13;1</Number></Dial>", 13223),
        ("<Dial><Client>a&#10;b</Client></Dial>", 13223),
        ("<Redirect>http://a:99999/</Redirect>", 11100),
        ("<Redirect>http://a b/</Redirect>", 11100),
    ],
)
def test_document_with_such_a_value_leads_to_the_fallback(staged: Staged, twiml: str, code: int) -> None:
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": twiml, "/fallback": "<Say>fallback</Say>"}
        caller, _ = await stage.dials()
        await stage.passes(0.2)
        assert [each["ErrorCode"] for each in stage.app.asked("/fallback")] == [str(code)]
        assert caller.prompts == ["fallback"]

    staged(story)


@pytest.mark.parametrize(
    ("twiml", "code"),
    [
        # docs/api/errors: 13430 "Play: Invalid DTMF String", 13521 "<Say> element character limits exceeded"
        ('<Play digits="call"/>', 13430),
        (f'<Play digits="{"1" * 300}"/>', 13430),
        (f"<Say>{'a' * 4097}</Say>", 13521),
        (f"<Gather timeout='1'><Say>{'a' * 16_000}</Say></Gather>", 13521),
    ],
)
def test_verb_with_such_a_value_is_passed_over_with_a_warning(staged: Staged, twiml: str, code: int) -> None:
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f"{twiml}<Say>goes on</Say>"}
        with capture_logs() as lines:
            caller, _ = await stage.dials()
            await stage.passes(1.5)
        assert [line["code"] for line in lines if line["log_level"] == "warning"] == [code]
        assert caller.prompts == ["goes on"]

    staged(story)


def test_say_of_the_longest_text_is_spoken(staged: Staged) -> None:
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f"<Say>{'a' * 4096}</Say>"}
        caller, _ = await stage.dials()
        await stage.passes(0.2)
        assert len(caller.prompts) == 1

    staged(story)


def test_pauses_of_one_say_are_five_minutes_at_most(staged: Staged) -> None:
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Say>" + '<break time="10s"/>' * 900 + "a</Say>"}
        caller, _ = await stage.dials()
        await stage.passes(302)
        assert caller.ended == "completed"

    staged(story)


def test_dial_rings_ten_at_most(staged: Staged) -> None:
    # docs/voice/twiml/number: "up to ten"; docs/api/errors/13250: "Dial: Too many URIs passed"
    async def story(stage: Stage) -> None:
        numbers = [f"+86138000000{at:02d}" for at in range(12)]
        for number in numbers:
            stage.telephone(number)
        stage.app.pages = {"/voice": f"<Dial>{''.join(f'<Number>{number}</Number>' for number in numbers)}</Dial>"}
        with capture_logs() as lines:
            await stage.dials("+861")
        assert [stage.telephones[number].rings for number in numbers] == [1] * 10 + [0] * 2
        assert [line["code"] for line in lines if line["log_level"] == "warning"] == [13250]

    staged(story)


def test_send_digits_that_are_no_keys_are_left_out_with_a_warning(staged: Staged) -> None:
    # docs/api/errors/13222: "Dial->Number: Invalid sendDigits value"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Dial><Number sendDigits="{"1" * 40}">+8613800000009</Number></Dial>'}
        callee = stage.telephone("+8613800000009")
        with capture_logs() as lines:
            await stage.dials("+861")
            callee.answer()
            await stage.passes(0.2)
        assert [line["code"] for line in lines if line["log_level"] == "warning"] == [13222]
        assert callee.answerer

    staged(story)


def test_recording_just_received_can_be_played(staged: Staged) -> None:
    # docs/voice/twiml/record: "RecordingUrl: the URL of the recorded audio"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Record action="/done" finishOnKey="#" playBeep="false"/>',
            "/done": lambda told: f"<Play>{told['RecordingUrl']}</Play><Play>{told['RecordingUrl']}.mp3</Play>",
        }
        caller, _ = await stage.dials()
        caller.say(tone([700], 1.0))
        await stage.passes(1.2)
        caller.say(key_tones("#"))
        await stage.passes(0.5)
        for _ in range(100):  # read and decoded beside the clock
            await asyncio.sleep(0.01)
            await stage.passes(0.1)
        url = stage.app.asked("/done")[0]["RecordingUrl"]
        assert caller.prompts == [url, f"{url}.mp3"]
        assert not [each for each in stage.app.requests if "/Recordings/" in each.url]

    staged(story)


def test_webhooks_tell_countries(staged: Staged) -> None:
    # docs/voice/twiml: "FromCountry: The country of the caller", "ToCountry: ...", each with City, State and Zip
    async def story(stage: Stage) -> None:
        await stage.dials("+14155551212")
        told = next(each.params for each in stage.app.requests if each.url == f"{SITE}/voice")
        assert (told["FromCountry"], told["ToCountry"]) == ("US", "CN")
        assert {f"{side}{what}" for side in ("From", "To") for what in ("City", "State", "Zip")} <= told.keys()

    staged(story)


def test_number_without_a_country_is_dialled_by_that_of_the_account(staged: Staged) -> None:
    # docs/voice/twiml/dial: "(415) 555-1212"; here the account's first number is Chinese
    async def story(stage: Stage) -> None:
        mobile, desk = stage.telephone("+8613800138000"), stage.telephone("5001")
        stage.app.pages = {"/voice": "<Dial><Number>(138) 0013-8000</Number><Number>50-01</Number></Dial>"}
        await stage.dials("+861")
        assert (mobile.rings, desk.rings) == (1, 1)
        long = "9" * 60_000 + "x"
        assert stage.context.number_of(long) == long
        assert [stage.context.number_of(each) for each in ("110", "li-ming", "+86 (10) 1", "..")] == [
            "110",
            "li-ming",
            "+86101",
            "..",
        ]
        assert (
            stage.context.call_out(CallParties("+861", stage.context.number_of("010 6688 0000"), "x")).facts.to
            == "+861066880000"
        )

    staged(story)


class Broken(Exception):
    """A fault that nobody foresaw."""


async def _breaks(_course: CallFlow, _element: Element) -> None:
    raise Broken


@pytest.mark.parametrize("hangs_up", [False, True])
def test_fault_of_ours_is_in_the_log_and_leads_to_the_fallback(tmp_path: Path, hangs_up: bool) -> None:
    async def story(stage: Stage) -> None:
        written: list[object] = []
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(lambda _loop, context: written.append(context["exception"]))
        stage.app.pages = {"/voice": "<Gather timeout='60'/>", "/fallback": '<Pause length="1"/>'}
        caller, leg = await stage.dials()
        flow = CallFlow(stage.context, leg, {"Break": _breaks, "Pause": _waits})
        leg.work(lambda: run_document(flow, (Element("Break"),)))
        await stage.passes(0.1)
        if hangs_up:
            caller.hang_up()
        await stage.passes(2)
        assert [type(each) for each in written] == [Broken]
        assert stage.app.asked("/fallback")[-1]["ErrorCode"] == "20500"
        assert caller.ended == "completed"
        loop.set_exception_handler(before)

    play(story, tmp_path)


async def _waits(flow: CallFlow, _element: Element) -> None:
    await flow.leg.play(PcmSource(bytes(16_000)))


def test_call_ends_when_not_even_the_apology_can_be_spoken(staged: Staged) -> None:
    class Mute:
        async def speak(self, text: str, language: str, rate: float = 1.0) -> bytes:  # noqa: ARG002
            raise SynthesisError("its process ended")

    async def story(stage: Stage) -> None:
        stage.context.synthesiser = Mute()
        stage.app.pages = {
            "/voice": "<Say>hello</Say><Sing/>",
            "/fallback": "<Say>sorry</Say><Redirect>http://[</Redirect>",
        }
        with capture_logs() as lines:
            caller, _ = await stage.dials()
            await stage.passes(0.5)
        assert caller.ended == "completed"
        assert {line["code"] for line in lines if line["event"] == "speech_failed"} == {13520}

    staged(story)
