"""Follow a leg's document, else its fallback, else apologise, so that a caller never hears silence."""

import asyncio
import math
from functools import partial

from exchange.core.errors import CallError, WebhookError
from exchange.flow.call_flow import Beginning, CallFlow, Goto
from exchange.media.audio_source import PcmSource
from exchange.media.music import hold_music
from exchange.speech import ssml
from exchange.speech.synthesiser import SynthesisError

UNSPEAKABLE, TOO_LONG, OUR_FAULT = 13520, 13521, 20500
APOLOGY = (
    ("zh-CN", "对不起,系统暂时无法为您服务,请稍后再拨。"),
    ("en-US", "We are sorry, an application error has occurred. Goodbye."),
)
HOLDING_TEXT_EVERY_SECONDS = 30.0
HOLDING_MUSIC_BYTES = 5 * 2 * 8000
HOLDING_TEXTS = (
    ("zh-CN", "对不起,系统暂时出现故障,正在恢复,请不要挂机。紧急情况请拨打120。"),
    ("en-US", "We are sorry. We have a technical problem. Please hold. In an emergency, dial 120."),
)


async def run_document(flow: CallFlow, beginning: Beginning) -> None:
    """Follow the document, else the fallback, else apologise; then hang up."""
    leg = flow.leg
    try:
        await flow.follow(beginning)
        leg.answer()
    except CallError as error:
        flow.fault("document_failed", error)
        await _fall_back(flow, error)
    except Exception as error:
        # Written down now: a caller who hangs up meanwhile cancels what comes below.
        _log_fault(flow, error)
        message = f"a fault of the exchange itself ({type(error).__name__}); its log says more"
        await _fall_back(flow, CallError(OUR_FAULT, message, flow.here.url))
    leg.end()


def _log_fault(flow: CallFlow, error: Exception) -> None:
    """Log a fault of ours with its traceback."""
    about = {"message": f"the work of call {flow.leg.sid} failed", "exception": error}
    asyncio.get_running_loop().call_exception_handler(about)


async def _fall_back(flow: CallFlow, error: CallError) -> None:
    """Follow the fallback; where it cannot be fetched either, hold the caller for a while and ask it again."""
    parameters = {"ErrorCode": str(error.code), "ErrorUrl": error.url}
    context = flow.context
    until = context.ticker.seconds + context.config.webhook.keep_seconds
    spoken = -math.inf
    while flow.leg.fallback:
        failure = await _fallback_failure(flow, Goto(flow.leg.fallback, parameters))
        if failure is None:
            return
        if not isinstance(failure, WebhookError) or context.ticker.seconds >= until:
            break
        spoken = await _hold_caller(flow, spoken)
    await _apologise(flow)


async def _fallback_failure(flow: CallFlow, fallback: Goto) -> Exception | None:
    """Follow the fallback; return what went wrong with it (already logged), or None."""
    flow.reset_loop_guard()
    try:
        await flow.follow(fallback)
    except CallError as error:
        flow.fault("fallback_failed", error)
        return error
    except Exception as error:
        _log_fault(flow, error)
        return error
    return None


async def _hold_caller(flow: CallFlow, spoken: float) -> float:
    """Speak at most twice a minute and play music until the fallback is asked again; return when it last spoke."""
    flow.leg.answer()
    now = flow.context.ticker.seconds
    if now - spoken >= HOLDING_TEXT_EVERY_SECONDS:
        spoken = now
        for language, words in HOLDING_TEXTS:
            await say(flow, (words,), language)
    await flow.leg.play(PcmSource(hold_music()[:HOLDING_MUSIC_BYTES], 1))
    return spoken


async def _apologise(flow: CallFlow) -> None:
    flow.leg.answer()
    for language, words in APOLOGY:
        await say(flow, (words,), language)


async def say(flow: CallFlow, pieces: tuple[ssml.Piece, ...], language: str, times: int = 1) -> None:
    """Speak to the leg; a synthesiser that fails costs the words, not the call."""
    text = ssml.words(pieces)
    if len(text) > ssml.MOST_LETTERS:
        message = f"Say may hold {ssml.MOST_LETTERS} letters and not {len(text)}; split it into several"
        flow.fault("say_too_long", CallError(TOO_LONG, message, flow.here.url))
        return
    try:
        pcm = await ssml.sound(flow.context.synthesiser, pieces, language)
    except SynthesisError as error:
        flow.fault("speech_failed", CallError(UNSPEAKABLE, str(error), flow.here.url))
        return
    flow.leg.trace("say", text=text, language=language, loop=times)
    prompt = partial(flow.leg.line.tell, "prompt", call=flow.leg.sid, verb="Say", text=text)
    prompt(state="start")
    try:
        await flow.leg.play(PcmSource(pcm, times))
    finally:
        prompt(state="end")
