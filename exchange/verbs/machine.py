"""Answering-machine detection on a leg that has just been answered: before its document, or beside it."""

from exchange.calls.call import Leg
from exchange.calls.status import Callback
from exchange.core.core import Office
from exchange.media.amd import Detector, Patience
from exchange.webhooks.twiml import Element


async def detect(office: Office, leg: Leg, patience: Patience) -> Detector:
    """Listen until it is known who answered, or the call is over; every later request tells it as `AnsweredBy`."""
    detector = Detector(patience)
    leg.taps = [*leg.taps, detector]
    try:
        await office.ticker.first(detector.decided.wait(), leg.ended.wait())
    finally:
        leg.taps = [tap for tap in leg.taps if tap is not detector]
    leg.facts.answered_by = detector.verdict or "unknown"
    leg.trace("answered_by", answered_by=leg.facts.answered_by)
    return detector


def detect_aside(office: Office, leg: Leg, patience: Patience, callback: Callback) -> None:
    """Listen while the call goes on, and report."""

    async def listen() -> None:
        detector = await detect(office, leg, patience)
        told = {
            "CallSid": leg.sid,
            "AccountSid": leg.facts.account_sid,
            "AnsweredBy": leg.facts.answered_by,
            "MachineDetectionDuration": str(round(1000 * detector.seconds)),
        }
        if callback.url:
            office.report(leg.sid, callback, told)

    office.webhooks.later(listen())


def patience_of(noun: Element) -> Patience | None:
    """The attributes of Number and Sip that ask for it."""
    values = {
        "Timeout": noun.number("machineDetectionTimeout", 30, 3, 59),
        "SpeechThreshold": noun.number("machineDetectionSpeechThreshold", 2400, 1000, 6000),
        "SpeechEndThreshold": noun.number("machineDetectionSpeechEndThreshold", 1200, 500, 5000),
        "SilenceTimeout": noun.number("machineDetectionSilenceTimeout", 5000, 2000, 10000),
    }
    return Patience.of(noun.string("machineDetection"), values)
