"""What pages and the exchange tell of who is there, and what follows for each agent and the phones that ring.

`routing.agents.presence` decides; its decision is kept on the agent's row (`is_present`), so that an offer is a lease
on who is there and every page shows the same. Functions with a session run inside their caller's transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from hotline.database.database import Database
from hotline.models import Agent, AgentPage, CallHistoryEvent, Offer
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import FLOOR, ROUTER, Notifier
from hotline.values.call_events import OfferMissed, OfferUnreachable
from hotline.values.reason_codes import AgentStateReason, OfferEndReason
from hotline.values.states.agent import AbsenceReason, AgentState, PagePhone
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent, OfferState
from routing.agents import presence_queries
from routing.agents.status_service import come_back
from routing.offers import service as offer_service
from routing.queues import queries
from telephony.agent_address import CLIENT
from telephony.views import RegisteredPhone

# Pages that said nothing for so long are forgotten.
KEPT = timedelta(minutes=10)


@dataclass(frozen=True)
class PageHeartbeat:
    """A page's word that it is there: of whom, what its telephone does, and in which session it is open."""

    page_id: str
    agent_id: str
    user_id: str
    phone: PagePhone
    sign_in_id: str | None = None


# What pages say.


def heartbeat(session: Session, notifier: Notifier, told: PageHeartbeat, now: datetime) -> bool:
    """A page is there. `False` when its id is that of another one's page."""
    if _is_no_news(session, told, now):
        return True
    held = _held(session, told.agent_id)  # before the page: its row refers to the agent's
    page = session.get(AgentPage, told.page_id)
    if page is None:
        page = AgentPage(id=told.page_id, agent_id=told.agent_id, user_id=told.user_id, browser="", opened_at=now)
        session.add(page)
    elif (page.agent_id, page.user_id) != (told.agent_id, told.user_id):
        return False
    page.last_heartbeat_at, page.phone, page.sign_in_id = now, told.phone, told.sign_in_id
    page.phone_since = None if told.phone is PagePhone.NONE else page.phone_since or now
    session.flush()
    _settle(session, notifier, *held, now)
    notifier.notify_after(session, ROUTER)
    return True


def _is_no_news(session: Session, told: PageHeartbeat, now: datetime) -> bool:
    """Return whether a known page of somebody who is there says the same again, which is written down."""
    same = (AgentPage.id == told.page_id, AgentPage.agent_id == told.agent_id, AgentPage.user_id == told.user_id)
    again = update(AgentPage).where(*same, AgentPage.phone == told.phone, AgentPage.sign_in_id == told.sign_in_id)
    is_known = offer_service.changed(session.execute(again.values(last_heartbeat_at=now)))
    return is_known and bool(session.scalar(select(Agent.is_present).where(Agent.id == told.agent_id)))


def take_phone(session: Session, notifier: Notifier, told: PageHeartbeat, now: datetime) -> None:
    """This page is the agent's telephone from now on, and no older one."""
    if heartbeat(session, notifier, told, now):
        session.get_one(AgentPage, told.page_id).phone_since = now


def leave(session: Session, notifier: Notifier, agent_id: str, page_id: str, now: datetime) -> None:
    """This page of the agent says good-bye."""
    _forget(session, notifier, agent_id, AgentPage.id == page_id, now)


def sign_out(session: Session, notifier: Notifier, agent_id: str, sign_in_id: str, now: datetime) -> None:
    """Somebody signed out: no page of this session is the agent's any more."""
    _forget(session, notifier, agent_id, AgentPage.sign_in_id == sign_in_id, now)


def _forget(session: Session, notifier: Notifier, agent_id: str, where: ColumnElement[bool], now: datetime) -> None:
    session.execute(delete(AgentPage).where(AgentPage.agent_id == agent_id, where))
    _settle(session, notifier, *_held(session, agent_id), now)
    notifier.notify_after(session, ROUTER)


def forget_old(session: Session, now: datetime) -> None:
    """Delete pages that were closed long ago without a word."""
    session.execute(delete(AgentPage).where(AgentPage.last_heartbeat_at < now - KEPT))


# What the exchange says.


