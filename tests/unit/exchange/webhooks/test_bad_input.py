"""Bad input: each fault of an application gets Twilio's answer, one line in the log, and harms no other call."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from exchange.core.config import WebhookLimits
from exchange.core.errors import WebhookError
from exchange.media.tones import tone
from exchange.webhooks.webhook import WebhookClient, WebhookRequest, WebhookResponse
from tests.unit.exchange.stage import HOSPITAL, SITE, Stage, Story

Staged = Callable[[Story], None]
XML = {"Content-Type": "text/xml"}


def page(body: bytes, kind: str = "text/xml") -> WebhookResponse:
    return WebhookResponse(200, {"Content-Type": kind}, body, f"{SITE}/voice")


FAULTS = {
    # docs/api/errors: 12100 "Document parse failure", 12102 "Attribute or root invalid", 12300 "Invalid Content-Type",
    # 11750 "TwiML response body too large", 11200 "HTTP retrieval failure", 11215 "HTTP too many redirects"
    "no XML": (page(b"Traceback (most recent call last)"), 12100),
    "XML cut short": (page(b"<Response><Say>hello"), 12100),
    "not UTF-8": (page(b'<?xml version="1.0" encoding="utf-8"?><Response><Say>\xff\xfe</Say></Response>'), 12100),
    "entities that grow": (page(b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Response><Say>&a;</Say></Response>'), 12100),
    "empty": (page(b""), 12100),
    "wrong root": (page(b"<html><body>Sign in</body></html>"), 12102),
    "wrong content type": (page(b"<Response/>", "application/json"), 12300),
    "too large": (page(b"<Response><Say>" + b"a" * 70_000 + b"</Say></Response>"), 11750),
    "unknown verb": (page(b"<Response><Sing/></Response>"), 12100),
    "not found": (WebhookResponse(404, {}, b"", f"{SITE}/voice"), 11200),
    "redirect loop": (WebhookResponse(302, {"Location": "/voice"}, b"", f"{SITE}/voice"), 11215),
}


@pytest.mark.parametrize(("answer", "code"), FAULTS.values(), ids=list(FAULTS))
def test_document_that_cannot_be_followed(staged: Staged, answer: WebhookResponse, code: int) -> None:
    # ../shared/TELEPHONY.md: "12100 parse, 12300 content type"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Gather timeout="9" action="/key"/>', "/fallback": "<Say>fallback</Say>"}
        other, _ = await stage.dials("+862")
        stage.app.pages["/voice"] = answer
        with capture_logs() as lines:
            caller, leg = await stage.dials("+861")
        assert [line["code"] for line in lines if line["log_level"] in ("warning", "error")] == [code]
        assert lines[0]["call_id"] == leg.sid
        asked = stage.app.asked("/fallback")[0]
        assert (asked["ErrorCode"], asked["ErrorUrl"]) == (str(code), f"{SITE}/voice")
        assert caller.prompts == ["fallback"]
        assert other.answerer
        assert not other.prompts

    staged(story)


def test_documents_that_lead_in_a_circle_end_with_the_fallback(staged: Staged) -> None:
    # docs/voice/api/call-resource: "The URL that we call using the `fallback_method` if an error occurs"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Redirect>/voice</Redirect>", "/fallback": "<Say>fallback</Say>"}
        with capture_logs() as lines:
            caller, _ = await stage.dials("+861")
            await stage.passes(1)
        assert [line["code"] for line in lines] == [12400]
        assert caller.prompts == ["fallback"]
        assert len(stage.app.asked("/voice")) <= 51

    staged(story)


def test_application_that_hangs_is_left_for_the_fallback(staged: Staged) -> None:
    # docs/usage/webhooks/webhooks-connection-overrides: "The total time allowed for all timeouts including retries"
    class Hanging:
        def __init__(self) -> None:
            self.tries = 0

        async def send(self, request: WebhookRequest) -> WebhookResponse:
            if request.url.endswith("/voice"):
                self.tries += 1
                raise WebhookError(11200, "no answer in time", request.url)
            return WebhookResponse(200, XML, b"<Response><Say>fallback</Say></Response>", request.url)

    async def story(stage: Stage) -> None:
        hanging = Hanging()
        stage.context.webhooks = WebhookClient(hanging, WebhookLimits(), "token")
        with capture_logs() as lines:
            caller, _ = await stage.dials("+861")
        assert hanging.tries == 1
        assert [line["code"] for line in lines if line["log_level"] == "warning"] == [11200]
        assert caller.prompts == ["fallback"]

    staged(story)


def test_without_a_fallback_the_caller_hears_an_apology_and_is_hung_up(staged: Staged) -> None:
    # ../shared/TELEPHONY.md: "then the fallback URL ...; without one, an error is spoken"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": page(b"broken"), "/fallback": page(b"broken too")}
        caller, _ = await stage.dials("+861")
        await stage.passes(1.5)
        assert len(caller.prompts) == 2
        assert caller.ended == "completed"

    staged(story)


def test_bad_callback_and_action_addresses_do_not_end_the_call(staged: Staged) -> None:
    # Our decision: no page says it. docs/api/errors/11100 only names the fault, "Invalid URL format"
    async def story(stage: Stage) -> None:
        bad = '<Dial><Client statusCallback="::::" url="">a</Client></Dial><Say>on</Say>'
        stage.app.pages = {"/voice": bad}
        stage.telephone("client:a")
        caller, _ = await stage.dials("+861")
        agent = stage.telephones["client:a"]
        assert agent.answerer
        agent.answerer.on_refuse(is_busy=True)
        await stage.passes(0.3)
        assert caller.prompts == ["on"]

    staged(story)


def test_one_call_among_many_is_untouched_by_the_faults_of_all_others(staged: Staged) -> None:
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": "<Dial><Client>a</Client></Dial>"}
        agent = stage.telephone("client:a")
        caller, leg = await stage.dials("+861")
        agent.answer()
        await stage.passes(0.2)
        for at, (answer, _) in enumerate(FAULTS.values()):
            stage.app.pages["/voice"] = answer
            await stage.dials(f"+8699{at}")
        agent.say(tone([700], 5))
        await stage.passes(1)
        loud = [frame for frame in caller.heard[-45:] if any(frame)]
        assert len(loud) == 45
        assert leg.is_up
        assert HOSPITAL in stage.app.asked("/fallback")[0]["To"]

    staged(story)
