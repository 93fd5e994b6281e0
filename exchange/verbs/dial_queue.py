"""Dial Queue: take the first who waits and talk; with nobody there, wait for somebody."""

import asyncio

from exchange.calls.call_flow import Course, Goto
from exchange.calls.queue import Member
from exchange.core.errors import WebhookError
from exchange.media.bridge import talk
from exchange.media.clock import either
from exchange.media.tones import Repeating
from exchange.verbs.dial_people import DEFAULT_TIME_LIMIT, DEFAULT_TIMEOUT, tone_of
from exchange.verbs.outcome import Outcome
from exchange.webhooks.twiml import Element

NO_QUEUE = 0  # Twilio has no number for it


async def take_from_queue(course: Course, element: Element, noun: Element, outcome: Outcome) -> None:
    """Talk to the next in turn; `released` tells the one who waited that the talk is over."""
    outcome.status = "no-answer"
    if course.office.queues.named(noun.text) is None:
        outcome.status = "failed"
        message = f"line {noun.line}: there is no queue {noun.text}; the first Enqueue, or REST, makes one"
        course.fault("queue_unknown", WebhookError(NO_QUEUE, message, course.here.url))
        return
    member = await _next(course, element, noun)
    if member is None:
        return
    outcome.sid = member.leg.sid
    told = _about(course, noun, member)
    outcome.more = {name: told[name] for name in ("QueueSid", "QueueTime")}
    began = course.office.ticker.seconds
    try:
        await course.office.ticker.first(member.ready.wait(), member.leg.ended.wait())
        if noun.string("url"):
            await _announce(course, member, Goto(course.here.join(noun.string("url"), noun.method()), told))
        outcome.connect("completed")
        limit = element.number("timeLimit", DEFAULT_TIME_LIMIT, 1)
        if not member.leg.facts.is_over:
            await talk(course.office.ticker, course.leg, member.leg, limit)
    finally:
        outcome.seconds = int(course.office.ticker.seconds - began)
        member.released.set()


async def _next(course: Course, element: Element, noun: Element) -> Member | None:
    office = course.office
    queue = office.queues.open(noun.text)
    taking = asyncio.ensure_future(office.queues.next_member(queue))
    alarm = office.ticker.alarm(element.number("timeout", DEFAULT_TIMEOUT, 1))
    tone = Repeating(tone_of(course, element))
    course.leg.hear(tone)
    try:
        await either(taking, alarm)
    except asyncio.CancelledError:
        if taking.done():
            taking.result().released.set()
        raise
    finally:
        alarm.cancel()
        taking.cancel()
        course.leg.unhear(tone)
    return taking.result() if taking.done() and not taking.cancelled() else None


def _about(course: Course, noun: Element, member: Member) -> dict[str, str]:
    """What the one who waited hears of, and the action: which queue, how long, and who fetched it."""
    queue = course.office.queues.open(noun.text)
    return {
        "QueueSid": queue.sid,
        "QueueTime": str(int(course.office.queues.waited(member))),
        "DequeingCallSid": course.leg.sid,
        "DequeueingCallSid": course.leg.sid,
    }


async def _announce(course: Course, member: Member, goto: Goto) -> None:
    """What the one who waited hears before the talk."""
    aside = Course(course.office, member.leg, course.verbs)
    following = asyncio.ensure_future(aside.follow(goto))
    over = member.leg.ended.wait()
    try:
        await either(following, over)
    finally:
        over.cancel()
        following.cancel()
        await asyncio.wait({following})
