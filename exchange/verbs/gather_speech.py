"""The spoken half of Gather: its attributes, the words that were said, and partial results during speech."""

from dataclasses import dataclass
from typing import Self

import structlog

from exchange.calls.call_details import StatusCallback
from exchange.flow.call_flow import CallFlow
from exchange.media.voice_activity import UtteranceRecorder
from exchange.speech.recogniser import RecognitionError
from exchange.webhooks.twiml import Element

log = structlog.get_logger(__name__)
AUTO_SECONDS = 1.0
LONGEST_SPEECH_SECONDS = 60
MOST_HINTS = 500
PARTLY_EVERY_SECONDS = 0.5
NEW_FRAMES = 20


@dataclass(frozen=True)
class SpeechInput:
    """How to listen. `hints` are the phrases that may be said; none means anything."""

    utterance: UtteranceRecorder
    language: str
    hints: tuple[str, ...]
    stops_prompts: bool
    partial: StatusCallback

    @classmethod
    def of(cls, flow: CallFlow, element: Element, timeout: float) -> Self:
        quiet = (
            AUTO_SECONDS if element.string("speechTimeout") == "auto" else element.number("speechTimeout", int(timeout))
        )
        longest = element.number("maxSpeechTime", LONGEST_SPEECH_SECONDS, 1, LONGEST_SPEECH_SECONDS)
        phrases = (phrase.strip() for phrase in element.string("hints").replace("，", ",").split(","))
        url = element.string("partialResultCallback")
        flow.context.recogniser.warm_up()
        return cls(
            utterance=UtteranceRecorder(quiet or AUTO_SECONDS, longest),
            language=element.string("language", "en-US"),
            hints=tuple(phrase for phrase in phrases if phrase and not phrase.startswith("$"))[:MOST_HINTS],
            stops_prompts=element.flag("bargeIn", default=True),
            partial=StatusCallback(
                flow.here.join(url).url if url else "", element.method("partialResultCallbackMethod")
            ),
        )

    async def tell_partly(self, flow: CallFlow) -> None:
        """Report partial results for as long as somebody speaks; never ends by itself."""
        told, reported = 0, 0
        await self.utterance.began.wait()
        while not self.utterance.over.is_set:
            await flow.context.ticker.sleep(PARTLY_EVERY_SECONDS)
            if len(self.utterance.frames) - told < NEW_FRAMES:
                continue
            told = len(self.utterance.frames)
            text, confidence = await recognised(flow, self)
            if text and not self.utterance.over.is_set:
                result = {"UnstableSpeechResult": text, "Stability": str(confidence), "SequenceNumber": str(reported)}
                params = flow.leg.facts.parameters() | result
                flow.context.report(f"{flow.leg.sid}-partial", self.partial, params)
                reported += 1


async def words_of(flow: CallFlow, speech: SpeechInput) -> dict[str, str] | None:
    """Return the words of a turn that is over; None when nothing was said, or nothing that fits."""
    if not speech.utterance.over.is_set:
        return None
    text, confidence = await recognised(flow, speech)
    flow.leg.trace("speech", text=text, confidence=confidence)
    return {"SpeechResult": text, "Confidence": str(confidence)} if text else None


async def recognised(flow: CallFlow, speech: SpeechInput) -> tuple[str, float]:
    """Return what the recogniser makes of it; a fault there counts as nothing said."""
    try:
        return await flow.context.recogniser.understand(speech.utterance.pcm, speech.language, speech.hints)
    except RecognitionError as error:
        log.warning("speech_not_understood", call_id=flow.leg.sid, reason=str(error))
        return "", 0.0
