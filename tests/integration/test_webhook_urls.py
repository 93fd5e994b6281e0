"""Every address that is handed out is a webhook of the voice app."""

import inspect
from collections.abc import Callable

import pytest

from hotline.context import AppContext
from telephony import webhook_urls
from telephony.provider import connect
from voice import app as voice

SAMPLES: dict[str, object] = {"number": 1, "attempt": 1, "checks": 1, "step": "choose", "where": "queue"}
BUILDERS = [
    function
    for name, function in inspect.getmembers(webhook_urls, inspect.isfunction)
    if not name.startswith("_") and name != "absolute" and function.__module__ == webhook_urls.__name__
]
CONSTANTS = [webhook_urls.INCOMING_CALL, webhook_urls.CALL_STATUS, webhook_urls.FALLBACK, webhook_urls.MISSED_PATIENT]


def sample(builder: Callable[..., str]) -> str:
    """An address of this webhook."""
    return builder(**{name: SAMPLES.get(name, "x1") for name in inspect.signature(builder).parameters})


def test_every_address_leads_to_a_webhook_of_its_own(context: AppContext) -> None:
    provider = connect(context.settings)
    routes = voice.create(context, provider).url_map.bind("voice.test")
    provider.close()
    endpoints = []
    for address in (*CONSTANTS, *map(sample, BUILDERS)):
        path, _, _query = address.partition("?")
        method = "GET" if path.endswith(".wav") else "POST"
        endpoints.append(routes.match(path, method=method)[0])
    assert len(set(endpoints)) == len(endpoints)


@pytest.mark.parametrize("address", ["/voice/calls", "/voice/calls/status", "/voice/fallback"])
def test_what_a_hospital_has_typed_in_stays(address: str) -> None:
    assert address in CONSTANTS


def test_an_address_from_outside_has_one_slash_between() -> None:
    assert (
        webhook_urls.absolute("https://voice.test/", webhook_urls.wait("c")) == "https://voice.test/voice/calls/c/wait"
    )
