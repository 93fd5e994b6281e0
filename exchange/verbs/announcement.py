"""Announcements into a conference: Say, Play, Pause and Redirect, or a sound file, rendered before they are played."""

from exchange.calls.conference.conference import Conference
from exchange.calls.conference.participant import Participant
from exchange.core.errors import CallError, DocumentError
from exchange.flow import fallback
from exchange.flow.context import ExchangeContext
from exchange.media import dtmf
from exchange.media.audio import RATE
from exchange.media.audio_source import PcmSource
from exchange.speech import ssml
from exchange.speech.synthesiser import SynthesisError
from exchange.verbs.say import BAD_DIGITS, DIGITS, LONGEST_DIGITS, spoken_language
from exchange.webhooks.document import read
from exchange.webhooks.twiml import TOO_LARGE, Element
from exchange.webhooks.webhook import WebhookTarget

NOT_ANNOUNCED, DEEPEST, LONGEST_SECONDS = 13238, 10, 600


async def announce(
    context: ExchangeContext, conference: Conference, target: WebhookTarget, participant: Participant | None
) -> None:
    """Fetch and render it, and play it to everybody or to one participant; an event tells how that went."""
    parameters = {"AnnounceUrl": target.url}
    try:
        pcm = await rendered_document(
            context, target, {"ConferenceSid": conference.sid, "FriendlyName": conference.name}
        )
    except (CallError, SynthesisError) as error:
        reason = error.message if isinstance(error, CallError) else str(error)
        conference.event("announcement-fail", participant, parameters | {"ReasonAnnouncementFailed": reason})
        return
    conference.announce(PcmSource(pcm), participant)
    await context.ticker.sleep(len(pcm) / (2 * RATE) or 0.02)
    conference.event("announcement-end", participant, parameters)


async def rendered_document(
    context: ExchangeContext, target: WebhookTarget, params: dict[str, str], depth: int = 0
) -> bytes:
    """Return the whole document as one piece of sound."""
    if target.method == "GET" and target.url.lower().rpartition("?")[0].endswith((".wav", ".mp3")):
        return await context.sounds.fetch(target)
    response = await context.webhooks.ask(target, params)
    if response.content_type.startswith("audio/"):
        return await context.sounds.fetch(WebhookTarget(target.url, target.method))
    here = WebhookTarget(response.url or target.url)
    pieces: list[bytes] = []
    for element in read(response):
        if element.name == "Redirect":
            if depth >= DEEPEST:
                raise DocumentError(NOT_ANNOUNCED, "the documents lead in a circle", here.url)
            pieces.append(
                await rendered_document(context, here.join(element.text, element.method()), params, depth + 1)
            )
            break
        pieces.append(await _piece(context, here, element))
        if sum(map(len, pieces)) > 2 * RATE * LONGEST_SECONDS:
            raise DocumentError(TOO_LARGE, f"an announcement may last {LONGEST_SECONDS // 60} minutes", here.url)
    return b"".join(pieces)


def _keys(here: WebhookTarget, element: Element) -> bytes:
    digits = element.string("digits")
    if len(digits) > LONGEST_DIGITS or set(digits) - DIGITS:
        raise DocumentError(BAD_DIGITS, f"line {element.line}: digits may hold {LONGEST_DIGITS} keys", here.url)
    return dtmf.key_tones(digits)


async def _piece(context: ExchangeContext, here: WebhookTarget, element: Element) -> bytes:
    times = element.number("loop", 1, 1, 20)
    if element.name == "Say":
        language = spoken_language(element.string("language"), element.string("voice"))
        pieces = ssml.pieces(element)
        if len(ssml.words(pieces)) > ssml.MOST_LETTERS:
            message = f"line {element.line}: Say may hold {ssml.MOST_LETTERS} letters; split it into several"
            raise DocumentError(fallback.TOO_LONG, message, here.url)
        return times * await ssml.sound(context.synthesiser, pieces, language)
    if element.name == "Play" and element.string("digits"):
        return _keys(here, element)
    if element.name == "Play":
        return times * await context.sounds.fetch(here.join(element.text, "GET"))
    if element.name == "Pause":
        return bytes(2 * RATE * element.number("length", 1, 0, 60))
    message = f"line {element.line}: {element.name} cannot be announced"
    raise DocumentError(NOT_ANNOUNCED, message, here.url)
