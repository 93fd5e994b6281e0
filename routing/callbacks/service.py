"""Callbacks: callers who leave the line and keep their place. Every event may come twice, late or never.

What is asked of the exchange is written down before it is asked (`dialled_at`), so a router that dies in between never
dials twice: the try counts, and its silence ends it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crm.cases import service as crm
from hotline import log
from hotline.clock import now as present
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Call, Callback
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import CallbackDialled, CallbackMissed
from hotline.values.reason_codes import CallbackReason
from hotline.values.states.callback import CallbackEvent, CallbackState
from hotline.values.states.case import CaseKind
from hotline.values.states.leg import ENDED_LEGS
from routing.callbacks import due
from routing.callbacks.request_service import end, enqueue, entry_like
from routing.estimates import snapshot_queries, wait
from routing.ladder import floor_state
from telephony import webhook_urls
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider

# Nobody is called back later than this after they asked: a person sees to it.
LONGEST = timedelta(hours=12)
SILENT = timedelta(seconds=due.SILENT_SECONDS)
# Nothing heard of a dialled line for too long, or nobody free for too long.
_IS_SILENT = (
    (Callback.state == CallbackState.DIALLING)
    & (Callback.dialled_at < bindparam("silent"))
    & Callback.outbound_call_id.is_(None)
)
_IS_OLD = (Callback.state == CallbackState.WAITING) & (Callback.asked_at < bindparam("old"))
_STALE = select(Callback).where(_IS_SILENT | _IS_OLD)
_OF_LINE = select(Callback).where(Callback.outbound_call_id == bindparam("call_id")).with_for_update()
_ANY_AWAITED = select(Callback.id).where(Callback.state.in_([CallbackState.WAITING, CallbackState.DIALLING])).limit(1)


def answered(session: Session, callback_id: str, attempt: int, sid: str, now: datetime) -> Callback | None:
    """Take down that the patient picked up at try number `attempt`; return `None` when that try is over already."""
    callback = _locked(session, callback_id)
    if callback is None or callback.tries != attempt or callback.ended_at is not None:
        return None
    if callback.state is CallbackState.WAITING:  # taken for silent too early
        transitions.transition(callback, CallbackEvent.DIALLED)
        callback.dialled_at = now
    if callback.provider_sid not in (None, sid):
        return None
    callback.provider_sid = sid
    return callback


def accepted(session: Session, notifier: Notifier, callback_id: str, call: Call, now: datetime) -> bool:
    """The patient has heard who calls and stays: they stand in line again, at their old place. Again: nothing."""
    callback = _locked(session, callback_id)
    if callback is None or callback.outbound_call_id != call.id or callback.state is not CallbackState.DIALLING:
        return False
    transitions.transition(callback, CallbackEvent.ACCEPTED)
    call.asked_at = call.asked_at or now
    enqueue(session, notifier, call, entry_like(call.id, callback), now)
    return True


def call_ended(session: Session, notifier: Notifier, settings: Settings, call: Call, now: datetime) -> None:
    """A line has ended. That of a callback: it is done when they met a person, else tried again."""
    callback = session.scalar(_OF_LINE, {"call_id": call.id})
    if callback is None or callback.state not in {CallbackState.DIALLING, CallbackState.ACCEPTED}:
        return
    if call.answered_at is not None:
        if callback.state is CallbackState.DIALLING:
            transitions.transition(callback, CallbackEvent.ACCEPTED)
        end(session, notifier, callback, CallbackEvent.MET, None, now)
    else:
        _over(session, notifier, settings, callback, CallbackReason.HUNG_UP, now)


def not_reached(context: AppContext, callback_id: str, attempt: int, reason: CallbackReason, now: datetime) -> None:
    """The line of this try has ended without an answer. Late or again: nothing."""
    with context.database.write() as session:
        callback = _locked(session, callback_id)
        if callback is None or callback.tries != attempt or callback.state is not CallbackState.DIALLING:
            return
        if callback.outbound_call_id is None:
            _over(session, context.notifier, context.settings, callback, reason, now)


def heard_of(database: Database, callback_id: str, attempt: int, sid: str) -> None:
    """The exchange speaks of the line of this try: its id is known from now on."""
    with database.write() as session:
        callback = _locked(session, callback_id)
        if callback is not None and callback.tries == attempt and callback.state is CallbackState.DIALLING:
            callback.provider_sid = callback.provider_sid or sid


def act(context: AppContext, provider: Provider, now: datetime) -> bool:
    """Dial whose turn it is, and see to tries of which nothing was heard; whether anybody was dialled."""
    with context.database.read() as session:
        if session.scalar(_ANY_AWAITED) is None:
            return False
        stale = list(session.scalars(_STALE, {"silent": now - SILENT, "old": now - LONGEST}))
        promises = snapshot_queries.pending_callbacks(session)
        floor = snapshot_queries.take(session, now) if due.ready(promises, now) else None
    for callback in stale:
        _settle(context, provider, callback, now)
    dials = [] if floor is None else due.due(floor.waiting_entries, floor.pending_callbacks, floor.hands, now)
    for dial in dials:
        _dial(context, provider, dial, now)
    return bool(dials)


def without_kept(session: Session, floor: floor_state.FloorState, now: datetime) -> floor_state.FloorState:
    """Return the floor without the agents who are kept free for somebody who is being called back."""
    promises = snapshot_queries.pending_callbacks(session)
    if not any(promise.dialled_at for promise in promises):
        return floor
    entries = [wait.WaitingEntry(c.id, c.required_skills, c.priority, c.asked_at) for c in floor.callers]
    kept = due.kept_free(promises, entries, now)
    return replace(floor, agents=tuple(agent for agent in floor.agents if agent.id not in kept))


def _settle(context: AppContext, provider: Provider, callback: Callback, now: datetime) -> None:
    """Nothing was heard for too long: the exchange is asked, and what it does not know is over."""
    if callback.state is CallbackState.DIALLING and callback.provider_sid is not None:
        try:
            view = provider.leg(callback.provider_sid)
        except ProviderDown:
            return  # asked again at the next pass
        if view is not None and view.status not in ENDED_LEGS:
            return
    with context.database.write() as session:
        row = _locked(session, callback.id)
        if row is None or (row.state, row.tries) != (callback.state, callback.tries):
            return
        if row.state is CallbackState.WAITING:
            _give_up(session, context.notifier, context.settings, row, CallbackReason.TOO_LATE, now)
        elif row.outbound_call_id is None:
            _over(session, context.notifier, context.settings, row, CallbackReason.SILENT, now)
    log.get().warning("callback_reconciled", callback_id=callback.id, state=callback.state)


def _dial(context: AppContext, provider: Provider, dial: due.CallbackDial, now: datetime) -> None:
    with context.database.write() as session:
        row = _locked(session, dial.callback_id)
        if row is None or row.state is not CallbackState.WAITING or row.due_at > now:
            return
        if snapshot_queries.is_calling(session, row):
            return
        transitions.transition(row, CallbackEvent.DIALLED)
        row.tries, row.dialled_at, row.reserved_agent_id = row.tries + 1, now, dial.agent_id
        row.provider_sid = row.outbound_call_id = None
        number, attempt = row.number, row.tries
        call_log.record(session, context.notifier, row.call_id, CallbackDialled(attempt=attempt), now)
    settings = context.settings
    answered, status = (
        webhook_urls.absolute(settings.voice_url, webhook(dial.callback_id, attempt))
        for webhook in (webhook_urls.callback_answered, webhook_urls.callback_status)
    )
    try:
        sid = provider.dial(number, settings.hotline_number, answered, status, due.RING_SECONDS)
    except ProviderRefused as refusal:
        log.get().warning("callback_refused", callback_id=dial.callback_id, status=refusal.status)
        not_reached(context, dial.callback_id, attempt, CallbackReason.NUMBER_UNREACHABLE, present())
    except ProviderDown:
        # It may ring all the same: this try is left open until something or nothing is heard of it.
        log.get().warning("exchange_unreachable", action="call_back", callback_id=dial.callback_id)
    else:
        heard_of(context.database, dial.callback_id, attempt, sid)


def _over(
    session: Session, notifier: Notifier, settings: Settings, callback: Callback, reason: CallbackReason, now: datetime
) -> None:
    """A try did not come about: another one later, or a case for a person."""
    if not due.may_try_again(callback.tries):
        _give_up(session, notifier, settings, callback, reason, now)
        return
    transitions.transition(callback, CallbackEvent.TRY_MISSED)
    callback.reason, callback.due_at = reason, now + due.PAUSE
    callback.reserved_agent_id = callback.dialled_at = None
    missed = CallbackMissed(attempt=callback.tries)
    call_log.record(session, notifier, callback.call_id, missed, now)
    notifier.notify_after(session, ROUTER)


def _give_up(
    session: Session, notifier: Notifier, settings: Settings, callback: Callback, reason: CallbackReason, now: datetime
) -> None:
    call = session.get_one(Call, callback.call_id)
    case = crm.NewCase(CaseKind.CALL_BACK, call, owner_agent_id=callback.preferred_agent_id)
    crm.open_case(session, notifier, settings, case, crm.Actor(), now)
    end(session, notifier, callback, CallbackEvent.GIVEN_UP, reason, now)


def _locked(session: Session, callback_id: str) -> Callback | None:
    return session.get(Callback, callback_id, with_for_update=True, populate_existing=True)
