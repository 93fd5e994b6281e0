"""What others read of calls: lists of them, and all that routing knows of one. Nothing here commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, CallHistoryEvent, Offer, Queue, QueueEntry, Transfer
from hotline.values.paging import Listing, within
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from routing.queues import queries as queue_queries

PAGE = 25


@dataclass(frozen=True)
class CallFilter:
    """Which calls to list; `None` means all. `is_live` asks for those that go on."""

    since: datetime | None = None
    outcome: CallOutcome | None = None
    is_live: bool = False
    queue: str | None = None
    agent_id: str | None = None

    def claims(self) -> list[ColumnElement[bool]]:
        """Return the filter as conditions on calls."""
        claims: list[ColumnElement[bool]] = []
        if self.since is not None:
            claims.append(Call.started_at >= self.since)
        if self.outcome is not None:
            claims.append(Call.outcome == self.outcome)
        if self.is_live:
            claims.append(Call.status != CallStatus.ENDED)
        if self.queue is not None:
            claims.append(Call.queue == self.queue)
        if self.agent_id is not None:
            claims.append(Call.agent_id == self.agent_id)
        return claims


@dataclass(frozen=True)
class AnsweredCall:
    """One call with its queue, and the agent and the offer that answered it, where there are any."""

    call: Call
    agent: Agent | None
    queue: Queue | None
    offer: Offer | None


@dataclass(frozen=True)
class HeldCaller:
    """A caller for whom a phone rings, or who talks to its agent."""

    offer: Offer
    entry: QueueEntry
    call: Call
    queue: Queue


@dataclass(frozen=True)
class CallHistory:
    """One call with everything that routing did for it, in the order of time."""

    call: Call
    queue: Queue | None
    agents: dict[str, Agent]
    events: list[CallHistoryEvent]
    offers: list[Offer]
    entries: list[QueueEntry]

    @property
    def answered_offer(self) -> Offer | None:
        """Return the offer that was answered."""
        return next((offer for offer in self.offers if offer.state is OfferState.ANSWERED), None)


def listing(session: Session, wanted: CallFilter, page: int) -> Listing[AnsweredCall]:
    """Return the calls wanted, newest first; `page` counts from 1, and is the last one where there are fewer."""
    claims = wanted.claims()
    total = session.scalar(select(func.count()).select_from(Call).where(*claims)) or 0
    page = within(page, total, PAGE)
    newest = select(Call).where(*claims).order_by(Call.started_at.desc(), Call.id.desc())
    calls = session.scalars(newest.limit(PAGE).offset((page - 1) * PAGE)).all()
    return Listing(_answered(session, calls), total, page, PAGE)


def history(session: Session, call_id: str) -> CallHistory | None:
    """Return one call with everything that routing did for it, or `None`."""
    call = session.get(Call, call_id)
    if call is None:
        return None
    offers = session.scalars(select(Offer).where(Offer.call_id == call_id).order_by(Offer.started_at)).all()
    events = session.scalars(
        select(CallHistoryEvent)
        .where(CallHistoryEvent.call_id == call_id)
        .order_by(CallHistoryEvent.at, CallHistoryEvent.id)
    )
    entries = session.scalars(select(QueueEntry).where(QueueEntry.call_id == call_id).order_by(QueueEntry.asked_at))
    return CallHistory(
        call=call,
        queue=session.get(Queue, call.queue) if call.queue else None,
        agents=_agents(session, [*(offer.agent_id for offer in offers), call.agent_id]),
        events=list(events),
        offers=list(offers),
        entries=list(entries),
    )


def find(session: Session, call_id: str | None) -> Call | None:
    """Return the call; `None` without one."""
    return session.get(Call, call_id) if call_id else None


def existing(session: Session, call_id: str) -> Call:
    """Return the call, which is known to be there."""
    return session.get_one(Call, call_id)


def by_id(session: Session, call_ids: Iterable[str | None]) -> dict[str, Call]:
    """Return these calls by their id."""
    ids = {call_id for call_id in call_ids if call_id}
    return {call.id: call for call in session.scalars(select(Call).where(Call.id.in_(ids)))}


def queues_of(session: Session, call_ids: Iterable[str | None]) -> dict[str, str | None]:
    """Return the queue that each of these calls asked for."""
    ids = {call_id for call_id in call_ids if call_id}
    return dict(session.execute(select(Call.id, Call.queue).where(Call.id.in_(ids))).all())


def of_other_queues(queues: Iterable[str]) -> Select[str]:
    """Return, as a query of their ids, the calls that asked for a queue which is none of these."""
    return select(Call.id).where(Call.queue.is_not(None), Call.queue.not_in(list(queues)))


def caller_of_offer(session: Session, offer_id: str | None) -> str | None:
    """Return the index of the caller whom this offer holds; `None` without an offer, or for a hidden number."""
    held = select(Call.caller_index).join(Offer, Offer.call_id == Call.id).where(Offer.id == (offer_id or "-"))
    return session.scalar(held)


def held_callers(session: Session, offer_ids: Iterable[str]) -> list[HeldCaller]:
    """Return the callers whom these offers ring for, or connect."""
    query = (
        select(Offer, QueueEntry, Call, Queue)
        .join(QueueEntry, QueueEntry.id == Offer.queue_entry_id)
        .join(Call, Call.id == Offer.call_id)
        .join(Queue, Queue.name == QueueEntry.queue)
        .where(Offer.id.in_(list(offer_ids)))
    )
    return [HeldCaller(offer, entry, call, queue) for offer, entry, call, queue in session.execute(query)]


def transfers_of(session: Session, call_ids: Iterable[str]) -> list[Transfer]:
    """Return the transfers of these calls, the newest first."""
    ids = list(call_ids)
    query = select(Transfer).where(Transfer.call_id.in_(ids)).order_by(Transfer.id.desc())
    return list(session.scalars(query)) if ids else []


def going_on(session: Session) -> list[Call]:
    """Return the calls that are in the menu or in a conversation, the oldest first."""
    states = (CallStatus.TALKING, CallStatus.IN_MENU)
    return list(session.scalars(select(Call).where(Call.status.in_(states)).order_by(Call.started_at)))


def silent(session: Session, since: datetime) -> list[Call]:
    """Return calls that go on and of which the exchange has said nothing since then."""
    return list(session.scalars(select(Call).where(Call.status != CallStatus.ENDED, Call.last_report_at < since)))


def silent_offers(session: Session, since: datetime) -> list[Offer]:
    """Return offers whose agent's line, as far as we know, has rung or been up since before then."""
    live = Offer.state.in_([OfferState.STARTED, OfferState.RINGING])
    talking = (Offer.state == OfferState.ANSWERED) & Offer.ended_at.is_(None)
    query = select(Offer).where(live | talking, Offer.provider_sid.is_not(None), Offer.started_at < since)
    return list(session.scalars(query))