def update_registrations(database: Database, notifier: Notifier, phones: Iterable[RegisteredPhone] | None) -> None:
    """The exchange has told which telephones are registered; `None`: it never tells."""
    known = None if phones is None else {phone.address: phone for phone in phones}
    with database.read() as session:
        found = session.execute(
            select(Agent.id, Agent.address, Agent.registered, Agent.registration).order_by(Agent.id)
        )
        rows = found.all()
    changed = [row for row in rows if _registration(known, row.address) != (row.registered, row.registration)]
    if not changed:
        return
    with database.write() as session:
        for row in changed:
            agent = session.get_one(Agent, row.id, with_for_update=True)
            phone = None if known is None else known.get(agent.address)
            agent.registered, registration = _registration(known, agent.address)
            agent.registered_page = phone.label or None if phone is not None else None
            if registration is not None and registration != agent.registration:
                agent.dial_failures, agent.dial_after = 0, None
            agent.registration = registration
        notifier.notify_after(session, ROUTER)


def _registration(known: Mapping[str, RegisteredPhone] | None, address: str) -> tuple[bool | None, str | None]:
    """Return whether the address is registered (`None`: the exchange does not know it), and by which registration."""
    if known is None:
        return None, None
    phone = known.get(address)
    if phone is None:
        return (False if address.startswith(CLIENT) else None), None
    return phone.sid is not None, phone.sid


# What follows.


def update_presence(database: Database, notifier: Notifier, now: datetime) -> bool:
    """Bring every agent's presence up to date; whether anybody came or went."""
    with database.read() as session:
        moved = [agent_id for agent_id, why, was in presence_queries.decide(session, now) if why is not was]
    for agent_id in moved:
        with database.write() as session:
            _settle(session, notifier, *_held(session, agent_id), now)
    return bool(moved)


def _held(session: Session, agent_id: str) -> tuple[Agent | None, Offer | None]:
    """Return the agent and the offer that holds them, both locked: the call first, as everywhere."""
    held = session.scalar(select(Agent.offer_id).where(Agent.id == agent_id))
    offer = None if held is None else queries.locked_offer(session, held)
    return session.get(Agent, agent_id, with_for_update=True, populate_existing=True), offer


def _settle(session: Session, notifier: Notifier, agent: Agent | None, offer: Offer | None, now: datetime) -> None:
    """Decide anew for this agent; who has gone is rung no more, and what they could not hear they have not missed."""
    if agent is None:
        return
    ((_, why, was),) = presence_queries.decide(session, now, agent.id)
    if why is was:
        return
    presence_queries.apply(agent, why, now)
    session.flush()
    notifier.notify_after(session, ROUTER)
    notifier.notify_after(session, FLOOR)
    if why is None:
        return
    if offer is not None and offer.state in LIVE_OFFERS and offer.agent_id == agent.id:
        offer_service.end(session, notifier, offer, OfferEvent.NOT_REACHED, OfferEndReason(why.value), now)
    if why in {AbsenceReason.PAGE_SILENT, AbsenceReason.NOT_SIGNED_IN}:
        _not_missed(session, notifier, agent, now)


def _not_missed(session: Session, notifier: Notifier, agent: Agent, now: datetime) -> None:
    """Offers that ended as missed after their page's last sign of life rang where nobody could hear them."""
    seen = select(func.max(AgentPage.last_heartbeat_at)).where(AgentPage.agent_id == agent.id)
    of_phone = [AgentPage.id == agent.registered_page] if agent.absence_reason is AbsenceReason.PAGE_SILENT else []
    last = session.scalar(seen.where(*of_phone))
    if last is None:
        return
    missed = select(Offer).where(Offer.agent_id == agent.id, Offer.state == OfferState.MISSED, Offer.ended_at > last)
    for offer in session.scalars(missed):
        transitions.transition(offer, OfferEvent.CUT_OFF)
        offer.reason = OfferEndReason.PAGE_SILENT
        told = select(CallHistoryEvent).where(
            CallHistoryEvent.call_id == offer.call_id, CallHistoryEvent.kind == OfferMissed.kind
        )
        for row in session.scalars(told):
            event = call_log.read(row)
            if isinstance(event, OfferMissed) and event.offer_id == offer.id:
                unreachable = OfferUnreachable(offer_id=offer.id, agent_id=agent.id, reason=offer.reason)
                call_log.rewrite(row, unreachable)
        if agent.state is AgentState.NOT_READY and agent.state_reason is AgentStateReason.RING_NO_ANSWER:
            come_back(session, notifier, agent, now)
