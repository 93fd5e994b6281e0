"""Waiting in a queue: what is asked and told, and every way out of it."""

from collections.abc import Callable

import pytest

from exchange.media.audio import level_db
from exchange.media.tones import tone
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]
WAIT = '<Enqueue waitUrl="/wait" action="/left">desk</Enqueue><Say>after</Say>'


def test_wait_address_is_told_the_place_and_asked_again_whenever_it_runs_out(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "Once the TwiML document located at the `waitUrl` runs out of verbs to execute,
    # Twilio re-requests the `waitUrl`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": '<Say>wait</Say><Pause length="3"/>'}
        await stage.dials()
        await stage.dials("+8613800000002")
        await stage.passes(4)
        asked = [p for p in stage.app.asked("/wait") if p["From"] == "+8613800000002"]
        assert len(asked) == 2
        assert [p["QueuePosition"] for p in asked] == ["2", "2"]
        assert asked[0]["CurrentQueueSize"] == "2"
        assert asked[1]["QueueTime"] == "3"
        assert {"QueueSid", "AvgQueueTime", "MaxQueueSize"} <= set(asked[0])

    staged(story)


def test_empty_wait_document_is_not_asked_more_than_once_a_second(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "This loops the hold music indefinitely"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT}
        await stage.dials()
        await stage.passes(5)
        assert 4 <= len(stage.app.asked("/wait")) <= 6

    staged(story)


@pytest.mark.parametrize(("wait", "failures"), [("", [500, 500]), ("<Dial>1</Dial>", []), ("<Say>", [])])
def test_wait_document_that_cannot_be_followed_ends_the_waiting(staged: Staged, wait: str, failures: list[int]) -> None:
    # docs/voice/twiml/enqueue: QueueResult `error`, "an error, either in the <Enqueue> verb itself or in the TwiML
    # retrieved from a waitUrl"; Dial is none of the verbs "supported in the TwiML document located at the waitUrl"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": wait, "/left": "<Say>left</Say>"}
        stage.app.failures = {"/wait": failures}
        caller, _ = await stage.dials()
        await stage.passes(0.3)
        assert stage.app.asked("/left")[0]["QueueResult"] == "error"
        assert caller.prompts == ["left"]

    staged(story)


def test_without_a_wait_address_there_is_music(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "If no `waitUrl` is specified, Twilio will use its own default classical playlist"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Enqueue>desk</Enqueue>"}
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        assert level_db(caller.hears_now) > -40

    staged(story)


def test_leave_goes_to_the_action(staged: Staged) -> None:
    # docs/voice/twiml/leave: "the caller exits the queue and execution continues with the next verb after the
    # original <Enqueue>"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Leave/>", "/left": "<Say>left</Say>"}
        caller, _ = await stage.dials()
        assert stage.app.asked("/left")[0]["QueueResult"] == "leave"
        await stage.passes(0.1)
        assert caller.prompts == ["left"]

    staged(story)


def test_without_action_the_document_goes_on_below(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "If no `action` is provided, Twilio will fall through to the next verb in the
    # document, if any"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": '<Enqueue waitUrl="/wait">desk</Enqueue><Say>after</Say>',
            "/wait": "<Leave/>",
        }
        caller, _ = await stage.dials()
        assert caller.prompts == ["after"]

    staged(story)


def test_caller_who_hangs_up_is_out_of_the_queue_and_the_action_is_told(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "The enqueued caller hung up before connecting to a dequeued call"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": '<Pause length="60"/>'}
        caller, _ = await stage.dials()
        await stage.passes(7)
        caller.hang_up()
        await stage.passes(0.1)
        left = stage.app.asked("/left")[0]
        assert (left["QueueResult"], left["QueueTime"], left["CallStatus"]) == ("hangup", "7", "completed")
        queue = stage.context.queues.named("desk")
        assert queue
        assert not queue.members

    staged(story)


def test_caller_led_elsewhere_leaves_the_queue_and_follows_the_new_document_alone(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "the call was redirected out of the queue, typically by a REST API request"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": '<Pause length="60"/>', "/left": "<Say>wrong</Say>"}
        caller, leg = await stage.dials()
        await stage.redirects(leg, '<Say>right</Say><Pause length="5"/>')
        assert stage.app.asked("/left")[0]["QueueResult"] == "redirected"
        await stage.passes(3)
        assert caller.prompts == ["right"]

    staged(story)


def test_full_queue_sends_the_caller_to_the_action(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "The targeted queue was full, thus the enqueue attempt was rejected"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": '<Pause length="60"/>'}
        stage.context.queues.open("desk", max_size=1)
        await stage.dials()
        await stage.dials("+8613800000002")
        assert stage.app.asked("/left")[0]["QueueResult"] == "queue-full"

    staged(story)


def test_dialling_the_queue_connects_the_first_in_turn_and_the_action_comes_after_the_talk(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "the action URL is hit once when the bridged parties disconnect"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Say>wait</Say>", "/calls": ""}
        first, _ = await stage.dials()
        second, _ = await stage.dials("+8613800000002")
        agent = stage.telephone("client:a")
        await stage.calls("client:a", "<Dial><Queue>desk</Queue></Dial>")
        agent.answer()
        await stage.passes(2)
        agent.say(tone([900], 0.5))
        await stage.passes(0.2)
        assert level_db(first.hears_now) > -20
        assert not stage.app.asked("/left")
        agent.hang_up()
        await stage.passes(0.1)
        assert [p["QueueResult"] for p in stage.app.asked("/left")] == ["bridged"]
        assert stage.app.asked("/left")[0]["QueueTime"] == "0"
        assert not second.ended

    staged(story)


def test_dialling_an_empty_queue_waits_for_somebody(staged: Staged) -> None:
    # docs/voice/twiml/queue: "If the queue is empty, Dial will wait until the next person joins the queue"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Say>wait</Say>"}
        agent = stage.telephone("client:a")
        stage.context.queues.open("desk")
        await stage.calls("client:a", "<Dial><Queue>desk</Queue></Dial>")
        agent.answer()
        await stage.passes(3)
        caller, _ = await stage.dials()
        await stage.passes(0.2)
        caller.say(tone([600], 0.5))
        await stage.passes(0.2)
        assert level_db(agent.hears_now) > -20

    staged(story)


def test_two_who_dial_the_queue_get_two_callers(staged: Staged) -> None:
    # docs/voice/twiml/queue: "the caller will be connected with the first enqueued call in the specified queue"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Say>wait</Say>"}
        agents = [stage.telephone(f"client:{name}") for name in "ab"]
        stage.context.queues.open("desk")
        for agent in agents:
            await stage.calls(agent.address, "<Dial><Queue>desk</Queue></Dial>")
            agent.answer()
        await stage.passes(0.5)
        callers = [(await stage.dials(f"+861380000000{n}"))[0] for n in (1, 2)]
        await stage.passes(0.2)
        for caller, agent, pitch in zip(callers, agents, (600, 900), strict=True):
            caller.say(tone([pitch], 0.2))
            await stage.passes(0.15)
            assert level_db(agent.hears_now) > -20
            await stage.passes(0.5)

    staged(story)


def test_dialling_a_queue_that_nobody_made_fails(staged: Staged) -> None:
    # docs/voice/twiml/queue: "If the queue does not exist, Dial will post an error status to its action URL"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Dial action="/done"><Queue>desk</Queue></Dial>'}
        await stage.dials()
        assert stage.app.asked("/done")[0]["DialCallStatus"] == "failed"

    staged(story)


def test_document_for_the_one_who_waited_is_told_the_queue_and_who_fetches(staged: Staged) -> None:
    # docs/voice/twiml/queue: "DequeingCallSid: The CallSid of the call dequeuing the caller"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Say>wait</Say>", "/soon": "<Say>soon</Say>"}
        caller, waiting = await stage.dials()
        await stage.passes(4)
        agent = stage.telephone("client:a")
        leg = await stage.calls("client:a", f'<Dial action="{SITE}/done"><Queue url="{SITE}/soon">desk</Queue></Dial>')
        agent.answer()
        await stage.passes(1)
        told = stage.app.asked("/soon")[0]
        assert (told["CallSid"], told["DequeingCallSid"], told["QueueTime"]) == (waiting.sid, leg.sid, "4")
        assert caller.prompts[-1] == "soon"
        caller.hang_up()
        await stage.passes(0.1)
        assert stage.app.asked("/done")[0]["QueueSid"] == told["QueueSid"]

    staged(story)


def test_average_time_is_that_of_those_who_wait_now(staged: Staged) -> None:
    # docs/voice/twiml/enqueue: "An average of how long the current enqueued callers have been in the queue in seconds"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": WAIT, "/wait": "<Pause/>"}
        await stage.dials()
        await stage.passes(6)
        await stage.dials("+8613800000002")
        await stage.passes(2)
        assert stage.app.asked("/wait")[-1]["AvgQueueTime"] in ("5", "4")

    staged(story)
