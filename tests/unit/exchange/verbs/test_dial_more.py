"""Dial's finer rules: in turn, by country, with digits, parameters and documents for one callee; and to ourselves."""

from collections.abc import Callable

import numpy as np

from exchange.media.audio import level_db
from exchange.media.dtmf import key_tones
from exchange.media.tones import tone
from tests.unit.exchange.stage import HOSPITAL, Stage, Story

Staged = Callable[[Story], None]


def pitches(frames: list[bytes], count: int = 1) -> list[int]:
    samples = np.frombuffer(b"".join(frames), dtype="<i2").astype(float)
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 8000))
    found = []
    for _ in range(count):
        peak = int(power.argmax())
        found.append(peak)
        power[max(0, peak - 15) : peak + 16] = 0
    return sorted(found)


def test_in_turn_means_that_the_next_rings_when_the_one_before_did_not_answer(staged: Staged) -> None:
    # docs/voice/twiml/dial: "Setting the `sequential` attribute to `true` allows you to call up to ten agents one
    # after the other"
    async def story(stage: Stage) -> None:
        nouns = "<Client>a</Client><Client>b</Client><Client>c</Client>"
        stage.app.pages = {"/voice": f'<Dial sequential="true" timeout="5" action="/done">{nouns}</Dial>'}
        a, b, c = (stage.telephone(f"client:{name}") for name in "abc")
        await stage.dials()
        assert [phone.rings for phone in (a, b, c)] == [1, 0, 0]
        await stage.passes(5.2)
        assert [phone.rings for phone in (a, b, c)] == [1, 1, 0]
        assert a.ended == "no-answer"
        assert b.answerer
        b.answerer.on_refuse(is_busy=True)
        await stage.passes(0.2)
        assert c.rings == 1
        c.answer()
        await stage.passes(1)
        c.hang_up()
        await stage.passes(0.1)
        done = stage.app.asked("/done")
        assert [each["DialCallStatus"] for each in done] == ["completed"]

    staged(story)


def test_in_turn_nobody_answering_reports_the_last_one(staged: Staged) -> None:
    # docs/voice/twiml/dial: "Calls are prioritized based on the sequence specified in the verb"
    async def story(stage: Stage) -> None:
        nouns = "<Client>nobody</Client><Number>+8610000</Number>"
        stage.app.pages = {"/voice": f'<Dial sequential="true" action="/done">{nouns}</Dial>'}
        await stage.dials()
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "failed"

    staged(story)


def test_ringing_tone_is_that_of_the_country_asked_for(staged: Staged) -> None:
    # docs/voice/twiml/dial: "Ringtone allows you to override the ringback tone that Twilio will play back to the
    # caller"
    async def story(stage: Stage) -> None:
        stage.telephone("client:a")
        stage.app.pages = {"/voice": '<Dial ringTone="uk"><Client>a</Client></Dial>'}
        caller, _ = await stage.dials()
        await stage.passes(0.2)
        assert pitches(caller.heard[-10:], 2) == [400, 450]
        await stage.passes(0.2)
        assert level_db(caller.hears_now) < -90
        await stage.passes(0.2)
        assert level_db(caller.hears_now) > -20

    staged(story)


def test_digits_are_pressed_at_the_callee_before_the_talk(staged: Staged) -> None:
    # docs/voice/twiml/number: "The `sendDigits` attribute tells Twilio to play DTMF tones when the call is answered"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial><Number sendDigits="5w6">+8699</Number></Dial>'}
        callee = stage.telephone("+8699")
        caller, _ = await stage.dials()
        callee.answer()
        await stage.passes(0.08)
        assert pitches(callee.heard[-2:], 2) == [770, 1336] or pitches(callee.heard[-2:], 2) == [768, 1336]
        caller.say(tone([600], 3))
        await stage.passes(1.5)
        assert pitches(callee.heard[-10:]) == [600]

    staged(story)


def test_parameters_of_a_client_reach_its_telephone(staged: Staged) -> None:
    # docs/voice/api/conference-participant-resource: "Custom parameters may also be specified"
    async def story(stage: Stage) -> None:
        client = '<Client><Identity>a</Identity><Parameter name="case" value="7"/></Client>'
        stage.app.pages = {"/voice": f"<Dial>{client}</Dial>"}
        agent = stage.telephone("client:a")
        await stage.dials()
        assert agent.events("ring")[0]["parameters"] == {"case": "7"}

    staged(story)


def test_sip_without_a_trunk_fails(staged: Staged) -> None:
    # docs/voice/twiml/sip: "you must specify a URI for Twilio to connect to"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial action="/done"><Sip>sip:desk@10.0.0.9</Sip></Dial>'}
        await stage.dials()
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "failed"
        phone = stage.telephone("sip:desk@10.0.0.9")
        await stage.dials("+862")
        assert phone.rings == 1

    staged(story)


