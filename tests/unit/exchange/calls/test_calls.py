"""A call's life: answering, refusing, falling back, being led elsewhere, being called by REST."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.calls.call_details import FINAL, MOVES, CallDetails, IllegalStatusChange, TwilioCallStatus
from exchange.media.audio import level_db
from exchange.media.clock import EPOCH
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import WebhookResponse
from tests.unit.exchange.stage import Stage, Story, play

Staged = Callable[[Story], None]


def test_call_is_answered_after_its_document_has_come(staged: Staged) -> None:
    # docs/voice/twiml/reject: "using <Reject> as the first verb in your response is the only way to prevent
    # Twilio from answering"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Say>hello</Say>"}
        caller, leg = await stage.dials()
        assert [event for event, _ in caller.told[:4]] == ["dialing", "ringback", "answered", "prompt"]
        asked = stage.app.asked("/voice")[0]
        assert (asked["CallStatus"], asked["Direction"]) == ("ringing", "inbound")
        assert (asked["From"], asked["To"], asked["CallSid"]) == (caller.address, "+861012345", leg.sid)
        await stage.passes(1)
        assert stage.app.asked("/status")[0]["CallStatus"] == "completed"
        assert stage.app.asked("/status")[0]["CallDuration"] == "1"

    staged(story)


@pytest.mark.parametrize(("reason", "told"), [("busy", "busy"), ("rejected", "rejected")])
def test_rejected_call_is_never_answered(staged: Staged, reason: str, told: str) -> None:
    # docs/voice/twiml/reject: "The call ends with a status of 'busy' or 'no-answer', depending on the verb's
    # 'reason' attribute"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": f'<Reject reason="{reason}"/>'}
        caller, leg = await stage.dials()
        assert caller.ended == told
        assert not caller.events("answered")
        assert leg.facts.status in (TwilioCallStatus.BUSY, TwilioCallStatus.NO_ANSWER)

    staged(story)


def test_empty_document_answers_and_hangs_up(staged: Staged) -> None:
    # docs/voice/twiml/dial: "If there is no next verb, Twilio will end the phone call"
    async def story(stage: Stage) -> None:
        caller, _ = await stage.dials()
        assert caller.ended == "completed"

    staged(story)


def test_lost_connection_is_tried_once_more_with_the_same_token(staged: Staged) -> None:
    # docs/usage/webhooks/webhooks-connection-overrides: "`I-Twilio-Idempotency-Token` ... a unique string, that
    # you can use to distinguish retry attempts"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Say>hello</Say>"}
        stage.app.failures = {"/voice": [0]}
        caller, _ = await stage.dials()
        assert caller.prompts == ["hello"]
        first, second = stage.app.requests[:2]
        assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]

    staged(story)


@pytest.mark.parametrize(("failure", "code"), [(500, "11200"), (404, "11200"), (0, "11205")])
def test_fallback_is_asked_with_the_reason_when_the_document_cannot_be_had(
    staged: Staged, failure: int, code: str
) -> None:
    # ../shared/TELEPHONY.md: "then the fallback URL with `ErrorCode`, `ErrorUrl`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/fallback": "<Say>fallback</Say>"}
        stage.app.failures = {"/voice": [failure, failure]}
        caller, _ = await stage.dials()
        asked = stage.app.asked("/fallback")[0]
        assert (asked["ErrorCode"], asked["ErrorUrl"]) == (code, "http://app.test/voice")
        assert caller.prompts == ["fallback"]

    staged(story)


def test_caller_hears_an_apology_when_the_fallback_fails_too(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "without one, an error is spoken"
    async def story(stage: Stage) -> None:
        stage.app.failures = {"/voice": [500] * 2, "/fallback": [500] * 2}
        caller, _ = await stage.dials()
        await stage.passes(2)
        assert len(caller.prompts) == 2
        assert "sorry" in caller.prompts[1]
        assert caller.ended == "completed"

    staged(story)


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (WebhookResponse(200, {"Content-Type": "text/xml"}, b"<Response><Say>"), "12100"),
        (WebhookResponse(200, {"Content-Type": "text/xml"}, b"<Html/>"), "12102"),
        (WebhookResponse(200, {"Content-Type": "text/xml"}, b"<Response>\n<Sing/></Response>"), "12100"),
        (WebhookResponse(200, {"Content-Type": "application/json"}, b"{}"), "12300"),
        (WebhookResponse(200, {"Content-Type": "text/xml"}, b" " * 70_000), "11750"),
    ],
)
def test_document_that_cannot_be_read_leads_to_the_fallback(
    staged: Staged, response: WebhookResponse, code: str
) -> None:
    # docs/voice/api/call-resource: "The URL that we call using the `fallback_method` if an error occurs when
    # requesting or executing the TwiML"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": response, "/fallback": "<Say>fallback</Say>"}
        caller, _ = await stage.dials()
        assert stage.app.asked("/fallback")[0]["ErrorCode"] == code
        assert caller.prompts == ["fallback"]

    staged(story)


def test_documents_that_lead_in_a_circle_end_at_the_fallback(staged: Staged) -> None:
    # docs/voice/twiml/record: "This can lead to unwanted looping behavior if you're not careful"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Redirect>/voice</Redirect>", "/fallback": "<Say>fallback</Say>"}
        caller, _ = await stage.dials()
        await stage.passes(1)
        assert caller.prompts == ["fallback"]
        assert len(stage.app.asked("/voice")) < 100

    staged(story)


def test_plain_text_is_said_and_html_is_read_as_a_document(staged: Staged) -> None:
    # docs/voice/twiml: "Twilio reads the content of the text out loud to the caller, and then hangs up"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": WebhookResponse(
                200, {"Content-Type": "text/html"}, b"<Response><Redirect>t</Redirect></Response>"
            ),
            "/t": WebhookResponse(200, {"Content-Type": "text/plain; charset=utf-8"}, "你好".encode()),
        }
        caller, _ = await stage.dials()
        assert caller.prompts == ["你好"]

    staged(story)


def test_plain_text_that_is_a_document_is_followed(staged: Staged) -> None:
    # docs/voice/twiml: "If the response is valid TwiML, we will execute the provided instructions"
    async def story(stage: Stage) -> None:
        text = b"<Response><Say>followed</Say></Response>"
        stage.app.pages = {"/voice": WebhookResponse(200, {"Content-Type": "text/plain"}, text)}
        caller, _ = await stage.dials()
        assert caller.prompts == ["followed"]

    staged(story)


def test_http_redirects_are_followed_and_cookies_are_kept_for_the_call(staged: Staged) -> None:
    # docs/voice/twiml: "Twilio accepts HTTP cookies and will include them in each request, just like a normal web
    # browser"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": WebhookResponse(302, {"Location": "/moved"}, cookies=("visit=7; Path=/",)),
            "/moved": "<Redirect>/third</Redirect>",
        }
        await stage.dials()
        moved, third = (each for each in stage.app.requests if each.url.endswith(("moved", "third")))
        assert (moved.method, moved.headers["Cookie"]) == ("GET", "visit=7")
        assert third.headers["Cookie"] == "visit=7"

    staged(story)


def test_called_by_rest_reports_every_step_in_order(staged: Staged) -> None:
    # docs/voice/twiml/sip: "The order in which the events were fired, starting from `0`"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/out": "<Say>hello</Say>"}
        agent = stage.telephone("client:a")
        await stage.calls("client:a", events="initiated ringing answered completed")
        await stage.passes(6)
        assert agent.rings == 2
        agent.answer()
        await stage.passes(2)
        told = stage.app.asked("/calls")
        assert [p["CallStatus"] for p in told] == ["initiated", "ringing", "in-progress", "completed"]
        assert [p["SequenceNumber"] for p in told] == ["0", "1", "2", "3"]
        assert stage.app.asked("/out")[0]["Direction"] == "outbound-api"
        assert agent.prompts == ["hello"]

    staged(story)


def test_telephone_that_is_not_answered_in_time_stops_ringing(staged: Staged) -> None:
    # docs/voice/api/call-resource: "seconds that we should allow the phone to ring before assuming there is no answer"
    async def story(stage: Stage) -> None:
        agent = stage.telephone("client:a")
        leg = await stage.calls("client:a", "<Say>x</Say>", seconds=10)
        await stage.passes(10)
        assert (agent.rings, agent.ended, leg.facts.status) == (2, "no-answer", "no-answer")
        assert [p["CallStatus"] for p in stage.app.asked("/calls")] == ["no-answer"]

    staged(story)


def test_led_elsewhere_twice_at_once_follows_the_last_document_only(staged: Staged) -> None:
    # docs/voice/twiml/redirect: "Transfers control of a call to the TwiML at a different URL"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Say loop="0">endless</Say>'}
        caller, leg = await stage.dials()
        await stage.passes(1)
        stage.switch.redirect(leg, _say("first"))
        stage.switch.redirect(leg, _say("second"))
        await stage.passes(0.1)
        assert caller.prompts == ["endless", "second"]
        assert level_db(caller.hears_now) > -20
        await stage.passes(1)
        assert caller.ended == "completed"

    staged(story)


def test_hang_up_while_the_application_thinks_ends_the_call(staged: Staged) -> None:
    # docs/voice/twiml: "`no-answer`: The call ended without being answered"
    async def story(stage: Stage) -> None:
        caller = stage.telephone("+86138")
        leg = stage.switch.inbound(caller, "+861012345")
        assert leg
        caller.hang_up()
        await stage.passes(0.1)
        assert leg.facts.status is TwilioCallStatus.NO_ANSWER
        assert not stage.context.legs.active

    staged(story)


def test_calls_of_a_killed_exchange_get_their_final_status(tmp_path: Path) -> None:
    # ../shared/TELEPHONY.md: "completed (any terminal status: completed, busy, no-answer, canceled, failed)"
    async def before(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Pause length="60"/>'}
        await stage.dials()
        left.append((tmp_path / "calls.jsonl").read_text(encoding="utf-8") + '{"sid": "cut sho')

    async def after(stage: Stage) -> None:
        stage.context.legs.restore(stage.journal.known())
        await stage.settles()
        told = stage.app.asked("/status")
        assert [p["CallStatus"] for p in told] == ["failed"]
        assert stage.context.legs.facts(told[0]["CallSid"])

    left: list[str] = []
    play(before, tmp_path)
    (tmp_path / "calls.jsonl").write_text(left[0], encoding="utf-8")
    play(after, tmp_path)


@pytest.mark.parametrize("old", list(TwilioCallStatus))
@pytest.mark.parametrize("new", list(TwilioCallStatus))
def test_status_moves_are_those_of_the_table_and_no_others(old: TwilioCallStatus, new: TwilioCallStatus) -> None:
    # ../shared/TELEPHONY.md: "initiated → ringing → answered (sent as CallStatus `in-progress`) → completed"
    facts = CallDetails("CA", "AC", "a", "b", "inbound", EPOCH, status=old)
    if new in MOVES[old]:
        facts.move(new, EPOCH)
        assert facts.status is new
    else:
        with pytest.raises(IllegalStatusChange):
            facts.move(new, EPOCH)
    assert facts.is_over == (facts.status in FINAL)


def _say(text: str) -> tuple[Element, ...]:
    return (Element("Say", {}, text),)
