"""Say, Play and Pause."""

import re
from functools import partial

from exchange.core.errors import WebhookError
from exchange.flow import fallback
from exchange.flow.call_flow import CallFlow, Step
from exchange.media import dtmf
from exchange.media.audio_source import PcmSource
from exchange.speech import ssml
from exchange.webhooks.twiml import Element

_LANGUAGE = re.compile(r"\b([a-z]{2,3}-(?:[A-Z][a-z]{3}-)?[A-Z]{2})\b")
_POLLY = {
    **dict.fromkeys(("Zhiyu",), "zh-CN"),
    **dict.fromkeys(("Joanna", "Matthew", "Joey", "Salli", "Kendra", "Ivy", "Justin", "Kimberly"), "en-US"),
    **dict.fromkeys(("Amy", "Brian", "Emma"), "en-GB"),
}
MOST_TIMES = 1000
BAD_DIGITS, LONGEST_DIGITS, DIGITS = 13430, 256, frozenset("0123456789ABCD*#wW")
_WOMEN = frozenset({"Zhiyu", "Joanna", "Salli", "Kendra", "Ivy", "Kimberly", "Amy", "Emma"})


async def say(flow: CallFlow, element: Element) -> Step:
    """Speak the text, that within SSML marks too, `loop` times; 0 ends with the call, or after a thousand times."""
    pieces = ssml.pieces(element)
    if pieces:
        language = spoken_language(element.string("language"), element.string("voice"))
        await fallback.say(flow, pieces, language, element.number("loop", 1) or MOST_TIMES)
    return None


def spoken_language(language: str, voice: str) -> str:
    """Return the language, or the one that is part of a voice's name, and after a plus whether a woman speaks."""
    named = _LANGUAGE.search(voice)
    own = _POLLY.get(voice.partition(".")[2].partition("-")[0], "")
    spoken = language or (named.group(1) if named else own)
    is_woman = voice.lower() in ("woman", "alice") or voice.partition(".")[2].partition("-")[0] in _WOMEN
    return f"{spoken}+woman" if is_woman else spoken


async def play(flow: CallFlow, element: Element) -> Step:
    """Play a sound file or press keys; a file that cannot be had is skipped, for the call is worth more."""
    keys = element.string("digits")
    if keys:
        await _press(flow, element, keys)
        return None
    target = flow.here.join(element.text, "GET")
    try:
        pcm = await flow.context.sounds.fetch(target)
    except WebhookError as error:
        flow.fault("play_failed", error)
        return None
    flow.leg.trace("play", url=target.url, loop=element.number("loop", 1))
    prompt = partial(flow.leg.line.tell, "prompt", call=flow.leg.sid, verb="Play", url=target.url)
    prompt(state="start")
    try:
        await flow.leg.play(PcmSource(pcm, element.number("loop", 1)))
    finally:
        prompt(state="end")
    return None


async def _press(flow: CallFlow, element: Element, keys: str) -> None:
    if len(keys) > LONGEST_DIGITS or set(keys) - DIGITS:
        message = f"line {element.line}: digits may hold {LONGEST_DIGITS} of 0-9, A-D, *, #, w and W"
        flow.fault("play_failed", WebhookError(BAD_DIGITS, message, flow.here.url))
        return
    flow.leg.trace("play", digits=keys)
    await flow.leg.play(PcmSource(dtmf.key_tones(keys)))


async def pause(flow: CallFlow, element: Element) -> Step:
    """Play silence, one second unless told."""
    await flow.context.ticker.sleep(element.number("length", 1))
    return None
