"""Dial Number, Client and Sip: ring one or several telephones, at once or in turn; the first to answer is connected."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from exchange.calls.bridge import bridge
from exchange.calls.call_details import StatusCallback
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import CallParties
from exchange.flow.call_flow import CallFlow, FlowEnd, Goto
from exchange.media.amd import DetectionTiming
from exchange.media.audio_source import PcmSource
from exchange.media.clock import wait_for_any
from exchange.media.dtmf import key_tones
from exchange.media.ringing import RINGS
from exchange.media.tones import CADENCES, Cadence, CadenceSource
from exchange.verbs.callbacks import callback_of, status_callback
from exchange.verbs.dial_nouns import address_of, caller_id, digits_of, nouns_of
from exchange.verbs.dial_outcome import DialOutcome
from exchange.verbs.machine_detection import detect_aside, patience_of
from exchange.verbs.referrals import referrals
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import WebhookTarget

DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT = 30, 5, 600
DEFAULT_TIME_LIMIT = 14_400


@runtime_checkable
class DialReporting(Protocol):
    """A line that has more to tell about a dialled call."""

    def dialled(self) -> dict[str, str]: ...


@dataclass(frozen=True)
class DialTarget:
    """One noun of a Dial: an address, what is pressed and heard there after the answer, and its callbacks."""

    address: str
    whisper: WebhookTarget | None
    callback: StatusCallback
    digits: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    machine: DetectionTiming | None = None
    machine_callback: StatusCallback | None = None


def dial_targets(flow: CallFlow, element: Element) -> list[DialTarget]:
    """Return those whom the nouns mean, in order."""
    return [_person(flow, noun) for noun in nouns_of(flow, element)]


def _person(flow: CallFlow, noun: Element) -> DialTarget:
    url = noun.string("url")
    return DialTarget(
        address=address_of(flow, noun),
        whisper=flow.here.join(url, noun.method()) if url else None,
        callback=status_callback(flow, noun),
        digits=digits_of(flow, noun),
        user=noun.string("username"),
        password=noun.string("password"),
        parameters={each.string("name"): each.string("value") for each in noun.named("Parameter")},
        machine=patience_of(noun),
        machine_callback=callback_of(flow, noun, "amdStatusCallback"),
    )


async def dial_numbers(flow: CallFlow, element: Element, outcome: DialOutcome) -> None:
    """Ring them all, or with `sequential` one after the other, until one answers; then connect."""
    targets = dial_targets(flow, element)
    groups = [[person] for person in targets] if element.flag("sequential", default=False) else [targets]
    for group in groups:
        if not group:
            outcome.status = "failed"
        elif await _call(flow, element, group, outcome):
            return


async def _call(flow: CallFlow, element: Element, targets: list[DialTarget], outcome: DialOutcome) -> bool:
    """Return whether one of them answered; whoever else rang is cancelled."""
    sender = caller_id(flow, element)
    legs: dict[CallLeg, DialTarget] = {}
    for each in targets:
        ends = CallParties(
            sender, each.address, "outbound-dial", flow.leg.sid, each.callback, user=each.user, password=each.password
        )
        leg = flow.context.call_out(ends)
        leg.parameters = dict(each.parameters)
        legs[leg] = each
    outcome.sid = next(iter(legs)).sid
    try:
        winner = await _first_answer(flow, element, list(legs))
        if winner is None:
            outcome.status = str(next(iter(legs)).facts.status)
            return False
        outcome.sid = winner.sid
        await _meet(flow, element, winner, legs[winner], outcome)
    finally:
        for leg in legs:
            if not leg.is_working:
                leg.drop()
        line = next((leg.line for leg in legs if leg.sid == outcome.sid), None)
        if isinstance(line, DialReporting):
            outcome.more = line.dialled()
        outcome.seconds = next((leg.facts.seconds for leg in legs if leg.sid == outcome.sid), 0)
    return True


async def _first_answer(flow: CallFlow, element: Element, legs: list[CallLeg]) -> CallLeg | None:
    """Ring until one answers; the caller hears the ringing tone meanwhile."""
    timeout = element.number("timeout", DEFAULT_TIMEOUT, LEAST_TIMEOUT, MOST_TIMEOUT)
    ringing = {asyncio.ensure_future(flow.context.ring(leg, timeout)): leg for leg in legs}
    flow.leg.line.tell("ringback", call=flow.leg.sid)
    only = legs[0] if len(legs) == 1 and not element.string("ringTone") else None
    tone = Ringback(tone_of(flow, element), only)
    flow.leg.set_source(tone)
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
        flow.leg.clear_source(tone)
        if waiting:
            await asyncio.wait(waiting)


class Ringback:
    """The ringing tone; or, of one alone who is called, what is played there before anybody answers."""

    def __init__(self, cadence: Cadence, callee: CallLeg | None) -> None:
        self._tone = CadenceSource(cadence)
        self._callee = callee

    def next_frame(self) -> bytes | None:
        if self._callee and self._callee.has_early_sound:
            return self._callee.inbound
        return self._tone.next_frame()


def tone_of(flow: CallFlow, element: Element) -> Cadence:
    """Return the ringing tone of a country, else the exchange's own."""
    return RINGS.get(element.string("ringTone").lower(), CADENCES[flow.context.config.cadence])


async def _meet(flow: CallFlow, element: Element, callee: CallLeg, person: DialTarget, outcome: DialOutcome) -> None:
    """Let the callee press and hear its own things first, if there are any; then connect the two."""
    if person.machine:
        detect_aside(flow.context, callee, person.machine, person.machine_callback or StatusCallback())
    if person.digits:
        await callee.play(PcmSource(key_tones(person.digits)))
    if person.whisper and not await _whisper(flow, callee, person.whisper, tone_of(flow, element)):
        outcome.status = "completed"
        return
    flow.leg.answer()
    outcome.connect("completed")
    limit = element.number("timeLimit", DEFAULT_TIME_LIMIT, 1)
    with referrals(flow, element, callee, outcome) as referred:
        await bridge(flow.context.ticker, flow.leg, callee, limit, referred)


async def _whisper(flow: CallFlow, callee: CallLeg, whisper: WebhookTarget, ringing: Cadence) -> bool:
    """Return whether the callee is still there, and wants the call, after hearing the document; the caller hears
    ringing.
    """
    tone = CadenceSource(ringing)
    flow.leg.set_source(tone)
    aside = CallFlow(flow.context, callee, flow.verbs)
    parameters = {"ParentCallSid": flow.leg.sid}
    following = asyncio.ensure_future(aside.follow(Goto(whisper, parameters)))
    over = callee.ended.wait()
    try:
        await wait_for_any(following, over)
    finally:
        over.cancel()
        following.cancel()
        await asyncio.wait({following})
        flow.leg.clear_source(tone)
    return callee.is_up and not following.cancelled() and following.result() is FlowEnd.RAN_OUT
