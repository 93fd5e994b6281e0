"""A leg's whole work: its document, else its fallback, else an apology, so that a caller never hears silence."""

import asyncio
import math
from functools import partial

from exchange.calls.call_flow import Beginning, Course, Goto
from exchange.core.errors import CallError, WebhookError
from exchange.media.music import hold_music
from exchange.media.sound import Pcm
from exchange.speech import ssml
from exchange.speech.speak import SpeechError

UNSPEAKABLE, TOO_LONG, OUR_FAULT = 13520, 13521, 20500
APOLOGY = (
    ("zh-CN", "对不起,系统暂时无法为您服务,请稍后再拨。"),
    ("en-US", "We are sorry, an application error has occurred. Goodbye."),
)
KEPT_EVERY_SECONDS = 30.0
KEPT_MUSIC_BYTES = 5 * 2 * 8000
KEPT = (
    ("zh-CN", "对不起,系统暂时出现故障,正在恢复,请不要挂机。紧急情况请拨打120。"),
    ("en-US", "We are sorry. We have a technical problem. Please hold. In an emergency, dial 120."),
)


async def run(course: Course, beginning: Beginning) -> None:
    """A leg's whole work: its document, else its fallback, else an apology; then it hangs up."""
    leg = course.leg
    try:
        await course.follow(beginning)
        leg.answer()
    except CallError as error:
        course.fault("document_failed", error)
        await _fall_back(course, error)
    except Exception as error:
        # Written down now: a caller who hangs up meanwhile cancels what comes below.
        _write_down(course, error)
        message = f"a fault of the exchange itself ({type(error).__name__}); its log says more"
        await _fall_back(course, CallError(OUR_FAULT, message, course.here.url))
    leg.end()


def _write_down(course: Course, error: Exception) -> None:
    """A fault of ours, with all that is known of it, into the log."""
    about = {"message": f"the work of call {course.leg.sid} failed", "exception": error}
    asyncio.get_running_loop().call_exception_handler(about)


async def _fall_back(course: Course, error: CallError) -> None:
    """Follow the fallback; where it cannot be had either, keep the caller for a while and ask it again."""
    told = {"ErrorCode": str(error.code), "ErrorUrl": error.url}
    office = course.office
    until = office.ticker.seconds + office.config.webhook.keep_seconds
    spoken = -math.inf
    while course.leg.fallback:
        failure = await _failure(course, Goto(course.leg.fallback, told))
        if failure is None:
            return
        if not isinstance(failure, WebhookError) or office.ticker.seconds >= until:
            break
        spoken = await _keep(course, spoken)
    await _apologise(course)


async def _failure(course: Course, fallback: Goto) -> Exception | None:
    """Follow the fallback; what went wrong with it, written down."""
    course.calm_down()
    try:
        await course.follow(fallback)
    except CallError as error:
        course.fault("fallback_failed", error)
        return error
    except Exception as error:
        _write_down(course, error)
        return error
    return None


async def _keep(course: Course, spoken: float) -> float:
    """Words, at most twice a minute, and music, until the fallback is asked again; when words were last spoken."""
    course.leg.answer()
    now = course.office.ticker.seconds
    if now - spoken >= KEPT_EVERY_SECONDS:
        spoken = now
        for language, words in KEPT:
            await say(course, (words,), language)
    await course.leg.play(Pcm(hold_music()[:KEPT_MUSIC_BYTES], 1))
    return spoken


async def _apologise(course: Course) -> None:
    course.leg.answer()
    for language, words in APOLOGY:
        await say(course, (words,), language)


async def say(course: Course, pieces: tuple[ssml.Piece, ...], language: str, times: int = 1) -> None:
    """Speak to the leg; a synthesiser that fails costs the words, not the call."""
    text = ssml.words(pieces)
    if len(text) > ssml.MOST_LETTERS:
        message = f"Say may hold {ssml.MOST_LETTERS} letters and not {len(text)}; split it into several"
        course.fault("say_too_long", CallError(TOO_LONG, message, course.here.url))
        return
    try:
        pcm = await ssml.sound(course.office.voice, pieces, language)
    except SpeechError as error:
        course.fault("speech_failed", CallError(UNSPEAKABLE, str(error), course.here.url))
        return
    course.leg.trace("say", text=text, language=language, loop=times)
    prompt = partial(course.leg.line.tell, "prompt", call=course.leg.sid, verb="Say", text=text)
    prompt(state="start")
    try:
        await course.leg.play(Pcm(pcm, times))
    finally:
        prompt(state="end")
