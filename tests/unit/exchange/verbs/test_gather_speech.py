"""Words: when listening begins and ends, what the action is told, and what happens when nothing fits."""

from collections.abc import Callable

from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from tests.unit.exchange.stage import SITE, Stage, Story, Telephone

Staged = Callable[[Story], None]
ASK = (
    '<Gather input="speech" hints="挂号, 缴费,找医生" language="zh-CN" timeout="3" speechTimeout="1" action="/said">'
    "<Say>please</Say></Gather><Say>nothing</Say>"
)


def speak(telephone: Telephone, seconds: float = 0.8) -> None:
    """Something as loud as a voice."""
    telephone.say(tone([300, 480], seconds))


def test_words_lead_to_the_action_with_result_and_confidence(staged: Staged) -> None:
    # docs/voice/twiml/gather: "`SpeechResult` contains the transcribed result of your caller's speech"
    async def story(stage: Stage) -> None:
        stage.app.pages, stage.hearing.answers = {"/voice": ASK}, ["缴费"]
        caller, _ = await stage.dials()
        await stage.passes(1)
        speak(caller)
        await stage.passes(1.5)
        assert not stage.app.asked("/said")
        await stage.passes(0.6)
        told = stage.app.asked("/said")[0]
        assert (told["SpeechResult"], told["Confidence"]) == ("缴费", "0.9")
        assert "Digits" not in told
        seconds, language, hints = stage.hearing.asked[0]
        assert 0.8 <= seconds <= 1.4
        assert (language, hints) == ("zh-CN", ("挂号", "缴费", "找医生"))

    staged(story)


def test_a_voice_stops_the_prompt_unless_barge_in_is_off(staged: Staged) -> None:
    # docs/api/twiml/gather: "bargeIn: true, false; default true"
    async def story(stage: Stage) -> None:
        for barge, states in (("true", ["start", "end"]), ("false", ["start"])):
            long = f'<Gather input="speech" bargeIn="{barge}"><Say loop="50">long</Say></Gather>'
            stage.app.pages = {"/voice": long}
            caller, _ = await stage.dials(f"+86{barge}")
            speak(caller)
            await stage.passes(0.6)
            assert [each["state"] for each in caller.events("prompt")] == states

    staged(story)


def test_words_that_fit_nothing_fall_through_or_reach_the_action_empty_when_it_asks(staged: Staged) -> None:
    # docs/voice/twiml/gather: "if `<Gather>` times out while waiting for input, it continues to the next TwiML
    # instruction"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": ASK}
        caller, _ = await stage.dials()
        await stage.passes(0.6)
        speak(caller)
        await stage.passes(2.2)
        assert caller.prompts == ["please", "nothing"]
        stage.app.pages = {"/voice": '<Gather input="speech" timeout="1" actionOnEmptyResult="true" action="/said"/>'}
        await stage.dials("+862")
        await stage.passes(1.2)
        assert stage.app.asked("/said")[0]["SpeechResult"] == ""

    staged(story)


def test_silence_lasts_as_long_as_the_time_out_before_speech_and_after_it(staged: Staged) -> None:
    # docs/voice/twiml/gather: "how long to wait after speech pauses before stopping recognition ... Default
    # value: `timeout` value"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather input="speech" timeout="2" action="/said"/><Say>nothing</Say>'}
        stage.hearing.answers = ["yes"]
        caller, _ = await stage.dials()
        await stage.passes(1.5)
        speak(caller)
        await stage.passes(2.6)
        assert not stage.app.asked("/said")
        await stage.passes(0.6)
        assert stage.app.asked("/said")[0]["SpeechResult"] == "yes"

    staged(story)


def test_keys_win_over_words_where_both_are_taken(staged: Staged) -> None:
    # docs/voice/twiml/gather: "`dtmf speech`, Twilio gives precedence to the first input it detects"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather input="dtmf speech" timeout="2" numDigits="1" action="/said"/>'}
        stage.hearing.answers = ["one"]
        caller, _ = await stage.dials()
        caller.say(key_tones("1"))
        await stage.passes(1)
        assert stage.app.asked("/said")[0]["Digits"] == "1"
        assert not stage.hearing.asked

    staged(story)


def test_keys_mean_nothing_to_a_gather_for_speech_alone(staged: Staged) -> None:
    # docs/voice/twiml/gather: "The `input` attribute specifies which types of input Twilio accepts"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather input="speech" timeout="2" numDigits="1" action="/said"/><Say>no</Say>'}
        caller, _ = await stage.dials()
        caller.say(key_tones("1"))
        await stage.passes(4)
        assert not stage.app.asked("/said")
        assert caller.prompts == ["no"]

    staged(story)


def test_what_was_said_so_far_is_reported_while_somebody_speaks(staged: Staged) -> None:
    # docs/voice/twiml/gather: "a URL to which Twilio sends requests as it recognizes speech _in real time_"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Gather input="speech" speechTimeout="auto" action="/said" partialResultCallback="/partly"/>'
        }
        stage.hearing.answers = ["go", "go on", "go on now", "go on now", "go on now"]
        caller, _ = await stage.dials()
        speak(caller, 1.2)
        await stage.passes(2.8)
        told = [(each["UnstableSpeechResult"], each["SequenceNumber"]) for each in stage.app.asked("/partly")]
        assert told[:2] == [("go", "0"), ("go on", "1")]
        assert stage.app.asked("/said")[0]["SpeechResult"] == "go on now"

    staged(story)


def test_speech_that_does_not_end_is_cut_at_its_greatest_length(staged: Staged) -> None:
    # docs/voice/twiml/gather: "Twilio gathers speech from the caller for a _maximum_ duration of 60 seconds"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather input="speech" maxSpeechTime="2" action="/said"/>'}
        stage.hearing.answers = ["long"]
        caller, _ = await stage.dials()
        speak(caller, 9)
        await stage.passes(2.5)
        assert stage.app.asked("/said")[0]["SpeechResult"] == "long"

    staged(story)


def test_finish_key_alone_ends_the_gather_at_once(staged: Staged) -> None:
    # ../shared/cases/EXCHANGE.md: "`Gather` without digits, then the finish key alone: must end at once"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather timeout="60" action="/key"/><Say>nothing pressed</Say>'}
        caller, _ = await stage.dials()
        caller.say(key_tones("#"))
        await stage.passes(1)
        assert caller.prompts == ["nothing pressed"]
        assert not stage.app.asked("/key")

    staged(story)


def test_finish_key_alone_is_told_where_nothing_is_an_answer(staged: Staged) -> None:
    # docs/voice/twiml/gather: "actionOnEmptyResult allows you to force <Gather> to send a webhook to the action url
    # even when there is no DTMF input"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather timeout="60" action="/key" actionOnEmptyResult="true"/>'}
        caller, _ = await stage.dials()
        caller.say(key_tones("#"))
        await stage.passes(1)
        told = next(each.params for each in stage.app.requests if each.url == f"{SITE}/key")
        assert (told["Digits"], told["FinishedOnKey"]) == ("", "#")

    staged(story)