def mark_reported(session: Session, call_ids: Iterable[str], now: datetime) -> None:
    """Note that the exchange has just spoken of these calls."""
    session.execute(update(Call).where(Call.id.in_(list(call_ids))).values(last_report_at=now))


def known_sids(session: Session, sids: Iterable[str]) -> set[str]:
    """Return those of the provider's ids whose calls we know."""
    return set(session.scalars(select(Call.provider_sid).where(Call.provider_sid.in_(list(sids)))))


def _answered(session: Session, calls: Sequence[Call]) -> list[AnsweredCall]:
    answered = (Offer.call_id.in_([call.id for call in calls]), Offer.state == OfferState.ANSWERED)
    rows = session.scalars(select(Offer).where(*answered).order_by(Offer.started_at))
    offers = {offer.call_id: offer for offer in rows}
    agents = _agents(session, [call.agent_id for call in calls])
    queues = {queue.name: queue for queue in queue_queries.queues(session)}
    return [
        AnsweredCall(call, agents.get(call.agent_id or ""), queues.get(call.queue or ""), offers.get(call.id))
        for call in calls
    ]


def _agents(session: Session, agent_ids: Iterable[str | None]) -> dict[str, Agent]:
    ids = {agent_id for agent_id in agent_ids if agent_id}
    return {agent.id: agent for agent in session.scalars(select(Agent).where(Agent.id.in_(ids)))}
