"""Dial Queue: take the first who waits and talk; with nobody there, wait for somebody."""

import asyncio

from exchange.bridge import talk
from exchange.clock import either
from exchange.course import Course, Goto
from exchange.queue import Member
from exchange.tones import Repeating
from exchange.twiml import Element
from exchange.verbs.dial_people import DEFAULT_TIME_LIMIT, DEFAULT_TIMEOUT, tone_of
from exchange.verbs.outcome import Outcome
from exchange.webhook import Target


async def take_from_queue(course: Course, element: Element, noun: Element, outcome: Outcome) -> None:
    """Talk to the next in turn; `released` tells the one who waited that the talk is over."""
    outcome.status = "no-answer"
    member = await _next(course, element, noun)
    if member is None:
        return
    outcome.sid = member.leg.sid
    began = course.office.ticker.seconds
    try:
        await course.office.ticker.first(member.ready.wait(), member.leg.ended.wait())
        if noun.string("url"):
            await _announce(course, member, course.here.join(noun.string("url"), noun.method()))
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


async def _announce(course: Course, member: Member, target: Target) -> None:
    """What the one who waited hears before the talk."""
    aside = Course(course.office, member.leg, course.verbs)
    following = asyncio.ensure_future(aside.follow(Goto(target, {})))
    over = member.leg.ended.wait()
    try:
        await either(following, over)
    finally:
        over.cancel()
        following.cancel()
        await asyncio.wait({following})
