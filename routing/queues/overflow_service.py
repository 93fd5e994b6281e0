"""Out of the line by the queue's overflow: to a callback, a message, or another number. What declines comes back.

The place is closed before the exchange is asked. A router that dies in between leaves a caller who hears music and
stands nowhere; their next wait prompt puts them back where they stood.
"""

from datetime import datetime

from hotline import log
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Call, QueueEntry
from hotline.outbox.notifier import Notifier
from hotline.values.reason_codes import QueueEntryEndReason
from hotline.values.states.queue_entry import QueueEntryState
from routing.callbacks import request_service
from routing.ladder import floor_state
from routing.queues import queries, service
from routing.queues.queues import OverflowKind
from telephony import webhook_urls
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider

LEFT_BY = {
    OverflowKind.CALL_BACK: QueueEntryEndReason.OVERFLOW_CALLBACK,
    OverflowKind.VOICEMAIL: QueueEntryEndReason.OVERFLOW_VOICEMAIL,
    OverflowKind.NUMBER: QueueEntryEndReason.OVERFLOW_NUMBER,
}


def leave_queue(context: AppContext, provider: Provider, decision: floor_state.LeaveByOverflow, now: datetime) -> bool:
    """Lead the caller out of the line, once per kind; whether they were still in it."""
    sid_and_call = _leave(context.database, context.notifier, decision, now)
    if sid_and_call is None:
        return False
    sid, call_id = sid_and_call
    way_out = webhook_urls.overflow(call_id, decision.kind.value, decision.to or "")
    try:
        provider.redirect(sid, webhook_urls.absolute(context.settings.voice_url, way_out))
    except ProviderRefused:
        log.get().info("caller_gone", call_id=call_id)  # the status callback or the sweep closes the call
    except ProviderDown as error:
        log.get().warning("exchange_unreachable", action="lead", error=str(error))
        _undo(context.database, context.notifier, call_id, now)
    return True


def _leave(
    database: Database, notifier: Notifier, decision: floor_state.LeaveByOverflow, now: datetime
) -> tuple[str, str] | None:
    with database.write() as session:
        found = session.get(QueueEntry, decision.caller_id)
        call = None if found is None else queries.locked_call(session, found.call_id)
        if found is None or call is None:
            return None
        session.refresh(found)
        if found.state is not QueueEntryState.WAITING or decision.kind in found.overflowed:
            return None
        if found.sent_to_conference_at is not None:
            return None  # they are in a room still: the router leads them back into line first
        found.overflowed = [*found.overflowed, decision.kind.value]
        service.leave(session, notifier, call, LEFT_BY[decision.kind], now)
        return call.provider_sid, call.id


def _undo(database: Database, notifier: Notifier, call_id: str, now: datetime) -> None:
    with database.write() as session:
        call = queries.locked_call(session, call_id)
        if call is not None:
            request_service.rejoin(session, notifier, call, now)


def restore_entry(database: Database, notifier: Notifier, call_id: str, now: datetime) -> None:
    """A caller in the exchange's queue who stands in no line of ours goes back to their old place."""
    with database.write() as session:
        call: Call | None = queries.locked_call(session, call_id)
        if call is not None and queries.open_entry(session, call_id) is None:
            request_service.rejoin(session, notifier, call, now)
