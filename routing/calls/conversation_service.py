"""The conversation: caller and agent meet, and one of them leaves. Each function runs inside its caller's transaction.

What happens before they meet, the line and the offers, is `routing.queues.service`. A line counts as lost, and not as
hung up, when it ended before the caller's, nobody had said that the conversation was over, and either the exchange
calls it failed, or the telephone is that of the agent's page, which announces every hang-up, or the agent was shut out.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.models import Agent, Call, Offer, QueueEntry
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import AgentLeft, AgentLost, CallerConnected, LineLost
from hotline.values.reason_codes import AgentStateReason, RequeueReason, TransferEndReason
from hotline.values.states.agent import AgentStateEvent
from hotline.values.states.call import CallEvent, CallStatus
from hotline.values.states.leg import LegStatus
from hotline.values.states.offer import OfferEvent, OfferState
from hotline.values.states.queue_entry import QueueEntryEvent, QueueEntryKind, QueueEntryState
from hotline.values.states.transfer import TransferState
from routing.agents import presence_queries
from routing.calls import conference_service
from routing.calls import transfer_end_service as ends
from routing.offers import service as offer_service
from routing.queues import queries, queues_file, requeue_service


class ConferenceExit(StrEnum):
    """Why a caller came out of the room: to go in line again, because it is over, or it cannot be told yet."""

    LINE = "line"
    OVER = "over"
    UNKNOWN = "unknown"


def agent_left(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    offer: Offer,
    now: datetime,
    status: LegStatus | None = None,
) -> None:
    """The line of an agent who had answered has ended, with this status where it is known: wrap-up begins.

    A caller whom they had not met, or whom they lost, is in line again.
    """
    if offer.state is not OfferState.ANSWERED or offer.ended_at is not None:
        return
    entry = session.get_one(QueueEntry, offer.queue_entry_id)
    offer.ended_at = now
    if entry.state is QueueEntryState.WON:
        transitions.transition(entry, QueueEntryEvent.AGENT_LOST)
        entry.winner_id = None
        # The caller may be in the conference, or on the way: the router leads them back.
        entry.sent_to_conference_at = entry.sent_to_conference_at or now
        transitions.transition(offer, OfferEvent.FAILED)  # a new winner must be possible
        offer_service.settle(session, offer, AgentStateEvent.OFFER_ENDED, None, None, now)
        offer_service.tell(session, notifier, offer, AgentLost, now)
    else:
        _leave_talk(session, notifier, settings, offer, status, now)
    notifier.notify_after(session, ROUTER)


def _leave_talk(
    session: Session, notifier: Notifier, settings: Settings, offer: Offer, status: LegStatus | None, now: datetime
) -> None:
    entry = session.get_one(QueueEntry, offer.queue_entry_id)
    call = session.get_one(Call, offer.call_id)
    is_lost = call.status is CallStatus.TALKING and _is_lost(session, offer, status)
    until = now + timedelta(seconds=queues_file.wrap_up_seconds(settings, entry.queue))
    offer_service.settle(
        session, offer, AgentStateEvent.HUNG_UP, AgentStateReason.LINE_LOST if is_lost else None, until, now
    )
    offer_service.tell(session, notifier, offer, LineLost if is_lost else AgentLeft, now)
    session.flush()
    if call.status is CallStatus.TALKING:
        _one_less(session, notifier, call, offer, now, is_lost=is_lost)
        conference_service.settle(session, call)


def _is_lost(session: Session, offer: Offer, status: LegStatus | None) -> bool:
    if offer.released_at is not None:
        return False
    agent = session.get_one(Agent, offer.agent_id)
    is_of_page = agent.page_phone_since is not None
    return status is LegStatus.FAILED or is_of_page or presence_queries.is_shut_out(session, agent)


def _one_less(session: Session, notifier: Notifier, call: Call, offer: Offer, now: datetime, *, is_lost: bool) -> None:
    """Return who has the caller now that this agent, whose line was lost or not, is gone."""
    inside = conference_service.present(session, call.id)
    transfer = conference_service.transfer_of(session, call.id)
    if transfer is not None and offer.id == transfer.from_offer_id and transfer.state is TransferState.ASKED:
        ends.goes_cold(session, notifier, call, transfer, now)
    elif transfer is not None and offer.id == transfer.from_offer_id and inside:
        ends.taken_over(session, notifier, call, transfer, now)
    elif transfer is not None and offer.id == transfer.to_offer_id and inside:
        ends.target_left(session, notifier, call, transfer, now)
    elif inside:
        call.agent_id = inside[0].agent_id
    elif is_lost or not conference_service.depends_on(call, offer.id):
        conference_service.fail_transfer(session, call.id, TransferEndReason.LINE_LOST, now)
        _to_the_front(session, notifier, call, offer, now, is_lost=is_lost)


def _to_the_front(
    session: Session, notifier: Notifier, call: Call, offer: Offer, now: datetime, *, is_lost: bool
) -> None:
    """Nobody is left with the caller, who is still there."""
    if not is_lost:
        requeue_service.requeue(session, notifier, call, requeue_service.RequeueTarget(RequeueReason.ALONE), now)
        return
    # The same agent is preferred once: a phone that fails again and again must not hold the caller for ever.
    may_return = not presence_queries.is_shut_out(session, session.get_one(Agent, offer.agent_id))
    preferred = offer.agent_id if may_return and requeue_service.times_lost(session, call.id) == 0 else None
    requeue_service.requeue(
        session,
        notifier,
        call,
        requeue_service.RequeueTarget(RequeueReason.LINE_LOST, preferred_agent_id=preferred),
        now,
    )


def dismissed(database: Database, offer_id: str, now: datetime) -> None:
    """The room ended around an agent whose own line was up: somebody else left first, their line is not lost."""
    with database.write() as session:
        offer = queries.locked_offer(session, offer_id)
        if offer is not None and offer.state is OfferState.ANSWERED and offer.ended_at is None:
            offer.released_at = offer.released_at or now


def came_out(
    session: Session, notifier: Notifier, settings: Settings, call: Call, entry_id: str, now: datetime
) -> ConferenceExit:
    """Return the caller came out of the room into which `place_id` had led them, with their own line up: what now."""
    entry = queries.latest_entry(session, call.id)
    if call.status is not CallStatus.TALKING or entry is None or entry.id != entry_id:
        return ConferenceExit.LINE
    if entry.state is not QueueEntryState.CONNECTED:
        return ConferenceExit.LINE
    gone = conference_service.present(session, call.id)
    if (
        len(gone) == 1
        and not _is_lost(session, gone[0], None)
        and conference_service.transfer_of(session, call.id) is None
    ):
        return ConferenceExit.UNKNOWN  # the report on their line is on its way
    for offer in gone:
        agent_left(session, notifier, settings, offer, now)
        session.flush()
    return ConferenceExit.LINE if queries.open_entry(session, call.id) is not None else ConferenceExit.OVER


def not_met(session: Session, notifier: Notifier, settings: Settings, call: Call, now: datetime) -> None:
    """The caller came out of the conference before the exchange said that it began: they are in line again."""
    entry = queries.open_entry(session, call.id)
    if entry is None or entry.kind is not QueueEntryKind.CALLER:
        return
    if entry.state is QueueEntryState.WON and entry.sent_to_conference_at is not None:
        agent_left(session, notifier, settings, session.get_one(Offer, entry.winner_id), now)


def alone(session: Session, notifier: Notifier, call: Call, now: datetime) -> None:
    """The caller is still on the line long after their agent has left: back in line, at the front."""
    last = queries.latest_entry(session, call.id)
    # Meanwhile they may stand in line again, where nobody has won them.
    winner = None if last is None or last.winner_id is None else session.get(Offer, last.winner_id)
    if last is None or call.status is not CallStatus.TALKING or winner is None or winner.ended_at is None:
        return
    if queries.open_entry(session, call.id) is not None or conference_service.anybody(session, call.id):
        return
    conference_service.fail_transfer(session, call.id, TransferEndReason.LINE_LOST, now)
    requeue_service.requeue(session, notifier, call, requeue_service.RequeueTarget(RequeueReason.ALONE), now)


def connected(session: Session, notifier: Notifier, call: Call, now: datetime, offer_id: str | None = None) -> None:
    """Caller and agent hear each other: the caller clock stops. Again or late, nothing changes.

    `offer_id` names the agent's offer where it is known: the report of an earlier agent's conference may come late.
    One that names the winner may overtake the exchange's answer to the router who sent the caller there: it is true.
    """
    entry = queries.open_entry(session, call.id)
    if entry is None or entry.state is not QueueEntryState.WON:
        return
    if (offer_id != entry.winner_id) if offer_id is not None else (entry.sent_to_conference_at is None):
        return
    transitions.transition(entry, QueueEntryEvent.CONNECTED)
    entry.ended_at = now
    transitions.transition(call, CallEvent.CONNECTED)
    call.answered_at = call.answered_at or now
    conference_service.enter(call, entry.winner_id or "")
    ends.reached(session, notifier, call, entry, now)
    call_log.record(session, notifier, call.id, CallerConnected(agent_id=call.agent_id), now)
    notifier.notify_after(session, ROUTER)
