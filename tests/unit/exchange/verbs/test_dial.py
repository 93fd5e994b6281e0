"""Dial to people: rings, time-outs, the first who answers, and what everybody is told."""

from collections.abc import Callable

import pytest

from exchange.media.audio import level_db
from exchange.media.tones import tone
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]
EVENTS = "initiated ringing answered completed"
AGENT = f'<Client statusCallback="{SITE}/agent" statusCallbackEvent="{EVENTS}">zhang</Client>'


def statuses(stage: Stage, path: str) -> list[str]:
    return [params["CallStatus"] for params in stage.app.asked(path)]


def test_telephone_rings_at_once_and_with_every_cycle_until_the_time_out(staged: Staged) -> None:
    # docs/voice/twiml/dial: "how long to let the call ring before giving up and setting `no-answer` as the
    # `DialCallStatus`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Dial timeout="15" action="/done">{AGENT}</Dial>'}
        agent = stage.telephone("client:zhang")
        await stage.dials()
        assert agent.rings == 1
        await stage.passes(5)
        assert agent.rings == 2
        await stage.passes(9.5)
        assert agent.rings == 3
        assert not agent.events("ended")
        await stage.passes(1)
        assert agent.rings == 3
        assert agent.ended == "no-answer"
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "no-answer"
        assert statuses(stage, "/agent") == ["initiated", "ringing", "no-answer"]

    staged(story)


def test_caller_hears_the_cadence_of_the_country_while_it_rings(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "Rings: China 450 Hz 1 s on, 4 s off"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f"<Dial>{AGENT}</Dial>"}
        stage.telephone("client:zhang")
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        assert level_db(caller.hears_now) > -20
        await stage.passes(1)
        assert level_db(caller.hears_now) < -90

    staged(story)


def test_both_hear_each_other_and_the_action_is_told_how_long(staged: Staged) -> None:
    # docs/voice/twiml/dial: "DialCallDuration: The duration in seconds of the dialed call"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Dial action="/done">{AGENT}</Dial>', "/done": "<Say>bye</Say>"}
        agent = stage.telephone("client:zhang")
        caller, _ = await stage.dials()
        agent.answer()
        await stage.passes(0.5)
        caller.say(tone([600], 0.5))
        agent.say(tone([900], 0.5))
        await stage.passes(0.3)
        assert level_db(caller.hears_now) > -20
        assert level_db(agent.hears_now) > -20
        await stage.passes(9.2)
        agent.hang_up()
        await stage.passes(0.1)
        done = stage.app.asked("/done")[0]
        assert done["DialCallStatus"] == "completed"
        assert done["DialCallDuration"] == "10"
        assert done["DialBridged"] == "true"
        assert caller.prompts == ["bye"]
        agents = stage.app.asked("/agent")
        assert [params["CallStatus"] for params in agents] == ["initiated", "ringing", "in-progress", "completed"]
        assert [params["SequenceNumber"] for params in agents] == ["0", "1", "2", "3"]
        assert agents[-1]["CallDuration"] == "10"
        assert agents[-1]["ParentCallSid"] == stage.app.asked("/voice")[0]["CallSid"]

    staged(story)


def test_first_who_answers_talks_and_the_others_stop_ringing(staged: Staged) -> None:
    # docs/voice/twiml/client: "The first client to accept ... is connected to the call and the other connection
    # attempts are canceled"
    async def story(stage: Stage) -> None:
        nouns = "".join(f"<Client>{name}</Client>" for name in ("a", "b", "c"))
        stage.app.pages = {"/voice": f"<Dial>{nouns}</Dial>"}
        phones = [stage.telephone(f"client:{name}") for name in ("a", "b", "c")]
        caller, _ = await stage.dials()
        assert [phone.rings for phone in phones] == [1, 1, 1]
        phones[1].answer()
        await stage.passes(0.1)
        assert [phone.ended for phone in phones] == ["canceled", "", "canceled"]
        caller.hang_up()
        await stage.passes(0.1)
        assert phones[1].ended == "completed"

    staged(story)


def test_one_who_refuses_does_not_stop_the_others_from_ringing(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "one rejection that drops every other ringing phone"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Dial><Client>a</Client><Client>b</Client></Dial>"}
        first, second = stage.telephone("client:a"), stage.telephone("client:b")
        await stage.dials()
        assert first.answerer
        first.answerer.on_refuse(is_busy=False)
        await stage.passes(6)
        assert first.ended == "rejected"
        assert second.rings == 2

    staged(story)


def test_caller_who_hangs_up_stops_the_ringing_at_once_and_the_action_is_told(staged: Staged) -> None:
    # docs/voice/twiml/sip: "regardless of the termination status: `busy`, `canceled`, `completed`, `failed`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Dial action="/done">{AGENT}</Dial>'}
        agent = stage.telephone("client:zhang")
        caller, _ = await stage.dials()
        caller.hang_up()
        await stage.settles()
        assert agent.ended == "canceled"
        await stage.passes(0.1)
        assert statuses(stage, "/agent")[-1] == "canceled"
        assert stage.app.asked("/done")[0]["CallStatus"] == "completed"
        assert statuses(stage, "/status") == ["completed"]

    staged(story)


@pytest.mark.parametrize(
    ("to", "status"), [("<Client>nobody</Client>", "no-answer"), ("<Number>+8610000</Number>", "failed")]
)
def test_somebody_without_a_telephone_ends_the_dial_at_once(staged: Staged, to: str, status: str) -> None:
    # docs/voice/twiml/dial: "Twilio was unable to route to the given phone number"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Dial action="/done">{to}</Dial>'}
        await stage.dials()
        assert stage.app.asked("/done")[0]["DialCallStatus"] == status

    staged(story)


def test_second_call_to_a_busy_telephone_leaves_the_first_untouched(staged: Staged) -> None:
    # docs/voice/twiml/dial: "Twilio received a busy signal when trying to connect to the called party"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial action="/done"><Client>a</Client></Dial>'}
        agent = stage.telephone("client:a")
        await stage.dials()
        agent.answer()
        await stage.passes(0.1)
        await stage.dials("+8613800000002")
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "busy"
        assert agent.answerer
        agent.hang_up()
        await stage.passes(0.1)
        assert stage.app.asked("/done")[1]["DialCallStatus"] == "completed"

    staged(story)
