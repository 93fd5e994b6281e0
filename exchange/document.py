"""What an answer of the application means: TwiML, sound to be played, words to be said, or nothing at all."""

from exchange import twiml
from exchange.errors import DocumentError
from exchange.twiml import Element
from exchange.webhook import Response

CONTENT_TYPE, TOO_LARGE = 12300, 11750
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html", "application/xhtml+xml", ""})


def read(response: Response) -> tuple[Element, ...]:
    """The verbs of an answer: TwiML, or sound to be played, or plain text to be said; nothing at all is no verb."""
    kind = response.content_type
    if response.status == 204:
        return ()
    if kind.startswith("audio/"):
        return (Element("Play", {}, response.url),)
    if kind == "text/plain":
        return _plain(response)
    if kind not in XML_TYPES:
        raise DocumentError(CONTENT_TYPE, f"content type {kind} is no document; answer with text/xml", response.url)
    if len(response.body) > twiml.LARGEST_BYTES:
        raise DocumentError(TOO_LARGE, "the document is larger than 64 kB; split it with Redirect", response.url)
    try:
        return twiml.parse(response.body)
    except DocumentError as error:
        raise DocumentError(error.code, error.message, response.url) from error


def _plain(response: Response) -> tuple[Element, ...]:
    """Plain text that is TwiML is followed, any other is said."""
    try:
        return twiml.parse(response.body)
    except DocumentError:
        text = response.body.decode("utf-8", "replace")
        return (Element("Say", {}, text, content=(text,)),)
