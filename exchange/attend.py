"""A leg's whole work: its document, else its fallback, else an apology, so that a caller never hears silence."""

from functools import partial

import structlog

from exchange import ssml
from exchange.course import Beginning, Course, Goto
from exchange.errors import CallError
from exchange.sound import Pcm
from exchange.speak import SpeechError

log = structlog.get_logger(__name__)
APOLOGY = (
    ("zh-CN", "对不起,系统暂时无法为您服务,请稍后再拨。"),
    ("en-US", "We are sorry, an application error has occurred. Goodbye."),
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
    except Exception:
        # A fault of ours: the caller is told and the loop's handler writes it down, for it goes on below.
        await _apologise(course)
        leg.end()
        raise
    leg.end()


async def _fall_back(course: Course, error: CallError) -> None:
    told = {"ErrorCode": str(error.code), "ErrorUrl": error.url}
    try:
        if course.leg.fallback:
            course.calm_down()
            await course.follow(Goto(course.leg.fallback, told))
            return
    except CallError as second:
        course.fault("fallback_failed", second)
    await _apologise(course)


async def _apologise(course: Course) -> None:
    course.leg.answer()
    for language, words in APOLOGY:
        await say(course, (words,), language)


async def say(course: Course, pieces: tuple[ssml.Piece, ...], language: str, times: int = 1) -> None:
    """Speak to the leg; a synthesiser that fails costs the words, not the call."""
    text = ssml.words(pieces)
    try:
        pcm = await ssml.sound(course.office.voice, pieces, language)
    except SpeechError as error:
        log.warning("speech_failed", call_id=course.leg.sid, reason=str(error))
        return
    course.leg.trace("say", text=text, language=language, loop=times)
    prompt = partial(course.leg.line.tell, "prompt", call=course.leg.sid, verb="Say", text=text)
    prompt(state="start")
    try:
        await course.leg.play(Pcm(pcm, times))
    finally:
        prompt(state="end")
