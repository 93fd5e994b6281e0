"""Dial Number, Client and Sip: ring one or several telephones, at once or in turn; the first who answers talks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from exchange.calls.call import Leg
from exchange.calls.call_flow import Course, End, Goto
from exchange.calls.legs import Ends
from exchange.calls.status import Callback
from exchange.media.amd import Patience
from exchange.media.bridge import talk
from exchange.media.clock import either
from exchange.media.dtmf import tone_for
from exchange.media.ringing import RINGS
from exchange.media.sound import Pcm
from exchange.media.tones import CADENCES, Cadence, Repeating
from exchange.verbs.machine import detect_aside, patience_of
from exchange.verbs.nouns import address_of, caller_id, digits_of, nouns_of
from exchange.verbs.outcome import Outcome
from exchange.verbs.referrals import referrals
from exchange.verbs.reporting import callback_of, status_callback
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import Target

DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT = 30, 5, 600
DEFAULT_TIME_LIMIT = 14_400


@runtime_checkable
class Dialled(Protocol):
    """A line that has more to tell about a dialled call."""

    def dialled(self) -> dict[str, str]: ...


@dataclass(frozen=True)
class Person:
    """One noun of a Dial: an address, what is pressed and heard there after the answer, and its callbacks."""

    address: str
    whisper: Target | None
    callback: Callback
    digits: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    machine: Patience | None = None
    machine_callback: Callback | None = None


def people(course: Course, element: Element) -> list[Person]:
    """Those whom the nouns mean, in order."""
    return [_person(course, noun) for noun in nouns_of(course, element)]


def _person(course: Course, noun: Element) -> Person:
    url = noun.string("url")
    return Person(
        address=address_of(course, noun),
        whisper=course.here.join(url, noun.method()) if url else None,
        callback=status_callback(course, noun),
        digits=digits_of(course, noun),
        user=noun.string("username"),
        password=noun.string("password"),
        parameters={each.string("name"): each.string("value") for each in noun.named("Parameter")},
        machine=patience_of(noun),
        machine_callback=callback_of(course, noun, "amdStatusCallback"),
    )


async def call_people(course: Course, element: Element, outcome: Outcome) -> None:
    """Ring them all, or with `sequential` one after the other, until one answers; then talk."""
    wanted = people(course, element)
    groups = [[person] for person in wanted] if element.flag("sequential", False) else [wanted]
    for group in groups:
        if not group:
            outcome.status = "failed"
        elif await _call(course, element, group, outcome):
            return


async def _call(course: Course, element: Element, wanted: list[Person], outcome: Outcome) -> bool:
    """Whether one of them answered; whoever else rang is cancelled."""
    sender = caller_id(course, element)
    legs: dict[Leg, Person] = {}
    for each in wanted:
        ends = Ends(
            sender, each.address, "outbound-dial", course.leg.sid, each.callback, user=each.user, password=each.password
        )
        leg = course.office.call_out(ends)
        leg.parameters = dict(each.parameters)
        legs[leg] = each
    outcome.sid = next(iter(legs)).sid
    try:
        winner = await _first_answer(course, element, list(legs))
        if winner is None:
            outcome.status = str(next(iter(legs)).facts.status)
            return False
        outcome.sid = winner.sid
        await _meet(course, element, winner, legs[winner], outcome)
    finally:
        for leg in legs:
            if not leg.is_working:
                leg.drop()
        told = next((leg.line for leg in legs if leg.sid == outcome.sid), None)
        if isinstance(told, Dialled):
            outcome.more = told.dialled()
        outcome.seconds = next((leg.facts.seconds for leg in legs if leg.sid == outcome.sid), 0)
    return True


async def _first_answer(course: Course, element: Element, legs: list[Leg]) -> Leg | None:
    """Ring until one answers; the caller hears the ringing tone meanwhile."""
    timeout = element.number("timeout", DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT)
    ringing = {asyncio.ensure_future(course.office.ring(leg, timeout)): leg for leg in legs}
    course.leg.line.tell("ringback", call=course.leg.sid)
    only = legs[0] if len(legs) == 1 and not element.string("ringTone") else None
    tone = Ringback(tone_of(course, element), only)
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


class Ringback:
    """The ringing tone; or, of one alone who is called, what is played there before anybody answers."""

    def __init__(self, cadence: Cadence, callee: Leg | None) -> None:
        self._tone = Repeating(cadence)
        self._callee = callee

    def next_frame(self) -> bytes | None:
        if self._callee and self._callee.has_early_sound:
            return self._callee.said
        return self._tone.next_frame()


def tone_of(course: Course, element: Element) -> Cadence:
    """The ringing tone of a country, else the exchange's own."""
    return RINGS.get(element.string("ringTone").lower(), CADENCES[course.office.config.cadence])


async def _meet(course: Course, element: Element, callee: Leg, person: Person, outcome: Outcome) -> None:
    """Let the callee press and hear its own things first, if there are any; then connect the two."""
    if person.machine:
        detect_aside(course.office, callee, person.machine, person.machine_callback or Callback())
    if person.digits:
        await callee.play(Pcm(tone_for(person.digits)))
    if person.whisper and not await _whisper(course, callee, person.whisper, tone_of(course, element)):
        outcome.status = "completed"
        return
    course.leg.answer()
    outcome.connect("completed")
    limit = element.number("timeLimit", DEFAULT_TIME_LIMIT, 1)
    with referrals(course, element, callee, outcome) as referred:
        await talk(course.office.ticker, course.leg, callee, limit, referred)


async def _whisper(course: Course, callee: Leg, whisper: Target, ringing: Cadence) -> bool:
    """Whether the callee is still there, and wants the call, after hearing the document; the caller hears ringing."""
    tone = Repeating(ringing)
    course.leg.hear(tone)
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
        course.leg.unhear(tone)
    return callee.is_up and not following.cancelled() and following.result() is End.RAN_OUT
