"""Gather: keys pressed during or after a prompt."""

import asyncio
from dataclasses import dataclass

from exchange.clock import either
from exchange.course import Course, Step
from exchange.keys import KeyBox
from exchange.twiml import Element

PROMPTS = ("Say", "Play", "Pause")


@dataclass(frozen=True)
class Rules:
    """Gather's attributes with Twilio's defaults; `most` is None for any number of keys."""

    timeout: float
    finish: str
    most: int | None
    acts_on_nothing: bool

    @classmethod
    def of(cls, element: Element) -> "Rules":
        most = element.number("numDigits", 0)
        return cls(
            timeout=element.number("timeout", 5),
            finish=element.attributes.get("finishOnKey", "#").strip()[:1],
            most=most or None,
            acts_on_nothing=element.flag("actionOnEmptyResult", False),
        )


async def gather(course: Course, element: Element) -> Step:
    """Keys lead to the action; without any, the document goes on below unless `actionOnEmptyResult`."""
    rules = Rules.of(element)
    course.leg.trace("gather", attributes=dict(element.attributes))
    with course.leg.keys.listen() as box:
        first = await _prompt(course, element, box)
        digits, finished = await _collect(course, rules, box, first)
    course.leg.trace("digits", digits=digits, finished=finished)
    if not digits and not rules.acts_on_nothing:
        return None
    told = {"Digits": digits} | ({"FinishedOnKey": finished} if finished else {})
    return course.goto(element, told)


async def _prompt(course: Course, element: Element, box: KeyBox) -> bool:
    """Play what is nested; a key stops it. True when there is a key."""
    speaking = asyncio.ensure_future(course.branch().perform(tuple(element.named(*PROMPTS))))
    pressed = box.wait()
    try:
        await either(speaking, pressed)
        if speaking.done():
            speaking.result()
        return pressed.done()
    finally:
        pressed.cancel()
        if not speaking.done():
            speaking.cancel()
            await asyncio.wait({speaking})


async def _collect(course: Course, rules: Rules, box: KeyBox, has_key: bool) -> tuple[str, str]:
    """The keys before the finishing one, and that one; each key starts the time anew."""
    digits = ""
    while has_key or await course.office.ticker.first(box.wait(), seconds=rules.timeout or 0.02):
        has_key = False
        key = box.pop()
        if key is None:
            continue
        if key == rules.finish:
            return digits, key
        digits += key
        if rules.most and len(digits) >= rules.most:
            return digits, ""
    return digits, ""
