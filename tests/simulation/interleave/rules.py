"""What must be true after every step of the interleavings, and what must be true once everything has settled."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.models import AgentSkill, CallHistoryEvent, Offer, QueueEntry
from hotline.values.reason_codes import QueueEntryEndReason
from hotline.values.states.agent import AgentState
from hotline.values.states.call import CallStatus
from hotline.values.states.offer import LIVE_OFFERS, OfferState
from hotline.values.states.queue_entry import QueueEntryKind, QueueEntryState
from routing.ladder.candidates import meets
from tests.simulation.exchange.telephone import Line, Place
from tests.simulation.interleave import counts, kept, rest
from tests.simulation.interleave.seen import OPEN, Eye, NewOffer, Seen, SeenPlace, rank, without_phone
from tests.simulation.interleave.world import World

CHECKS_PER_COUNT = 25
OVERFLOWED = (
    QueueEntryEndReason.OVERFLOW_CALLBACK,
    QueueEntryEndReason.OVERFLOW_VOICEMAIL,
    QueueEntryEndReason.OVERFLOW_NUMBER,
)
HELD = (AgentState.OFFERED, AgentState.TALKING)


class Violation(AssertionError):
    """A rule was broken; the text says which, and what led to it."""


class Rules:
    """The rules of one world."""

    def __init__(self, world: World) -> None:
        """Watch `world`; nobody has been rung yet."""
        self._world = world
        self._eye = Eye(world.context.database)
        self._last_offer = ""
        # What was seen last, and the number of commits it is as new as; and that of the last check.
        self._looked: tuple[int, Seen] | None = None
        self._checked = -1
        self._checks = 0
        self._unrung: set[str] = set()
        with world.context.database.read() as session:
            self._skills: dict[str, dict[str, int]] = {}
            for row in session.scalars(select(AgentSkill)):
                self._skills.setdefault(row.agent_id, {})[row.skill] = row.level
        self._began = world.agents[0].state_since
        world.on_pass = self._remember

    def _remember(self) -> None:
        self._unrung = {row.id for row in without_phone(self._see())}

    def _see(self) -> Seen:
        if self._looked is None or self._looked[0] != self._world.commits:
            self._looked = self._world.commits, self._eye.see()
        return self._looked[1]

    def close(self) -> None:
        """Stop looking."""
        self._eye.close()

    def check(self) -> None:
        """After a step. Raises `Violation`."""
        seen = self._see()
        if self._checked == self._world.commits and not self._world.is_clean:
            return self._raise([*self._dialled(seen)])
        self._checked = self._world.commits
        started = self._eye.offers_after(self._last_offer)
        self._raise([*_callers(seen), *_agents(seen), *kept.promises(seen), *self._dialled(seen), *self._counted()])
        if self._world.is_clean:
            self._raise([*self._ringing_for_nobody(seen), *self._overtaken(seen, started)])
        if started:
            self._last_offer = started[-1].id
        return None

    def _counted(self) -> Iterator[str]:
        """The figures read the whole day: they are compared at one of `CHECKS_PER_COUNT` steps."""
        self._checks += 1
        if self._checks % CHECKS_PER_COUNT == 0:
            with self._world.context.database.read() as session:
                yield from counts.figures(session, self._began)

    def check_rest(self) -> None:
        """After everything has settled. Raises `Violation`."""
        seen, exchange = self._eye.see(), self._world.exchange
        with self._world.context.database.read() as session:
            wrong = [*counts.figures(session, self._began), *kept.kept(session, exchange.messages())]
        self._raise([*wrong, *rest.lines(exchange, seen), *rest.forgotten(seen, self._skills, clock.now())])

    def _raise(self, wrong: list[str]) -> None:
        if wrong:
            calls = sorted(set(re.findall(r"[0-9a-f]{32}", "\n".join(wrong))))
            raise Violation("\n".join([*wrong, *self._stories(calls), "after:", *list(self._world.trace)[-40:]]))

    def _stories(self, calls: list[str]) -> Iterator[str]:
        """What the database tells of these calls."""
        with self._world.context.database.read() as session:
            for event in session.scalars(
                select(CallHistoryEvent).where(CallHistoryEvent.call_id.in_(calls)).order_by(CallHistoryEvent.id)
            ):
                yield f"story of {event.call_id}: {event.at:%H:%M:%S.%f} {event.kind} {event.data}"
            names = [*calls, *session.scalars(select(Offer.id).where(Offer.call_id.in_(calls)))]
            for line in self._world.trace:
                if any(name[-6:] in line for name in names):
                    yield f"seen: {line}"
            for row in session.scalars(select(QueueEntry).where(QueueEntry.call_id.in_(calls))):
                yield f"place of {row.call_id}: {row.state} winner {row.winner_id} moved {row.sent_to_conference_at}"

    def _dialled(self, seen: Seen) -> Iterator[str]:
        """No agent is rung while busy."""
        lines = self._world.exchange.lines
        while self._world.exchange.dialled:
            new = self._world.exchange.dialled.pop()
            for line in lines.values():
                held = seen.offers.get(line.owner)
                is_other = line.address == new.address and line is not new and line.place is not Place.ENDED
                if is_other and held is not None and line.owner != new.owner and new.owner in seen.offers:
                    yield f"rung while busy: {new.owner} beside {line.owner}"
                if is_other and line.owner == new.owner:
                    yield f"rung twice for one offer: {new.owner}"

    def _ringing_for_nobody(self, seen: Seen) -> Iterator[str]:
        """No phone rings for a caller who is gone, once the router has acted and knows of the line."""
        for line in self._world.exchange.lines.values():
            is_ringing = line.is_agent and line.place is Place.RINGING
            if is_ringing and line.owner not in seen.offers and self._is_known(line):
                yield f"rings for nobody: {line.owner}"

    def _is_known(self, line: Line) -> bool:
        with self._world.context.database.read() as session:
            offer = session.get_one(Offer, line.owner)
            return offer.provider_sid == line.sid

    def _overtaken(self, seen: Seen, started: list[NewOffer]) -> Iterator[str]:
        """Who has no phone is never passed over by one behind them with the same wish.

        Except that an agent who is set aside is not rung, as a last resort, for the very caller whom they let ring.
        """
        places = {row.id: row for row in seen.waiting}
        for offer in started:
            mine = places.get(offer.queue_entry_id)
            for row in without_phone(seen):
                if mine is None or row.id not in self._unrung or _wanted(row) != _wanted(mine):
                    continue
                is_behind = rank(row) < rank(mine) and meets(self._skills[offer.agent_id], row.required_skills)
                if is_behind and not (offer.is_last_resort and self._was_let_ring(row.id, offer.agent_id)):
                    yield f"overtaken: {row.call_id} by {mine.call_id}"

    def _was_let_ring(self, queue_entry_id: str, agent_id: str) -> bool:
        """Whether this agent has let the phone ring for this caller, or declined."""
        tried = select(Offer.id).where(
            Offer.queue_entry_id == queue_entry_id,
            Offer.agent_id == agent_id,
            Offer.state.in_([OfferState.MISSED, OfferState.REJECTED]),
        )
        with self._world.context.database.read() as session:
            return session.scalars(tried).first() is not None


def _callers(seen: Seen) -> Iterator[str]:
    """No caller is lost, no caller has two winners."""
    open_places: dict[str, list[Any]] = {}
    for row in seen.waiting:
        if row.state in OPEN:
            open_places.setdefault(row.call_id, []).append(row)
        if row.call_id not in seen.calls:
            yield f"in line after the end of the call: {row.call_id}"
        winner = seen.offers.get(row.winner_id or "")
        if row.state is QueueEntryState.WON and (winner is None or winner.state is not OfferState.ANSWERED):
            yield f"won by nobody: {row.call_id}"
    for call in seen.calls.values():
        places = [place for place in open_places.get(call.id, []) if place.kind is QueueEntryKind.CALLER]
        consults = len(open_places.get(call.id, [])) - len(places)
        if consults > (call.status is CallStatus.TALKING):
            yield f"{call.status} with {consults} consultations: {call.id}"
        if not places and call.status is CallStatus.WAITING and _is_led_out(seen, call.id):
            continue
        if (len(places) == 1) is not (call.status is CallStatus.WAITING) or len(places) > 1:
            yield f"{call.status} with {len(places)} places in line: {call.id}"
    for offer in seen.offers.values():
        if offer.state in LIVE_OFFERS and offer.queue_entry_id not in [r.id for r in seen.waiting if r.state in OPEN]:
            yield f"rings for a caller who is gone: {offer.id}"
    answered = [offer.queue_entry_id for offer in seen.offers.values() if offer.state is OfferState.ANSWERED]
    if len(answered) != len(set(answered)):
        yield "two winners"


def _wanted(row: SeenPlace) -> tuple[dict[str, int], str | None]:
    """Whom this caller needs."""
    return row.required_skills, row.only_agent_id


def _is_led_out(seen: Seen, call_id: str) -> bool:
    """Whether the router has led this caller out of the line, and they are on the way. At rest they have arrived."""
    newest = max((row for row in seen.waiting if row.call_id == call_id), key=lambda row: row.id, default=None)
    return newest is not None and newest.reason in OVERFLOWED


def _agents(seen: Seen) -> Iterator[str]:
    """No agent is stuck: whoever is held is held by an offer that goes on, which holds nobody else."""
    for agent in seen.agents.values():
        offer = seen.offers.get(agent.offer_id or "")
        if agent.state in HELD:
            ought = AgentState.TALKING if offer and offer.state is OfferState.ANSWERED else AgentState.OFFERED
            if offer is None or offer.agent_id != agent.id or ought is not agent.state:
                yield f"stuck: agent {agent.id} {agent.state} by {offer and offer.state}"
        elif agent.offer_id is not None:
            yield f"agent {agent.id} is {agent.state} and held"
        if agent.state in (AgentState.WRAP_UP, AgentState.NOT_READY) and agent.state_until is None:
            yield f"agent {agent.id} is {agent.state} for ever"
    for offer in seen.offers.values():
        if seen.agents[offer.agent_id].offer_id != offer.id:
            yield f"offer {offer.id} goes on without its agent"
