"""Dial Queue: connect the first who waits; with nobody there, wait for somebody."""

import asyncio

from exchange.calls.bridge import bridge
from exchange.calls.queue import QueueMember
from exchange.core.errors import WebhookError
from exchange.flow.call_flow import CallFlow, Goto
from exchange.media.clock import wait_for_any
from exchange.media.tones import CadenceSource
from exchange.verbs.dial_number import DEFAULT_TIME_LIMIT, DEFAULT_TIMEOUT, tone_of
from exchange.verbs.dial_outcome import DialOutcome
from exchange.webhooks.twiml import Element

NO_QUEUE = 0  # Twilio has no number for it


async def take_from_queue(flow: CallFlow, element: Element, noun: Element, outcome: DialOutcome) -> None:
    """Connect the next in turn; `released` tells the one who waited that the conversation is over."""
    outcome.status = "no-answer"
    if flow.context.queues.named(noun.text) is None:
        outcome.status = "failed"
        message = f"line {noun.line}: there is no queue {noun.text}; the first Enqueue, or REST, makes one"
        flow.fault("queue_unknown", WebhookError(NO_QUEUE, message, flow.here.url))
        return
    member = await _next(flow, element, noun)
    if member is None:
        return
    outcome.sid = member.leg.sid
    parameters = _about(flow, noun, member)
    outcome.more = {name: parameters[name] for name in ("QueueSid", "QueueTime")}
    began = flow.context.ticker.seconds
    try:
        await flow.context.ticker.first(member.ready.wait(), member.leg.ended.wait())
        if noun.string("url"):
            await _announce(flow, member, Goto(flow.here.join(noun.string("url"), noun.method()), parameters))
        outcome.connect("completed")
        limit = element.number("timeLimit", DEFAULT_TIME_LIMIT, 1)
        if not member.leg.facts.is_over:
            await bridge(flow.context.ticker, flow.leg, member.leg, limit)
    finally:
        outcome.seconds = int(flow.context.ticker.seconds - began)
        member.released.set()


async def _next(flow: CallFlow, element: Element, noun: Element) -> QueueMember | None:
    context = flow.context
    queue = context.queues.open(noun.text)
    taking = asyncio.ensure_future(context.queues.next_member(queue))
    alarm = context.ticker.alarm(element.number("timeout", DEFAULT_TIMEOUT, 1))
    tone = CadenceSource(tone_of(flow, element))
    flow.leg.set_source(tone)
    try:
        await wait_for_any(taking, alarm)
    except asyncio.CancelledError:
        if taking.done():
            taking.result().released.set()
        raise
    finally:
        alarm.cancel()
        taking.cancel()
        flow.leg.clear_source(tone)
    return taking.result() if taking.done() and not taking.cancelled() else None


def _about(flow: CallFlow, noun: Element, member: QueueMember) -> dict[str, str]:
    """Return what the one who waited hears of, and the action: which queue, how long, and who fetched it."""
    queue = flow.context.queues.open(noun.text)
    return {
        "QueueSid": queue.sid,
        "QueueTime": str(int(flow.context.queues.waited(member))),
        "DequeingCallSid": flow.leg.sid,
        "DequeueingCallSid": flow.leg.sid,
    }


async def _announce(flow: CallFlow, member: QueueMember, goto: Goto) -> None:
    """Play to the one who waited what comes before the conversation."""
    aside = CallFlow(flow.context, member.leg, flow.verbs)
    following = asyncio.ensure_future(aside.follow(goto))
    over = member.leg.ended.wait()
    try:
        await wait_for_any(following, over)
    finally:
        over.cancel()
        following.cancel()
        await asyncio.wait({following})
