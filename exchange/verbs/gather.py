"""Gather: keys pressed, or words spoken, during or after a prompt."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from exchange.calls.key_buffer import KeyBuffer
from exchange.flow.call_flow import CallFlow, Step
from exchange.media.clock import wait_for_any
from exchange.media.voice_activity import UtteranceRecorder
from exchange.verbs.gather_speech import SpeechInput, words_of
from exchange.webhooks.twiml import Element

PROMPTS = ("Say", "Play", "Pause")


@dataclass(frozen=True)
class GatherOptions:
    """Gather's attributes with Twilio's defaults; `most` is None for any number of keys."""

    timeout: float
    finish: str
    most: int | None
    acts_on_nothing: bool
    inputs: tuple[str, ...]

    @classmethod
    def of(cls, element: Element) -> "GatherOptions":
        most = element.number("numDigits", 0)
        inputs = tuple(word for word in element.words("input", "dtmf") if word in ("dtmf", "speech"))
        return cls(
            timeout=5.0 if element.string("timeout") == "auto" else element.number("timeout", 5),
            finish=element.attributes.get("finishOnKey", "#").strip()[:1],
            most=most or None,
            acts_on_nothing=element.flag("actionOnEmptyResult", default=False),
            inputs=inputs or ("dtmf",),
        )


async def gather(flow: CallFlow, element: Element) -> Step:
    """Take what is pressed or said to the action; without it, the document goes on unless `actionOnEmptyResult`."""
    rules = GatherOptions.of(element)
    speech = SpeechInput.of(flow, element, rules.timeout) if "speech" in rules.inputs else None
    flow.leg.trace("gather", attributes=dict(element.attributes))
    with _keys(flow, rules) as box, _listening(flow, speech) as utterance:
        await _prompt(flow, element, box, utterance if speech and speech.stops_prompts else None)
        parameters = await _collect(flow, rules, box, utterance)
        if parameters is None and speech:
            parameters = await words_of(flow, speech)
    if parameters is None and not rules.acts_on_nothing:
        return None
    return flow.goto(element, parameters or ({"Digits": ""} if "dtmf" in rules.inputs else {"SpeechResult": ""}))


@contextmanager
def _keys(flow: CallFlow, rules: GatherOptions) -> Iterator[KeyBuffer]:
    """Return the keys of this time; a Gather for speech alone hears none."""
    with flow.leg.keys.listen() as box:
        yield box if "dtmf" in rules.inputs else KeyBuffer()


@contextmanager
def _listening(flow: CallFlow, speech: SpeechInput | None) -> Iterator[UtteranceRecorder | None]:
    if speech is None:
        yield None
        return
    flow.leg.taps = [*flow.leg.taps, speech.utterance]
    partial = asyncio.ensure_future(speech.tell_partly(flow)) if speech.partial.url else None
    try:
        yield speech.utterance
    finally:
        flow.leg.taps = [tap for tap in flow.leg.taps if tap is not speech.utterance]
        if partial:
            partial.cancel()


async def _prompt(flow: CallFlow, element: Element, box: KeyBuffer, utterance: UtteranceRecorder | None) -> None:
    """Play what is nested; a key stops it, and so does a voice."""
    speaking = asyncio.ensure_future(flow.branch().perform(tuple(element.named(*PROMPTS))))
    stops = [box.wait(), *([utterance.began.wait()] if utterance else [])]
    try:
        await wait_for_any(speaking, *stops)
        if speaking.done():
            speaking.result()
    finally:
        for stop in stops:
            stop.cancel()
        if not speaking.done():
            speaking.cancel()
            await asyncio.wait({speaking})


async def _collect(
    flow: CallFlow, rules: GatherOptions, box: KeyBuffer, utterance: UtteranceRecorder | None
) -> dict[str, str] | None:
    """Return the keys, if there are any; None when time is up, or somebody has finished speaking instead."""
    digits = ""
    while await _next(flow, rules, box, None if digits else utterance):
        key = box.pop()
        if key is None:
            continue
        if key == rules.finish:
            return _pressed(flow, digits, key) if digits or rules.acts_on_nothing else None
        digits += key
        if rules.most and len(digits) >= rules.most:
            break
    return _pressed(flow, digits, "") if digits else None


async def _next(flow: CallFlow, rules: GatherOptions, box: KeyBuffer, utterance: UtteranceRecorder | None) -> bool:
    """Return whether a key came, in the time that each key starts anew; who speaks is not hurried."""
    first = flow.context.ticker.first
    if utterance is None:
        return await first(box.wait(), seconds=rules.timeout or 0.02)
    key = box.wait()
    if not utterance.began.is_set and not await first(key, utterance.began.wait(), seconds=rules.timeout or 0.02):
        return False
    key = box.wait()
    if not key.done():
        await first(key, utterance.over.wait())
    return box.has_key


def _pressed(flow: CallFlow, digits: str, finished: str) -> dict[str, str]:
    flow.leg.trace("digits", digits=digits, finished=finished)
    return {"Digits": digits} | ({"FinishedOnKey": finished} if finished else {})
