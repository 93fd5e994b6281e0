"""What must be true of the interleavings' lines and rows once everything has settled."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.callback import CallbackState
from hotline.values.states.offer import OfferState
from routing.callbacks.due import SILENT_SECONDS
from routing.ladder.candidates import meets
from tests.simulation.exchange.exchange import SimulatedExchange
from tests.simulation.exchange.telephone import Line, Place
from tests.simulation.interleave.seen import OPEN, Seen, SeenPromise, without_phone

Skills = Mapping[str, Mapping[str, int]]


def lines(exchange: SimulatedExchange, seen: Seen) -> Iterator[str]:
    """At rest lines and rows tell the same story."""
    for call in seen.calls.values():
        if exchange.lines[call.provider_sid].place is Place.ENDED:
            yield f"call goes on without its line: {call.id}"
    calls = {call.provider_sid: call for call in seen.calls.values()}
    for line in exchange.lines.values():
        if line.is_agent:
            yield from _agent_line(seen, line)
        elif line.is_up and not line.leg.facts.parent_sid:
            yield from _caller_line(exchange, seen, line, calls.get(line.sid))


def _caller_line(exchange: SimulatedExchange, seen: Seen, line: Line, call: Any) -> Iterator[str]:
    room = exchange.room(line.room)
    if call is None:
        yield f"line goes on without its call: {line.owner} {line.place}"
    elif call.status is CallStatus.WAITING and line.place is not Place.QUEUE:
        yield f"waits in the database, not in the queue: {call.id} {line.place}"
    elif line.place is Place.QUEUE and call.id not in {row.call_id for row in seen.waiting if row.state in OPEN}:
        yield f"waits in the queue, not in the database: {call.id}"
    elif call.status is CallStatus.TALKING:
        yield from _room(seen, call, line, room)


def _room(seen: Seen, call: Any, caller: Line, room: list[Line]) -> Iterator[str]:
    """Everybody who talks is in the room, which depends on the caller and on an agent who is alone with them."""
    agents = [o for o in seen.offers.values() if o.state is OfferState.ANSWERED and o.call_id == call.id]
    if len(room) != 1 + len(agents) or not agents:
        yield f"talks to {len(room) - 1} agents, not {len(agents)}: {call.id} {caller.place}"
    elif caller.is_held is not call.is_held:
        yield f"held in the room {caller.is_held}, in the row {call.is_held}: {call.id}"
    elif [line.ends for line in room if line.is_agent] != [len(agents) == 1] * len(agents):
        yield f"the room depends on the wrong agents: {call.id}"


def _agent_line(seen: Seen, line: Line) -> Iterator[str]:
    offer = seen.offers.get(line.owner)
    if line.place is Place.ENDED:
        if offer is not None:
            yield f"offer goes on without its line: {offer.id} {offer.state}"
    elif offer is None:
        yield f"line goes on without its offer: {line.owner} {line.place}"
    elif (offer.state is OfferState.ANSWERED) is not (line.place is Place.ROOM):
        yield f"offer is {offer.state}, its line is {line.place}: {offer.id}"


def forgotten(seen: Seen, skills: Skills, now: datetime) -> Iterator[str]:
    """A queue never stops offering: nobody waits without a phone while someone who fits is free.

    The same of callbacks: a patient who is not on the line is dialled when somebody is free for them.
    """
    kept = {promise.reserved_agent_id for promise in seen.promises if promise.state is CallbackState.DIALLING}
    free = [
        agent.id
        for agent in seen.agents.values()
        if agent.state is AgentState.IDLE
        and agent.status is AgentStatus.AVAILABLE
        and agent.is_present
        and agent.id not in kept
    ]
    for row in without_phone(seen):
        if row.only_agent_id is None and any(meets(skills[agent_id], row.required_skills) for agent_id in free):
            yield f"forgotten in line: {row.call_id}"
    on_the_line = {call.caller_index for call in seen.calls.values()}
    for promise in seen.promises:
        is_due = promise.state is CallbackState.WAITING and _moment(promise.due_at) <= now
        is_away = promise.call_id not in seen.calls and promise.caller_index not in on_the_line - {None}
        if is_due and is_away and any(meets(skills[agent_id], promise.required_skills) for agent_id in free):
            yield f"callback forgotten: {promise.call_id} after {promise.tries} tries"
        if _is_silent(promise, now):
            yield f"callback is dialled for ever: {promise.call_id}"


def _is_silent(promise: SeenPromise, now: datetime) -> bool:
    """Whether a try goes on of which nothing can be heard any more."""
    over = now - timedelta(seconds=SILENT_SECONDS + 30)
    is_dialled = promise.state is CallbackState.DIALLING and promise.outbound_call_id is None
    return is_dialled and _moment(promise.dialled_at) < over


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
