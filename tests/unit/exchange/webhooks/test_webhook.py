"""What the exchange sends to applications: signatures, order, tokens, time."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from exchange.core.config import WebhookLimits
from exchange.core.errors import WebhookError
from exchange.webhooks.overrides import split
from exchange.webhooks.webhook import BAD_URL, WebhookClient, WebhookRequest, WebhookResponse, WebhookTarget, signature
from tests.unit.exchange.stage import SITE, App

LIMITS = WebhookLimits()
words = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=12)


@given(params=st.dictionaries(words.filter(bool), words, max_size=6))
def test_signature_is_the_one_that_twilios_own_library_accepts(params: dict[str, str]) -> None:
    # ../shared/TELEPHONY.md: "full URL + sorted parameter names each followed by its value(s), HMAC-SHA1 with the
    # auth token, base64"
    url = "https://hotline.example/voice?token=1&x=%E4%BD%A0"
    assert RequestValidator("secret").validate(url, params, signature("secret", url, params))


def test_get_request_carries_its_parameters_in_the_signed_address() -> None:
    # docs/voice/twiml/twilio_request: "Twilio sends the following parameters ... as POST parameters or URL query
    # parameters"
    async def story(app: App, webhooks: WebhookClient) -> None:
        await webhooks.ask(WebhookTarget(f"{SITE}/a?x=1", "GET"), {"Digits": "1#"})
        request = app.requests[0]
        assert dict(parse_qsl(urlsplit(request.url).query)) == {"x": "1", "Digits": "1#"}
        assert RequestValidator("token").validate(request.url, {}, request.headers["X-Twilio-Signature"])

    tell(story)


def test_callbacks_of_one_call_arrive_in_order_even_if_the_first_is_slow() -> None:
    # docs/voice/twiml/sip: "Although events are fired in order ... there is no guarantee they will arrive in the
    # same order"
    async def story(app: App, webhooks: WebhookClient) -> None:
        webhooks.report("CA1", WebhookTarget(f"{SITE}/slow"), {"n": "1"})
        webhooks.report("CA1", WebhookTarget(f"{SITE}/s"), {"n": "2"})
        webhooks.report("CA2", WebhookTarget(f"{SITE}/s"), {"n": "3"})
        await webhooks.drain(5)
        assert [request.params["n"] for request in app.requests] == ["1", "3", "2"]

    tell(story, Slow())


def test_callback_that_fails_does_not_stop_the_next() -> None:
    # Our decision: callbacks of one call keep their order, and one that fails is not waited for.
    async def story(app: App, webhooks: WebhookClient) -> None:
        app.failures = {"/bad": [500, 500]}
        webhooks.report("CA1", WebhookTarget(f"{SITE}/bad"), {})
        webhooks.report("CA1", WebhookTarget(f"{SITE}/good"), {})
        await webhooks.drain(5)
        assert [urlsplit(request.url).path for request in app.requests] == ["/bad", "/good"]

    tell(story)


def test_refusal_by_the_application_is_not_repeated() -> None:
    # docs/usage/webhooks/webhooks-connection-overrides: "`ct` retries on TCP connect or TLS handshake failure"
    async def story(app: App, webhooks: WebhookClient) -> None:
        app.failures = {"/a": [403, 200]}
        with pytest.raises(WebhookError) as caught:
            await webhooks.ask(WebhookTarget(f"{SITE}/a"), {})
        assert (caught.value.code, len(app.requests)) == (11200, 1)

    tell(story)


def test_more_than_ten_redirects_are_an_error() -> None:
    # docs/voice/twiml: "Twilio supports a maximum of 10 redirects before failing the request with error code 11215"
    async def story(app: App, webhooks: WebhookClient) -> None:
        app.pages = {"/a": WebhookResponse(307, {"Location": "/a"})}
        with pytest.raises(WebhookError) as caught:
            await webhooks.ask(WebhookTarget(f"{SITE}/a"), {})
        assert (caught.value.code, len(app.requests)) == (11215, 11)

    tell(story)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x", "voice", "http://[", "http://"])
def test_only_http_addresses_are_asked(url: str) -> None:
    # ../shared/TELEPHONY.md: "Errors: 11200 retrieval, 11205 connection, 11215 redirects"
    async def story(app: App, webhooks: WebhookClient) -> None:
        with pytest.raises(WebhookError) as caught:
            await webhooks.ask(WebhookTarget(url), {})
        assert caught.value.code == BAD_URL
        assert not app.requests

    tell(story)


@pytest.mark.parametrize(
    ("fragment", "failures", "tries"),
    [
        ("", [0, 200], 2),
        ("", [500, 200], 1),
        ("#rp=5xx", [500, 200], 2),
        ("#rp=all&rc=3", [0, 404, 500, 200], 4),
        ("#rc=0", [0, 200], 1),
        ("#rc=nonsense&rp=never&x", [0, 200], 2),
    ],
)
def test_fragment_of_an_address_says_what_is_tried_again(fragment: str, failures: list[int], tries: int) -> None:
    # docs/usage/webhooks/webhooks-connection-overrides: "Connection overrides will be passed on a per webhook URL
    # basis in the form of "fragments""
    async def story(app: App, webhooks: WebhookClient) -> None:
        app.failures = {"/a": failures}
        with contextlib.suppress(WebhookError):
            await webhooks.ask(WebhookTarget(f"{SITE}/a{fragment}"), {"x": "1"})
        assert len(app.requests) == tries
        last = app.requests[-1]
        assert last.url == f"{SITE}/a"
        assert last.headers["X-Twilio-Signature"] == signature("token", f"{SITE}/a", {"x": "1"})
        assert len({each.headers["I-Twilio-Idempotency-Token"] for each in app.requests}) == 1

    tell(story)


def test_fragment_of_an_address_sets_its_time_limits() -> None:
    # docs/usage/webhooks/webhooks-connection-overrides: "Connection timeout (time to wait for a connection to be
    # established) of one second and a Read timeout ... of one second"
    assert split("http://a/b?c=1#ct=1000&rt=1&tt=99999", LIMITS) == (
        "http://a/b?c=1",
        WebhookLimits(1.0, 0.1, 15.0),
    )


class Slow(App):
    """Takes its time for one of its pages."""

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        response = await super().send(request)
        for _ in range(50 if request.url.endswith("/slow") else 0):
            await asyncio.sleep(0)
        return response


def tell(story: Callable[[App, WebhookClient], Coroutine[Any, Any, None]], app: App | None = None) -> None:
    """Run a story with an application and what asks it."""
    used = app or App()
    asyncio.run(story(used, WebhookClient(used, LIMITS, "token")))
