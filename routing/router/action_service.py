"""What the router does: decisions become rows, and rows become requests to the exchange."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from sqlalchemy.orm import Session

from hotline import clock, log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Agent, Call, Offer, QueueEntry
from hotline.outbox.notifier import Notifier
from hotline.values.reason_codes import GREEN_CHANNEL, OfferEndReason
from hotline.values.states.offer import LIVE_OFFERS, OfferEvent, OfferState
from hotline.values.states.queue_entry import QueueEntryState
from recordings.storage import service as recordings
from routing.ladder import floor_state
from routing.offers import service as offer_service
from routing.queues import queries
from routing.router import reconcile_queries
from telephony import webhook_urls
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider

# The exchange stops a phone by itself this long after the ladder should have.
SPARE_SECONDS = 10

ENDS: dict[type[floor_state.Decision], tuple[OfferEvent, OfferEndReason]] = {
    floor_state.RingNoAnswer: (OfferEvent.RING_NO_ANSWER, OfferEndReason.RING_NO_ANSWER),
    floor_state.PhoneUnreachable: (OfferEvent.NOT_REACHED, OfferEndReason.NOT_REACHED),
    floor_state.Preempt: (OfferEvent.CANCELLED, OfferEndReason.PREEMPTED),
    floor_state.Reassign: (OfferEvent.CANCELLED, OfferEndReason.REASSIGNED),
}


def offer_of(session: Session, start: floor_state.StartOffer, now: datetime) -> Offer | None:
    """Return the offer that a decision asks for, not yet stored; `None` when the caller is gone."""
    entry = session.get(QueueEntry, start.caller_id)
    if entry is None:
        return None
    return Offer(
        id=clock.new_id(),
        queue_entry_id=entry.id,
        call_id=entry.call_id,
        agent_id=start.agent_id,
        state=OfferState.STARTED,
        ring=start.ring,
        rings=start.rings,
        reasons=[*start.reasons, *(reason for reason in entry.reasons if reason.code in GREEN_CHANNEL)],
        overflow_queue=start.overflow_queue,
        is_last_resort=start.chosen.agent.is_set_aside,
        started_at=now,
    )


def end(database: Database, notifier: Notifier, decision: floor_state.End, now: datetime) -> bool:
    """End the offer as decided; whether it was still live."""
    event, reason = ENDS[type(decision)]
    with database.write() as session:
        offer = queries.locked_offer(session, decision.offer_id)
        if offer is None or offer.state not in LIVE_OFFERS:
            return False
        offer_service.end(session, notifier, offer, event, reason, now)
    return True


def act(context: AppContext, provider: Provider, pool: Executor, now: datetime) -> bool:
    """Ask of the exchange what the database already says; whether anything was asked and heard.

    Phones stop before others start, so that a line is free again when it is dialled.
    """
    with context.database.read() as session:
        asks = reconcile_queries.pending_requests(session, now)
    tasks: list[list[Callable[[], bool]]] = [
        [_bind(_arrange, context.database, context.settings, provider, *room) for room in asks.arrange],
        [_bind(_hang_up, context.database, provider, row) for row in asks.hang_up]
        + [_bind(_move, context.database, context.settings, provider, entry, call) for entry, call in asks.move],
        [_bind(_dial, context, provider, offer, agent, call) for offer, agent, call in asks.dial]
        + [_bind(_record, context, provider, call) for call in asks.record],
    ]
    done = [list(pool.map(lambda task: task(), batch)) for batch in tasks]
    return any(map(any, done))


def _bind(action: Callable[..., object], *arguments: object) -> Callable[[], bool]:
    """Return the action with its arguments; its answer is whether something was done.

    One that says `False` is asked again.
    """

    def run() -> bool:
        try:
            return action(*arguments) is not False
        except ProviderDown as error:
            # The row still says what is to be done: the next pass asks again.
            log.get().warning("exchange_unreachable", action=action.__name__.strip("_"), error=str(error))
            return False

    return run


def _hang_up(database: Database, provider: Provider, offer: Offer) -> None:
    sid = offer.provider_sid or ""
    try:
        provider.hang_up(sid)
    except ProviderRefused:
        log.get().info("leg_already_ended", sid=sid)
    with database.write() as session:
        session.get_one(Offer, offer.id).hung_up_at = clock.now()


def _move(database: Database, settings: Settings, provider: Provider, entry: QueueEntry, call: Call) -> None:
    try:
        webhook = webhook_urls.connect if entry.state is QueueEntryState.WON else webhook_urls.requeued
        provider.redirect(call.provider_sid, webhook_urls.absolute(settings.voice_url, webhook(call.id)))
    except ProviderRefused:
        log.get().info("caller_gone", call_id=call.id)  # the status callback or the sweep closes the call
    with database.write() as session:
        queries.locked_call(session, call.id)
        row = session.get_one(QueueEntry, entry.id)
        session.refresh(row)
        if row.state is entry.state and row.winner_id == entry.winner_id:
            row.sent_to_conference_at = clock.now() if row.state is QueueEntryState.WON else None


def _arrange(database: Database, settings: Settings, provider: Provider, call: Call, agents: list[Offer]) -> bool:
    """Bring a call's conference to what it ought to be: again and again the same, so it may be done twice.

    `False` while a caller who is to be on hold is not in it yet: whoever comes in later would hear the agents.
    """
    conference, is_held, ender_id = provider.find_conference(call.id), call.conference_is_held, call.conference_ender_id
    is_told = not is_held
    if conference is not None:
        music = webhook_urls.absolute(settings.voice_url, webhook_urls.wait(call.id)) if is_held else None
        is_told |= _tell_line(lambda: provider.hold(conference, call.provider_sid, music))
        for offer in agents:
            _tell_line(lambda: provider.end_with(conference, offer.provider_sid or "", is_needed=offer.id == ender_id))  # noqa: B023 (at once)
    with database.write() as session:
        row = queries.locked_call(session, call.id)
        if row is not None and is_told:
            row.conference_applied_held, row.conference_applied_ender_id = is_held, ender_id
    return is_told


def _tell_line(request: Callable[[], None]) -> bool:
    try:
        request()
    except ProviderRefused:
        log.get().info("not_in_the_conference")  # the line has left, or is not there yet
        return False
    return True


def _dial(context: AppContext, provider: Provider, offer: Offer, agent: Agent, call: Call) -> None:
    with context.database.write() as session:
        row = queries.locked_offer(session, offer.id)
        if row is None or row.state is not OfferState.STARTED or row.dialled_at is not None:
            return
        row.dialled_at = clock.now()
    answered, status = (
        webhook_urls.absolute(context.settings.voice_url, webhook(offer.id))
        for webhook in (webhook_urls.offer_answered, webhook_urls.offer_status)
    )
    seconds = max(5, round(offer.rings * context.settings.ring_seconds) + SPARE_SECONDS)
    try:
        sid = provider.dial(agent.address, context.settings.hotline_number, answered, status, seconds)
    except (ProviderDown, ProviderRefused) as error:
        log.get().warning("dial_failed", call_id=call.id, offer_id=offer.id, error=str(error))
        is_down = isinstance(error, ProviderDown)
        _unreachable(
            context.database,
            context.notifier,
            offer,
            OfferEndReason.EXCHANGE_DOWN if is_down else OfferEndReason.NOT_REACHED,
        )
        return
    with context.database.write() as session:
        row = queries.locked_offer(session, offer.id)
        if row is not None:
            row.provider_sid = row.provider_sid or sid


def _unreachable(database: Database, notifier: Notifier, offer: Offer, reason: OfferEndReason) -> None:
    with database.write() as session:
        row = queries.locked_offer(session, offer.id)
        if row is not None:
            offer_service.end(session, notifier, row, OfferEvent.NOT_REACHED, reason, clock.now())


def _record(context: AppContext, provider: Provider, call: Call) -> None:
    """Start the recording of a conversation; one that was started before a crash is found, not doubled."""
    try:
        with context.database.read() as session:
            messages = recordings.voicemail_sids(session, call.id)
        known = [sid for sid in provider.recordings_of(call.provider_sid) if sid not in messages]
        events = webhook_urls.absolute(context.settings.voice_url, webhook_urls.recording_events(call.id))
        sid = known[0] if known else provider.record(call.provider_sid, events)
    except ProviderRefused:
        return  # the caller has hung up
    with context.database.write() as session:
        recordings.add_started(session, context.notifier, call.id, sid, clock.now())
