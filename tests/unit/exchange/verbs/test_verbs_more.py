"""The finer points of Say, Play, Record, Refer and of documents that hold what we do not know."""

from collections.abc import Callable

import pytest

from exchange.media import g711
from exchange.media.audio import level_db
from exchange.media.tones import tone
from exchange.speech import ssml
from exchange.speech.synthesiser import voice_for
from exchange.verbs.refer import refer_parameters
from exchange.verbs.say import spoken_language
from exchange.webhooks import twiml
from exchange.webhooks.webhook import WebhookResponse
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]
VOICES = {"zh-CN": "cmn-latn-pinyin", "en-US": "en-us"}


def test_text_within_ssml_marks_is_spoken_in_its_order(staged: Staged) -> None:
    # docs/voice/twiml/say: "You can also use SSML tags to adjust the pronunciation"
    async def story(stage: Stage) -> None:
        say = '<Say>Press <say-as interpret-as="digits">1</say-as> for <break time="1s"/> booking</Say>'
        stage.app.pages = {"/voice": say}
        caller, _ = await stage.dials()
        assert caller.prompts == ["Press 1 for booking"]
        await stage.passes(1.4)
        assert level_db(caller.hears_now) < -90
        await stage.passes(0.2)
        assert level_db(caller.hears_now) > -20
        await stage.passes(0.6)
        assert caller.ended == "completed"

    staged(story)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ('a <break time="500ms"/> b', ("a", 0.5, "b")),
        ('a<break strength="x-strong"/>b', ("a", 1.0, "b")),
        ('a<break strength="none"/>b', ("ab",)),
        ("a <break/> b", ("a", 0.25, "b")),
        ('a <break time="99s"/> b', ("a", 10.0, "b")),
        ('<emphasis level="strong">very</emphasis> <prosody rate="slow">slow</prosody>', ("very", "slow")),
        ('<sub alias="World Health Organization">WHO</sub> says', ("World Health Organization says",)),
        ('code <say-as interpret-as="characters">A1</say-as>', ("code A 1",)),
        ("<p>one</p><p>two</p>", ("one two",)),
        ("", ()),
    ],
)
def test_marks_within_say_pause_or_are_read_over(marked: str, expected: tuple[str | float, ...]) -> None:
    # docs/voice/twiml/say: "You can also use SSML tags to adjust the pronunciation"
    (say,) = twiml.parse(f"<Response><Say>{marked}</Say></Response>".encode())
    assert ssml.pieces(say) == expected


@pytest.mark.parametrize(
    ("rate", "expected"), [("slow", 0.75), ("x-fast", 1.5), ("80%", 0.8), ("5%", 0.2), ("loud", None), ("", None)]
)
def test_prosody_changes_the_pace(rate: str, expected: float | None) -> None:
    # docs/voice/twiml/say: "prosody: control the volume, rate, and pitch"
    (say,) = twiml.parse(f'<Response><Say>a <prosody rate="{rate}">b</prosody></Say></Response>'.encode())
    found = ssml.pieces(say)
    assert found == (("a b",) if expected is None else ("a", "b"))
    assert getattr(found[-1], "rate", None) == expected


@pytest.mark.parametrize(
    ("language", "voice", "spoken"),
    [
        ("", "man", "en-us"),
        ("", "woman", "en-us+f3"),
        ("zh-CN", "alice", "cmn-latn-pinyin+f3"),
        ("", "Polly.Zhiyu", "cmn-latn-pinyin+f3"),
        ("", "Google.cmn-CN-Standard-B", "cmn-latn-pinyin"),
        ("", "Polly.Matthew-Neural", "en-us"),
        ("fr-FR", "", "fr"),
    ],
)
def test_a_voice_by_name_decides_language_and_person(language: str, voice: str, spoken: str) -> None:
    # docs/voice/twiml/say: "Any of the Twilio-supported Amazon Polly Voices. For example, `Polly.Joanna-Generative`"
    assert voice_for("hello", spoken_language(language, voice), VOICES) == spoken


def test_say_and_play_repeat_as_often_as_told(staged: Staged) -> None:
    # docs/voice/twiml/say: "how many times you'd like the text to be repeated. The default is once (`1`)"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Say loop="3">x</Say><Say>after</Say>'}
        caller, _ = await stage.dials()
        await stage.passes(1.3)
        assert caller.prompts == ["x"]
        await stage.passes(0.3)
        assert caller.prompts == ["x", "after"]

    staged(story)


