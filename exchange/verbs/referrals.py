"""SIP REFER during a conversation: the side that was not referred away goes on with the document at `referUrl`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from exchange.calls.leg import CallLeg
from exchange.core.errors import WebhookError
from exchange.flow.call_flow import CallFlow, Goto
from exchange.flow.fallback import run_document
from exchange.media.clock import Signal
from exchange.verbs.dial_outcome import DialOutcome
from exchange.webhooks.twiml import Element

NO_ADDRESS = 13802


@contextmanager
def referrals(flow: CallFlow, element: Element, callee: CallLeg, outcome: DialOutcome) -> Iterator[Signal]:
    """Let either side refer the other while the block lasts; the signal says that it has happened."""
    happened = Signal()

    def follow(other: CallLeg, target: str) -> bool:
        url = element.string("referUrl")
        if not url:
            message = f"line {element.line}: the telephone sent REFER; Dial needs a referUrl to follow it"
            flow.fault("refer_unanswered", WebhookError(NO_ADDRESS, message, flow.here.url))
            return False
        goto = Goto(flow.here.join(url, element.method("referMethod")), {"ReferTransferTarget": target})
        if other is flow.leg:
            outcome.referral = goto
        else:
            callee.work(partial(run_document, CallFlow(flow.context, callee, flow.verbs), goto))
        happened.set()
        return True

    flow.leg.on_referral, callee.on_referral = partial(follow, callee), partial(follow, flow.leg)
    try:
        yield happened
    finally:
        flow.leg.on_referral = callee.on_referral = None