def test_answer_on_bridge_leaves_the_caller_ringing_until_the_callee_answers(staged: Staged) -> None:
    # docs/voice/twiml/dial: "`answerOnBridge="true"` will cause the inbound call to ring until the dialed number
    # answers"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial answerOnBridge="true"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        caller, leg = await stage.dials()
        await stage.passes(1)
        assert not caller.events("answered")
        agent.answer()
        await stage.passes(0.1)
        assert caller.events("answered")
        assert leg.is_up

    staged(story)


def test_caller_id_replaces_the_number_of_the_caller(staged: Staged) -> None:
    # docs/voice/twiml/dial: "the dialed party sees the inbound caller's number as the caller ID"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial callerId="+8610000"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        await stage.dials()
        assert agent.events("ring")[0]["from"] == "+8610000"

    staged(story)


def test_time_limit_ends_the_talk_and_the_document_goes_on(staged: Staged) -> None:
    # docs/voice/twiml/dial: "The `timeLimit` attribute sets the maximum duration of the `<Dial>` in seconds"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial timeLimit="3"><Client>a</Client></Dial><Say>over</Say>'}
        agent = stage.telephone("client:a")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(2.9)
        assert not agent.events("ended")
        await stage.passes(0.4)
        assert agent.ended == "completed"
        assert caller.prompts == ["over"]

    staged(story)


def test_dial_of_our_own_number_reaches_its_application_with_sound_both_ways(staged: Staged) -> None:
    # docs/voice/twiml/twilio_request: "When Twilio receives a call for one of your Twilio numbers it makes a
    # synchronous HTTP request to the Voice URL"
    async def story(stage: Stage) -> None:
        answers = iter([f'<Dial action="/done">{HOSPITAL}</Dial>', '<Say>inner</Say><Gather action="/key"/>'])
        stage.app.pages = {"/voice": lambda _asked: next(answers)}
        caller, _ = await stage.dials("+861")
        await stage.passes(0.4)
        assert pitches(caller.heard[-10:]) == [700]
        outer, inner = stage.app.asked("/voice")
        assert outer["CallSid"] != inner["CallSid"]
        assert inner["From"] == "+861"
        await stage.passes(0.3)
        caller.say(key_tones("4#"))
        await stage.passes(0.8)
        assert stage.app.asked("/key")[0]["Digits"] == "4"
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "completed"
        assert not stage.context.legs.active

    staged(story)


def test_rest_call_to_our_own_number_runs_both_documents(staged: Staged) -> None:
    # docs/voice/api/call-resource: "The absolute URL that returns the TwiML instructions for the call"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": "<Say>inner</Say><Pause length='1'/>",
            "/out": '<Record maxLength="9" timeout="9"/>',
        }
        leg = await stage.calls(HOSPITAL)
        await stage.passes(0.5)
        assert leg.is_up
        assert stage.app.asked("/voice")[0]["Direction"] == "inbound"
        assert stage.app.asked("/out")[0]["Direction"] == "outbound-api"
        await stage.passes(2)
        assert leg.facts.is_over
        assert not stage.context.legs.active
        assert stage.app.asked("/calls")[0]["CallStatus"] == "completed"

    staged(story)


def test_our_own_number_that_refuses_is_busy_to_the_one_who_dialled_it(staged: Staged) -> None:
    # docs/voice/twiml/reject: "Selecting "busy" will play a busy signal to the caller"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Reject reason="busy"/>'}
        leg = await stage.calls(HOSPITAL)
        await stage.passes(0.5)
        assert str(leg.facts.status) == "busy"

    staged(story)


def test_a_number_that_dials_itself_ends_instead_of_filling_the_exchange(staged: Staged) -> None:
    # Our decision: Twilio's pages name no limit for numbers of one account that dial each other.
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f"<Dial>{HOSPITAL}</Dial>"}
        await stage.dials("+861")
        await stage.passes(3)
        assert len(stage.context.legs.past) + len(stage.context.legs.active) < 20
        await stage.passes(1)
        assert not stage.context.legs.active

    staged(story)


def test_recording_from_ringing_begins_before_the_answer_and_holds_one_side_if_asked(staged: Staged) -> None:
    # docs/voice/twiml/dial: "will start the recording when the ringing begins (before the recipient answers the call)"
    async def story(stage: Stage) -> None:
        how = 'record="record-from-ringing" recordingTrack="inbound" action="/done"'
        stage.app.pages = {"/voice": f"<Dial {how}><Client>a</Client></Dial>"}
        agent = stage.telephone("client:a")
        await stage.dials()
        await stage.passes(2)
        agent.answer()
        await stage.passes(1)
        agent.hang_up()
        await stage.passes(0.2)
        facts = stage.context.recordings.facts[stage.app.asked("/done")[0]["RecordingSid"]]
        assert 3.0 <= facts.seconds <= 3.3
        assert (facts.channels, facts.track) == (1, "inbound")

    staged(story)
