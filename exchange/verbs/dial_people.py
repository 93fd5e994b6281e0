"""Dial Number and Client: ring one or several telephones; the first who answers talks to the caller."""

import asyncio
from dataclasses import dataclass

from exchange.bridge import talk
from exchange.call import Leg
from exchange.clock import either
from exchange.course import Course, End, Goto
from exchange.legs import Ends
from exchange.status import Callback
from exchange.tones import CADENCES, Repeating
from exchange.twiml import Element
from exchange.verbs.outcome import Outcome
from exchange.verbs.reporting import status_callback
from exchange.webhook import Target

DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT = 30, 1, 600
DEFAULT_TIME_LIMIT = 14_400


@dataclass(frozen=True)
class Person:
    """One noun of a Dial: an address, an optional document for who answers there, and its callback."""

    address: str
    whisper: Target | None
    callback: Callback


def people(course: Course, element: Element) -> list[Person]:
    """Number and Client elements in order, or the bare text of Dial as a number."""
    nouns = list(element.named("Number", "Client"))
    if not nouns and element.text:
        nouns = [Element("Number", {}, element.text, line=element.line)]
    return [_person(course, noun) for noun in nouns]


def _person(course: Course, noun: Element) -> Person:
    identity = next(noun.named("Identity"), noun).text
    url = noun.string("url")
    return Person(
        address=f"client:{identity.removeprefix('client:')}" if noun.name == "Client" else identity.replace(" ", ""),
        whisper=course.here.join(url, noun.method()) if url else None,
        callback=status_callback(course, noun),
    )


async def call_people(course: Course, element: Element, outcome: Outcome) -> None:
    """Ring them all; talk to the first; whoever else rang is cancelled."""
    wanted = people(course, element)
    caller = course.leg.facts
    sender = element.string("callerId") or (caller.sender if caller.direction == "inbound" else caller.to)
    legs = {
        course.office.call_out(Ends(sender, each.address, "outbound-dial", course.leg.sid, each.callback)): each
        for each in wanted
    }
    if not legs:
        outcome.status = "failed"
        return
    outcome.sid = next(iter(legs)).sid
    try:
        winner = await _first_answer(course, element, list(legs))
        if winner is None:
            outcome.status = str(next(iter(legs)).facts.status)
            return
        outcome.sid = winner.sid
        await _meet(course, element, winner, legs[winner].whisper, outcome)
    finally:
        for leg in legs:
            if not leg.is_working:
                leg.drop()
        outcome.seconds = next((leg.facts.seconds for leg in legs if leg.sid == outcome.sid), 0)


async def _first_answer(course: Course, element: Element, legs: list[Leg]) -> Leg | None:
    """Ring until one answers; the caller hears the ringing tone meanwhile."""
    timeout = element.number("timeout", DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT)
    ringing = {asyncio.ensure_future(course.office.ring(leg, timeout)): leg for leg in legs}
    course.leg.line.tell("ringback", call=course.leg.sid)
    tone = Repeating(CADENCES[tone_of(course, element)])
    course.leg.hear(tone)
    waiting = set(ringing)
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            winners = [ringing[task] for task in done if task.result()]
            if winners:
                for loser in legs:
                    if loser is not winners[0]:
                        loser.drop()
                return winners[0]
        return None
    finally:
        for leg in legs:
            if not leg.is_up:
                leg.drop()
        course.leg.unhear(tone)
        if waiting:
            await asyncio.wait(waiting)


def tone_of(course: Course, element: Element) -> str:
    """The ringing tone of a country, else the exchange's own."""
    asked = element.string("ringTone").lower()
    return asked if asked in CADENCES else course.office.config.cadence


async def _meet(course: Course, element: Element, callee: Leg, whisper: Target | None, outcome: Outcome) -> None:
    """Let the callee hear its own document first, if there is one; then connect the two."""
    if whisper and not await _whisper(course, callee, whisper):
        outcome.status = "completed"
        return
    course.leg.answer()
    outcome.connect("completed")
    limit = element.number("timeLimit", DEFAULT_TIME_LIMIT, 1)
    await talk(course.office.ticker, course.leg, callee, limit)


async def _whisper(course: Course, callee: Leg, whisper: Target) -> bool:
    """Whether the callee is still there, and wants the call, after hearing the document."""
    aside = Course(course.office, callee, course.verbs)
    told = {"ParentCallSid": course.leg.sid}
    following = asyncio.ensure_future(aside.follow(Goto(whisper, told)))
    over = callee.ended.wait()
    try:
        await either(following, over)
    finally:
        over.cancel()
        following.cancel()
        await asyncio.wait({following})
    return callee.is_up and not following.cancelled() and following.result() is End.RAN_OUT