def test_mu_law_and_mp3_are_played(staged: Staged) -> None:
    # docs/voice/twiml/play: "audio/mpeg: mpeg layer 3 audio ... audio/ulaw: μ-law audio format"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": "<Play>/hold.ulaw</Play><Say>after</Say>",
            "/hold.ulaw": WebhookResponse(
                200, {"Content-Type": "audio/basic"}, g711.encode(tone([600], 1.0), g711.ULAW), f"{SITE}/h"
            ),
        }
        caller, _ = await stage.dials()
        await stage.passes(0.7)
        assert caller.prompts == [f"{SITE}/hold.ulaw"]
        await stage.passes(0.4)
        assert caller.prompts[-1] == "after"

    staged(story)


def test_quiet_ends_of_a_message_are_cut_off_unless_told_otherwise(staged: Staged) -> None:
    # docs/voice/twiml/record: "The default is `trim-silence`, which removes any silence at the beginning and end
    # of your recording"
    async def story(stage: Stage) -> None:
        for trim, least, most in (("trim-silence", 1.0, 1.4), ("do-not-trim", 4.8, 5.2)):
            number = f"+86{least:.0f}"
            stage.app.pages = {"/voice": f'<Record trim="{trim}" playBeep="false" timeout="2" action="/done"/>'}
            caller, _ = await stage.dials(number)
            caller.say(bytes(2 * 8000 * 2 - 3200) + tone([500], 1.0))
            await stage.passes(5.3)
            sid = stage.app.asked("/done")[-1]["RecordingSid"]
            assert least <= stage.context.recordings.facts[sid].seconds <= most

    staged(story)


def test_transcription_of_a_message_is_sent_when_it_is_done(staged: Staged) -> None:
    # docs/voice/twiml/record: "a URL to which Twilio will make an asynchronous `POST` request when the
    # transcription is complete"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Record transcribe="true" transcribeCallback="/text" timeout="1" action="/done"/>'
        }
        stage.hearing.answers = ["call me back"]
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        caller.say(tone([500], 3.0))
        await stage.passes(4.5)
        told = stage.app.asked("/text")[0]
        assert (told["TranscriptionText"], told["TranscriptionStatus"]) == ("call me back", "completed")
        assert told["RecordingSid"] == stage.app.asked("/done")[0]["RecordingSid"]

    staged(story)


@pytest.mark.parametrize(("seconds", "more"), [(1.5, ""), (3.0, 'maxLength="121"')])
def test_recording_out_of_range_is_not_transcribed(staged: Staged, seconds: float, more: str) -> None:
    # docs/api/errors/13617: "limited to recordings with a duration greater than 2 seconds and less than 120 seconds";
    # docs/voice/twiml/record: "If you enable transcription and set `maxLength` > 120 seconds, Twilio will write a
    # warning to your debug log rather than transcribing the recording"
    async def story(stage: Stage) -> None:
        record = f'<Record transcribe="true" transcribeCallback="/text" playBeep="false" timeout="1" {more}/>'
        stage.app.pages = {"/voice": record}
        caller, _ = await stage.dials()
        caller.say(tone([500], seconds))
        await stage.passes(seconds + 1.5)
        assert stage.app.asked("/text")[0]["TranscriptionStatus"] == "failed"
        assert caller.traces("error")[0]["code"] == 13617
        assert not stage.hearing.asked

    staged(story)


def test_whole_message_is_transcribed_in_windows_that_end_where_it_is_quiet(staged: Staged) -> None:
    # docs/voice/twiml/record: "a text representation of the audio of the recording"
    async def story(stage: Stage) -> None:
        record = '<Record transcribe="true" transcribeCallback="/text" playBeep="false" timeout="1"/>'
        stage.app.pages = {"/voice": record}
        stage.hearing.answers = ["one", "", "two"]
        caller, _ = await stage.dials()
        caller.say(tone([500], 14.5) + bytes(8000) + tone([500], 28.0))
        await stage.passes(45)
        assert stage.app.asked("/text")[0]["TranscriptionText"] == "one two"
        lengths = [seconds for seconds, _, _ in stage.hearing.asked]
        assert lengths[0] == pytest.approx(14.7, abs=0.3)
        assert sum(lengths) == pytest.approx(43, abs=0.5)
        assert max(lengths) <= 20

    staged(story)


