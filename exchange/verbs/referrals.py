"""What follows when one of two who talk sends a SIP REFER: the other one goes on with the document at `referUrl`."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from exchange.calls.attend import run
from exchange.calls.call import Leg
from exchange.calls.call_flow import Course, Goto
from exchange.core.errors import WebhookError
from exchange.media.clock import Signal
from exchange.verbs.outcome import Outcome
from exchange.webhooks.twiml import Element

NO_ADDRESS = 13802


@contextmanager
def referrals(course: Course, element: Element, callee: Leg, outcome: Outcome) -> Iterator[Signal]:
    """While the block lasts, either may refer the other; the signal says that it has happened."""
    happened = Signal()

    def follow(other: Leg, target: str) -> bool:
        url = element.string("referUrl")
        if not url:
            message = f"line {element.line}: the telephone sent REFER; Dial needs a referUrl to follow it"
            course.fault("refer_unanswered", WebhookError(NO_ADDRESS, message, course.here.url))
            return False
        goto = Goto(course.here.join(url, element.method("referMethod")), {"ReferTransferTarget": target})
        if other is course.leg:
            outcome.referral = goto
        else:
            callee.work(partial(run, Course(course.office, callee, course.verbs), goto))
        happened.set()
        return True

    course.leg.on_referral, callee.on_referral = partial(follow, callee), partial(follow, course.leg)
    try:
        yield happened
    finally:
        course.leg.on_referral = callee.on_referral = None
