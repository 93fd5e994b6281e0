"""Dial when somebody has answered: whisper, star, limits, recording, and being led elsewhere."""

from collections.abc import Callable

from exchange.media.audio import level_db
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]


def test_whisper_is_heard_by_the_callee_alone_before_the_talk(staged: Staged) -> None:
    # docs/voice/twiml/client: "The current caller will continue to hear ringing while the TwiML document executes
    # on the other end"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial><Client url="/whisper">a</Client></Dial>', "/whisper": "<Say>a call</Say>"}
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(0.2)
        assert agent.prompts == ["a call"]
        assert not caller.prompts
        assert level_db(caller.hears_now) > -20
        await stage.passes(0.6)
        agent.say(tone([900], 0.5))
        await stage.passes(0.2)
        assert level_db(caller.hears_now) > -20

    staged(story)


def test_whisper_that_hangs_up_spares_the_caller(staged: Staged) -> None:
    # docs/voice/twiml/client: "provide a chance to decline the phone call using <Gather> and <Hangup>"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Dial><Client url="/whisper">a</Client></Dial><Say>sorry</Say>',
            "/whisper": "<Hangup/>",
        }
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(0.3)
        assert agent.ended == "completed"
        assert caller.prompts == ["sorry"]

    staged(story)


def test_star_ends_the_talk_but_not_the_call(staged: Staged) -> None:
    # docs/voice/twiml/dial: "lets the *initial caller* hang up on the *called party* by pressing the '*' key"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial hangupOnStar="true"><Client>a</Client></Dial><Say>back</Say>'}
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(0.5)
        caller.say(key_tones("*"))
        await stage.passes(0.5)
        assert agent.ended == "completed"
        assert caller.prompts == ["back"]

    staged(story)


def test_time_limit_ends_the_talk(staged: Staged) -> None:
    # docs/voice/twiml/dial: "`<Dial>` will automatically hang up on the called party two minutes into the phone call"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial timeLimit="3" action="/done"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        await stage.dials()
        agent.answer()
        await stage.passes(3.5)
        assert stage.app.asked("/done")[0]["DialCallDuration"] == "3"

    staged(story)


def test_answer_on_bridge_leaves_the_caller_unanswered_until_somebody_is_there(staged: Staged) -> None:
    # docs/voice/twiml/dial: "It will wait until the `<Dial>` call connects to return a 200"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial answerOnBridge="true"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        caller, leg = await stage.dials()
        assert leg.facts.status == "ringing"
        assert caller.heard
        agent.answer()
        await stage.passes(0.1)
        assert leg.facts.status == "in-progress"

    staged(story)


def test_callee_led_elsewhere_keeps_its_call_and_the_caller_goes_on(staged: Staged) -> None:
    # docs/voice/twiml/sip: "You can use the `CallSid` to modify the child call by POSTing to Calls/{CallSid} with
    # a new TwiML URL"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Dial><Client>a</Client></Dial><Say>next</Say>"}
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(0.1)
        callee = next(leg for leg in stage.context.legs.active.values() if leg.facts.direction == "outbound-dial")
        await stage.redirects(callee, "<Say>elsewhere</Say>")
        assert agent.prompts == ["elsewhere"]
        assert caller.prompts == ["next"]
        assert level_db(agent.hears_now) > -20

    staged(story)


def test_recording_from_answer_has_caller_and_called_on_their_channels(staged: Staged) -> None:
    # docs/voice/twiml/dial: "The parent call will always be in the first channel and the child call will always
    # be in the second channel"
    async def story(stage: Stage) -> None:
        attributes = f'record="record-from-answer-dual" recordingStatusCallback="{SITE}/recorded" action="/done"'
        stage.app.pages = {"/voice": f"<Dial {attributes}><Client>a</Client></Dial>"}
        agent = stage.telephone("client:a")
        await stage.dials()
        await stage.passes(4)
        agent.answer()
        await stage.passes(2)
        agent.hang_up()
        await stage.passes(0.1)
        told = stage.app.asked("/recorded")[0]
        assert (told["RecordingDuration"], told["RecordingChannels"]) == ("2", "2")
        assert told["RecordingSource"] == "DialVerb"
        assert stage.app.asked("/done")[0]["RecordingSid"] == told["RecordingSid"]

    staged(story)


def test_telephone_calls_telephone_without_an_application(staged: Staged) -> None:
    # Our decision: at Twilio every call has an application; here two telephones may talk without one.
    async def story(stage: Stage) -> None:
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials(to="client:a")
        agent.answer()
        await stage.passes(0.1)
        assert caller.events("answered")
        agent.hang_up()
        await stage.passes(0.1)
        assert caller.ended == "completed"

    staged(story)


def test_transfer_without_an_address_for_it_is_refused_and_told(staged: Staged) -> None:
    # docs/api/errors/13802: "a REFER was received on a <Dial> call without a referUrl attribute present"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Dial><Client>a</Client></Dial>"}
        agent = stage.telephone("client:a")
        caller, leg = await stage.dials()
        agent.answer()
        await stage.passes(0.1)
        assert agent.answerer
        assert not agent.answerer.on_refer("sip:other@10.0.0.1")
        assert [each["code"] for each in caller.traces("error")] == [13802]
        assert leg.is_up

    staged(story)
