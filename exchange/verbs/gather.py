"""Gather: keys pressed, or words spoken, during or after a prompt."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from exchange.calls.call_flow import Course, Step
from exchange.calls.keys import KeyBox
from exchange.media.clock import either
from exchange.media.voice import Utterance
from exchange.verbs.gather_speech import Speech, words_of
from exchange.webhooks.twiml import Element

PROMPTS = ("Say", "Play", "Pause")


@dataclass(frozen=True)
class Rules:
    """Gather's attributes with Twilio's defaults; `most` is None for any number of keys."""

    timeout: float
    finish: str
    most: int | None
    acts_on_nothing: bool
    inputs: tuple[str, ...]

    @classmethod
    def of(cls, element: Element) -> "Rules":
        most = element.number("numDigits", 0)
        known = tuple(word for word in element.words("input", "dtmf") if word in ("dtmf", "speech"))
        return cls(
            timeout=5.0 if element.string("timeout") == "auto" else element.number("timeout", 5),
            finish=element.attributes.get("finishOnKey", "#").strip()[:1],
            most=most or None,
            acts_on_nothing=element.flag("actionOnEmptyResult", False),
            inputs=known or ("dtmf",),
        )


async def gather(course: Course, element: Element) -> Step:
    """What was pressed or said leads to the action; without it, the document goes on unless `actionOnEmptyResult`."""
    rules = Rules.of(element)
    speech = Speech.of(course, element, rules.timeout) if "speech" in rules.inputs else None
    course.leg.trace("gather", attributes=dict(element.attributes))
    with _keys(course, rules) as box, _listening(course, speech) as utterance:
        await _prompt(course, element, box, utterance if speech and speech.stops_prompts else None)
        told = await _collect(course, rules, box, utterance)
        if told is None and speech:
            told = await words_of(course, speech)
    if told is None and not rules.acts_on_nothing:
        return None
    return course.goto(element, told or ({"Digits": ""} if "dtmf" in rules.inputs else {"SpeechResult": ""}))


@contextmanager
def _keys(course: Course, rules: Rules) -> Iterator[KeyBox]:
    """The keys of this time; a Gather for speech alone hears none."""
    with course.leg.keys.listen() as box:
        yield box if "dtmf" in rules.inputs else KeyBox()


@contextmanager
def _listening(course: Course, speech: Speech | None) -> Iterator[Utterance | None]:
    if speech is None:
        yield None
        return
    course.leg.taps = [*course.leg.taps, speech.utterance]
    partial = asyncio.ensure_future(speech.tell_partly(course)) if speech.partial.url else None
    try:
        yield speech.utterance
    finally:
        course.leg.taps = [tap for tap in course.leg.taps if tap is not speech.utterance]
        if partial:
            partial.cancel()


async def _prompt(course: Course, element: Element, box: KeyBox, utterance: Utterance | None) -> None:
    """Play what is nested; a key stops it, and so does a voice."""
    speaking = asyncio.ensure_future(course.branch().perform(tuple(element.named(*PROMPTS))))
    stops = [box.wait(), *([utterance.began.wait()] if utterance else [])]
    try:
        await either(speaking, *stops)
        if speaking.done():
            speaking.result()
    finally:
        for stop in stops:
            stop.cancel()
        if not speaking.done():
            speaking.cancel()
            await asyncio.wait({speaking})


async def _collect(course: Course, rules: Rules, box: KeyBox, utterance: Utterance | None) -> dict[str, str] | None:
    """The keys, if there are any; None when time is up, or somebody has finished speaking instead."""
    digits = ""
    while await _next(course, rules, box, None if digits else utterance):
        key = box.pop()
        if key is None:
            continue
        if key == rules.finish:
            return _pressed(course, digits, key) if digits or rules.acts_on_nothing else None
        digits += key
        if rules.most and len(digits) >= rules.most:
            break
    return _pressed(course, digits, "") if digits else None


async def _next(course: Course, rules: Rules, box: KeyBox, utterance: Utterance | None) -> bool:
    """Whether a key came, in the time that each key starts anew; who speaks is not hurried."""
    first = course.office.ticker.first
    if utterance is None:
        return await first(box.wait(), seconds=rules.timeout or 0.02)
    key = box.wait()
    if not utterance.began.is_set and not await first(key, utterance.began.wait(), seconds=rules.timeout or 0.02):
        return False
    key = box.wait()
    if not key.done():
        await first(key, utterance.over.wait())
    return box.has_key


def _pressed(course: Course, digits: str, finished: str) -> dict[str, str]:
    course.leg.trace("digits", digits=digits, finished=finished)
    return {"Digits": digits} | ({"FinishedOnKey": finished} if finished else {})
