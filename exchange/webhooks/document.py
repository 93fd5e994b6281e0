"""The meaning of an application's answer: TwiML, sound to be played, words to be said, or nothing at all."""

import contextlib

from exchange.core.errors import DocumentError
from exchange.webhooks import twiml
from exchange.webhooks.charset import text_of
from exchange.webhooks.twiml import MOST_SHOWN, TOO_LARGE, Element
from exchange.webhooks.webhook import WebhookResponse

CONTENT_TYPE, EMPTY = 12300, 11770
PLAIN = "text/plain"
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html", "application/xhtml+xml", ""})


def read(response: WebhookResponse) -> tuple[Element, ...]:
    """Return the verbs of an answer: TwiML, or sound to be played, or plain text to be said;
    nothing at all is no verb.
    """
    kind = response.content_type
    if response.status == 204:
        return ()
    if kind.startswith("audio/"):
        return (Element("Play", {}, response.url),)
    if kind not in XML_TYPES and kind != PLAIN:
        message = f"content type {kind[:MOST_SHOWN]} is no document; answer with text/xml"
        raise DocumentError(CONTENT_TYPE, message, response.url)
    try:
        _check_size(response)
        return _plain(response) if kind == PLAIN else twiml.parse(response.body, response.charset)
    except DocumentError as error:
        raise DocumentError(error.code, error.message, response.url) from error


def _check_size(response: WebhookResponse) -> None:
    """Refuse a body that is too long with 11770 for chunked answers; others without a body are no
    XML, Twilio's 12100.
    """
    if response.is_cut:
        raise DocumentError(TOO_LARGE, "the document is larger than 64 kB; split it with Redirect")
    if not response.body and "chunked" in response.headers.get("Transfer-Encoding", "").lower():
        raise DocumentError(EMPTY, "the answer is empty; an empty document is <Response/>, or status 204")


def _plain(response: WebhookResponse) -> tuple[Element, ...]:
    """Follow plain text that is TwiML, say any other."""
    if response.body.lstrip().startswith(b"<"):
        with contextlib.suppress(DocumentError):
            return twiml.parse(response.body, response.charset)
    try:
        text = text_of(response.body, response.charset)
    except ValueError as error:
        raise DocumentError(twiml.PARSE_FAILURE, f"the text cannot be read: {error}") from error
    return (Element("Say", {}, text, content=(text,)),)
