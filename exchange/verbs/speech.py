"""Say, Play and Pause."""

from functools import partial

from exchange import course as courses
from exchange import dtmf
from exchange.course import Course, Step
from exchange.errors import WebhookError
from exchange.sound import Pcm
from exchange.twiml import Element


async def say(course: Course, element: Element) -> Step:
    """Speak the text, `loop` times (0 without end)."""
    if element.text:
        await courses.say(course, element.text, element.string("language"), element.number("loop", 1))
    return None


async def play(course: Course, element: Element) -> Step:
    """Play a sound file or press keys; a file that cannot be had is skipped, for the call is worth more."""
    keys = element.string("digits")
    if keys:
        course.leg.trace("play", digits=keys)
        await course.leg.play(Pcm(dtmf.tone_for(keys)))
        return None
    target = course.here.join(element.text, "GET")
    try:
        pcm = await course.office.media.fetch(target)
    except WebhookError as error:
        course.fault("play_failed", error)
        return None
    course.leg.trace("play", url=target.url, loop=element.number("loop", 1))
    prompt = partial(course.leg.line.tell, "prompt", call=course.leg.sid, verb="Play", url=target.url)
    prompt(state="start")
    try:
        await course.leg.play(Pcm(pcm, element.number("loop", 1)))
    finally:
        prompt(state="end")
    return None


async def pause(course: Course, element: Element) -> Step:
    """Silence, one second unless told."""
    await course.office.ticker.sleep(element.number("length", 1))
    return None
