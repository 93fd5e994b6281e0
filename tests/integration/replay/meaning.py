"""What an answer has a line do, in words that survive renamed addresses, new ids and other sounds."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from flask import Flask
from werkzeug.test import TestResponse

# The function of each webhook, by its endpoint: a webhook with another address or name keeps its meaning here.
MEANINGS = {
    "ivr.incoming_call": "a call comes in",
    "ivr.next_turn": "the next turn of the call",
    "waiting.wait": "what is heard while waiting",
    "waiting.queue_left": "the queue was left",
    "waiting.conference_left": "the conference was left",
    "waiting.rated": "a rating",
    "waiting.requeued": "back to the queue",
    "waiting.callback_turn": "the dialogue about a callback",
    "waiting.overflow": "overflow",
    "waiting.forwarded": "the forwarded line is over",
    "waiting.callback_answered": "a callback was picked up",
    "waiting.callback_joined": "a callback goes on to the queue",
    "waiting.callback_status": "status of a callback",
    "ivr.status": "status of a call",
    "ivr.fallback": "fallback",
    "ivr.prompt": "music",
    "routing.answer": "an agent picked up",
    "routing.status": "status of an agent's line",
    "routing.done": "the agent left the conference",
    "routing.connect": "to the agent",
    "routing.events": "events of the conference",
    "recordings.events": "events of a recording",
    "campaigns.answer": "a patient picked up",
    "campaigns.next_turn": "the next turn of the conversation",
    "campaigns.unanswered": "no nurse came",
    "campaigns.missed_patient_calls": "a patient who was missed calls",
    "campaigns.status": "status of a patient's line",
    "campaigns.machine": "who answered",
    "campaigns.answered_by_known": "it is known who answered",
}
ADDRESSES = {"action", "waitUrl", "recordingStatusCallback", "statusCallback", "url", "Redirect", "Play"}


def of_address(app: Flask, address: str) -> str:
    """The function of a webhook, whatever it is called."""
    parts = urlsplit(address)
    endpoint, _values = app.url_map.bind("voice.test").match(parts.path, method="GET" if "." in parts.path else "POST")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    more = ", for the menu" if "menu" in query else ", of a message" if "message" in query.values() else ""
    return f"{MEANINGS[endpoint]}{more}"


def of_answer(app: Flask, response: TestResponse) -> list[Any] | int:
    """The verbs of an answer, or its status where it has none."""
    if response.status_code != 200:
        return response.status_code
    return [_of_verb(app, element) for element in ElementTree.fromstring(response.text)]  # noqa: S314 (our own answer)


def _of_verb(app: Flask, element: ElementTree.Element) -> dict[str, Any]:
    verb: dict[str, Any] = {"verb": element.tag}
    for name, value in sorted(element.attrib.items()):
        verb[name] = of_address(app, value) if name in ADDRESSES and value else value
    text = (element.text or "").strip()
    if element.tag in ADDRESSES:
        verb["to"] = of_address(app, text)
    elif element.tag == "Conference":
        verb["name"] = "the call's"
    elif text:
        verb["text"] = text
    children = [_of_verb(app, child) for child in element]
    return verb | ({"holds": children} if children else {})
