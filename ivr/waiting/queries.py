"""What the dialogues of a caller who waits, or left the queue, have to know."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.cases import queries as cases
from hotline.configuration.settings import Settings
from hotline.models import Call
from hotline.values.intent import Intent
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.call import CallStatus
from hotline.values.states.callback import CallbackState
from hotline.values.states.queue_entry import QueueEntryState
from ivr.dialogue.flow_state import CallSnapshot
from ivr.dialogue.rating import RatingFacts
from ivr.waiting.callback_dialogue import CallbackFacts
from ivr.waiting.waiting import UNKNOWN_WAIT, WaitingFacts
from routing.callbacks import queries as callback_queries
from routing.estimates import estimated_wait_queries
from routing.queues import queries as queues

MAY_ASK_FOR_CALLBACK = frozenset({QueueEntryState.WAITING, QueueEntryState.LEFT})


def callback_facts(session: Session, call: CallSnapshot) -> CallbackFacts:
    """Return what is known of the caller's callback."""
    number = session.execute(select(Call.id, Call.caller_number).where(Call.id == call.call_id)).one().caller_number
    callback = callback_queries.requested(session, call.call_id)
    entry = queues.open_entry(session, call.call_id) or queues.latest_entry(session, call.call_id)
    return CallbackFacts(
        promised=None if callback is None else callback.number,
        may_change=callback is None or callback.state is CallbackState.WAITING,
        may_request=entry is not None and entry.state in MAY_ASK_FOR_CALLBACK,
        caller_number=PhoneNumber.parse(number or ""),
    )


def waiting_facts(session: Session, settings: Settings, call: CallSnapshot, now: datetime) -> WaitingFacts:
    """Return what a caller who waits is told."""
    forecast = estimated_wait_queries.of(session, settings, call.call_id, now)
    entry = queues.open_entry(session, call.call_id)
    return WaitingFacts(
        position=1 if forecast is None else forecast.position,
        minutes=UNKNOWN_WAIT if forecast is None else forecast.minutes,
        callback=callback_facts(session, call),
        may_leave=entry is not None and entry.state is QueueEntryState.WAITING,
        is_in_conference=entry is not None and entry.sent_to_conference_at is not None,
        estimate=None if forecast is None else forecast.estimate,
    )


def is_in_queue(session: Session, call: CallSnapshot) -> bool:
    """Return whether the caller has an open place in a queue."""
    return queues.open_entry(session, call.call_id) is not None


def rating_facts(session: Session, settings: Settings, call: CallSnapshot) -> RatingFacts:
    """Return what is known of the call's rating, and whether it may be asked for one."""
    row = session.execute(
        select(Call.rating_asked_at, Call.rating, Call.status, Call.answered_at, Call.intent)
        .where(Call.id == call.call_id)
    ).one()  # fmt: skip
    is_over = row.status is CallStatus.TALKING and row.answered_at is not None
    may_ask = settings.ask_for_rating and is_over and row.intent is not Intent.EMERGENCY
    return RatingFacts(row.rating_asked_at, row.rating, may_ask and not cases.has_urgent(session, call.call_id))
