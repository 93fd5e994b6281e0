"""Keys: what is gathered, when it ends, and where it leads."""

from collections.abc import Callable

from exchange.media.dtmf import key_tones
from tests.unit.exchange.stage import Stage, Story, Telephone

Staged = Callable[[Story], None]
ASK = '<Gather numDigits="1" timeout="3" action="/key"><Say>press</Say></Gather><Say>nothing</Say>'


def keys(stage: Stage, telephone: Telephone, pressed: str) -> None:
    """Press keys as sound, the way a telephone does."""
    assert stage.context
    telephone.say(key_tones(pressed))


def test_one_key_leads_to_the_action_with_its_digit(staged: Staged) -> None:
    # docs/voice/twiml/gather: "Twilio includes the `Digits` attribute containing the numbers your caller entered"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": ASK, "/key": '<Pause length="9"/>'}
        caller, _ = await stage.dials()
        await stage.passes(1)
        keys(stage, caller, "5")
        await stage.passes(0.5)
        assert stage.app.asked("/key")[0]["Digits"] == "5"
        assert stage.app.asked("/key")[0]["CallStatus"] == "in-progress"

    staged(story)


def test_first_key_stops_the_prompt(staged: Staged) -> None:
    # docs/voice/twiml/gather: "After the first digit is received the audio will stop playing"
    async def story(stage: Stage) -> None:
        long = '<Gather numDigits="2" action="/key"><Say loop="50">long</Say></Gather>'
        stage.app.pages = {"/voice": long}
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        assert [e["state"] for e in caller.events("prompt")] == ["start"]
        keys(stage, caller, "7")
        await stage.passes(0.5)
        assert [e["state"] for e in caller.events("prompt")] == ["start", "end"]
        assert not stage.app.asked("/key")

    staged(story)


def test_nothing_pressed_falls_through_to_the_next_verb(staged: Staged) -> None:
    # docs/voice/twiml/gather: "If no input is received before timeout, <Gather> falls through to the next verb"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": ASK}
        caller, _ = await stage.dials()
        await stage.passes(3.4)
        assert caller.prompts == ["press"]
        await stage.passes(0.4)
        assert caller.prompts == ["press", "nothing"]
        await stage.passes(1)
        assert caller.ended == "completed"
        assert not stage.app.asked("/key")

    staged(story)


def test_time_out_counts_from_the_end_of_the_prompt(staged: Staged) -> None:
    # docs/voice/twiml/gather: "the `timeout` begins either after the audio completes or when the caller presses
    # their first key"
    async def story(stage: Stage) -> None:
        ask = '<Gather timeout="2" action="/key"><Pause length="4"/></Gather><Say>late</Say>'
        stage.app.pages = {"/voice": ask}
        caller, _ = await stage.dials()
        await stage.passes(5.7)
        assert not caller.prompts
        await stage.passes(0.5)
        assert caller.prompts == ["late"]

    staged(story)


def test_action_on_empty_result_is_asked_with_no_digits(staged: Staged) -> None:
    # docs/voice/twiml/gather: "requires `<Gather>` to send a webhook ... regardless of whether input is received"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather timeout="1" action="/key" actionOnEmptyResult="true"/>'}
        await stage.dials()
        await stage.passes(1.2)
        assert stage.app.asked("/key")[0]["Digits"] == ""

    staged(story)


def test_finishing_key_ends_the_digits_and_is_not_among_them(staged: Staged) -> None:
    # docs/voice/twiml/gather: "the value that your caller presses to submit their digits"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather action="/key"/>'}
        caller, _ = await stage.dials()
        keys(stage, caller, "123#")
        await stage.passes(1.5)
        assert stage.app.asked("/key")[0]["Digits"] == "123"
        assert stage.app.asked("/key")[0]["FinishedOnKey"] == "#"

    staged(story)


def test_empty_finishing_key_makes_hash_and_star_ordinary_digits(staged: Staged) -> None:
    # docs/voice/twiml/gather: "If you set this attribute to an empty string, `<Gather>` captures all caller input"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather finishOnKey="" numDigits="2" action="/key"/>'}
        caller, _ = await stage.dials()
        keys(stage, caller, "*#")
        await stage.passes(1)
        assert stage.app.asked("/key")[0]["Digits"] == "*#"

    staged(story)


def test_each_key_starts_the_time_out_anew(staged: Staged) -> None:
    # docs/voice/twiml/gather: "Twilio will wait 10 seconds for the caller to press another key before submitting"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather timeout="2" action="/key"/>'}
        caller, _ = await stage.dials()
        for key in "123":
            await stage.passes(1.5)
            keys(stage, caller, key)
        await stage.passes(1.5)
        assert not stage.app.asked("/key")
        await stage.passes(1)
        assert stage.app.asked("/key")[0]["Digits"] == "123"

    staged(story)


def test_a_tone_that_goes_on_into_the_next_gather_is_one_key(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "Digits is a string without the finish key"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Gather numDigits="1" action="/second"/>',
            "/second": '<Gather numDigits="1" timeout="2" action="/key"/>',
        }
        caller, _ = await stage.dials()
        caller.say(key_tones("4", on_seconds=1.0))
        await stage.passes(2)
        assert stage.app.asked("/second")[0]["Digits"] == "4"
        assert not stage.app.asked("/key")

    staged(story)


def test_gather_without_action_asks_its_own_document_again(staged: Staged) -> None:
    # docs/voice/twiml/gather: "If you omit this attribute, Twilio calls the TwiML document making the request"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": lambda params: "<Hangup/>" if "Digits" in params else '<Gather numDigits="1"/>'}
        caller, _ = await stage.dials()
        keys(stage, caller, "0")
        await stage.passes(1)
        assert len(stage.app.asked("/voice")) == 2
        assert caller.ended == "completed"

    staged(story)
