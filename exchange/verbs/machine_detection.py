"""Answering-machine detection on a leg that has just been answered: before its document, or beside it."""

from exchange.calls.call_details import StatusCallback
from exchange.calls.leg import CallLeg
from exchange.flow.context import ExchangeContext
from exchange.media.amd import DetectionTiming, MachineDetector
from exchange.webhooks.twiml import Element


async def detect(context: ExchangeContext, leg: CallLeg, patience: DetectionTiming) -> MachineDetector:
    """Listen until it is known who answered, or the call is over; every later request tells it as `AnsweredBy`."""
    detector = MachineDetector(patience)
    leg.taps = [*leg.taps, detector]
    try:
        await context.ticker.first(detector.decided.wait(), leg.ended.wait())
    finally:
        leg.taps = [tap for tap in leg.taps if tap is not detector]
    leg.facts.answered_by = detector.verdict or "unknown"
    leg.trace("answered_by", answered_by=leg.facts.answered_by)
    return detector


def detect_aside(context: ExchangeContext, leg: CallLeg, patience: DetectionTiming, callback: StatusCallback) -> None:
    """Listen while the call goes on, and report."""

    async def listen() -> None:
        detector = await detect(context, leg, patience)
        parameters = {
            "CallSid": leg.sid,
            "AccountSid": leg.facts.account_sid,
            "AnsweredBy": leg.facts.answered_by,
            "MachineDetectionDuration": str(round(1000 * detector.seconds)),
        }
        if callback.url:
            context.report(leg.sid, callback, parameters)

    context.webhooks.later(listen())


def patience_of(noun: Element) -> DetectionTiming | None:
    """Return the attributes of Number and Sip that ask for it."""
    values = {
        "Timeout": noun.number("machineDetectionTimeout", 30, 3, 59),
        "SpeechThreshold": noun.number("machineDetectionSpeechThreshold", 2400, 1000, 6000),
        "SpeechEndThreshold": noun.number("machineDetectionSpeechEndThreshold", 1200, 500, 5000),
        "SilenceTimeout": noun.number("machineDetectionSilenceTimeout", 5000, 2000, 10000),
    }
    return DetectionTiming.of(noun.string("machineDetection"), values)