def test_messages_are_transcribed_one_after_the_other(staged: Staged) -> None:
    # Our decision: the ears are shared with those who speak to a Gather just now.
    async def story(stage: Stage) -> None:
        record = '<Record transcribe="true" transcribeCallback="/text" playBeep="false" timeout="1"/>'
        stage.app.pages = {"/voice": record}
        for number in ("+861", "+862"):
            caller, _ = await stage.dials(number)
            caller.say(tone([500], 3.0))
        await stage.passes(5)
        assert len(stage.app.asked("/text")) == 2
        assert stage.hearing.most_at_once == 1

    staged(story)


def test_refer_of_a_telephone_that_is_not_sip_fails_and_says_so(staged: Staged) -> None:
    # docs/api/errors/13801: "The Refer verb is only allowed on SIP call legs"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Refer action="/done"><Sip>sip:a@b</Sip></Refer>'}
        caller, _ = await stage.dials()
        assert stage.app.asked("/done")[0]["ReferCallStatus"] == "failed"
        assert [each["code"] for each in caller.traces("error")] == [13801]

    staged(story)


@pytest.mark.parametrize(
    ("answer", "notified", "told"),
    [
        (202, 200, {"ReferCallStatus": "in-progress", "ReferSipResponseCode": "202", "NotifySipResponseCode": "200"}),
        (202, 486, {"ReferCallStatus": "busy", "ReferSipResponseCode": "202", "NotifySipResponseCode": "486"}),
        (202, 404, {"ReferCallStatus": "failed", "ReferSipResponseCode": "202", "NotifySipResponseCode": "404"}),
        (405, None, {"ReferCallStatus": "failed", "ReferSipResponseCode": "405"}),
        (202, None, {"ReferSipResponseCode": "202"}),
    ],
)
def test_action_of_refer_is_told_what_became_of_the_new_call(
    answer: int, notified: int | None, told: dict[str, str]
) -> None:
    # docs/voice/twiml/refer: "the last SIP response code received on the referred leg, as determined by examining
    # the SIP NOTIFY messages"
    assert {"ReferSipResponseCode": str(answer)} | refer_parameters(answer, notified) == told


def test_refer_is_left_to_a_line_that_can(staged: Staged) -> None:
    # docs/voice/twiml/refer: "Twilio instructs your SIP device to initiate a new call to the external system"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Refer action="/done"><Sip>sip:a@b</Sip></Refer>'}
        asked: list[str] = []

        async def refer(uri: str) -> tuple[int, int | None]:
            asked.append(uri)
            return 202, 200

        telephone = stage.telephone("sip:x@y")
        telephone.refer = refer  # type: ignore[attr-defined]  # a line of another kind, for this test alone
        await stage.dials("sip:x@y")
        told = stage.app.asked("/done")[0]
        assert asked == ["sip:a@b"]
        assert [told[name] for name in ("ReferCallStatus", "ReferSipResponseCode", "NotifySipResponseCode")] == [
            "in-progress",
            "202",
            "200",
        ]

    staged(story)


def test_attributes_that_nobody_knows_are_ignored(staged: Staged) -> None:
    # docs/api/twiml/your_response: "the TwiML interpreter only understands a few specially named XML elements"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Say colour="red">a</Say><Pause rhythm="slow" length="x"/><Say>b</Say>'}
        caller, _ = await stage.dials()
        await stage.passes(1.8)
        assert caller.prompts == ["a", "b"]

    staged(story)


def test_unknown_verb_is_an_error_with_its_line_and_nothing_of_the_document_is_done(staged: Staged) -> None:
    # docs/api/twiml/your_response: "using <say> instead of <Say> will result in an error"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Say>a</Say>\n\n<Sing>b</Sing>", "/fallback": "<Say>fallback</Say>"}
        caller, _ = await stage.dials()
        assert caller.prompts == ["fallback"]
        error = caller.traces("error")[0]
        assert error["code"] == 12100
        assert str(error["message"]).startswith("line 3: Sing")
        assert stage.app.asked("/fallback")[0]["ErrorCode"] == "12100"

    staged(story)
