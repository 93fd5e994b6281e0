"""Calls that broke off because of us: whoever was told, or ought to hear, that we call back is called back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Call, Callback
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import ROUTER, Notifier
from hotline.values.call_events import CallbackRequested, Forwarded
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.reason_codes import QueueEntryEndReason
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.callback import CallbackState
from ivr.dialogue import menu, queries
from ivr.dialogue.flow_state import JoinQueue
from ivr.flow.nodes import Flow
from routing.callbacks import queries as callback_queries
from routing.queues import queues_file, service

SERVED = frozenset({CallOutcome.CALL_BACK, CallOutcome.MESSAGE, CallOutcome.FORWARDED})


def promise(context: AppContext, flow: Flow, sid: str, now: datetime) -> bool:
    """Have the caller of this ended line called back; return whether that was news. Unknown lines are the sweep's."""
    with context.database.write() as session:
        call = session.scalar(select(Call).where(Call.provider_sid == sid).with_for_update())
        if call is None or call.status is not CallStatus.ENDED or call.answered_at or call.outcome in SERVED:
            return False
        return promise_for(session, context.notifier, context.settings, flow, call, now)


def promise_for(
    session: Session, notifier: Notifier, settings: Settings, flow: Flow, call: Call, now: datetime
) -> bool:
    """Do the same for a call that is locked, or new. Not for hidden numbers, nor for who has called again since."""
    number = PhoneNumber.parse(call.caller_number or "")
    if number is None or callback_queries.open_of(session, call.id) is not None or _called_again(session, call):
        return False
    state = queries.read_state(call.dialogue_state or {}, call.language)
    effects = menu.ask_for_person(flow, state, now).effects
    asked = next(effect for effect in effects if isinstance(effect, JoinQueue))
    queue = queues_file.of(settings).queues[asked.queue]
    session.add(
        Callback(
            call_id=call.id,
            number=number.e164,
            language=call.language,
            intent=call.intent,
            queue=queue.name,
            required_skills=queue.levels(call.language, asked.skill),
            priority=queue.priority if asked.priority is None else asked.priority,
            reasons=[],
            asked_at=call.started_at,
            state=CallbackState.WAITING,
            tries=0,
            due_at=now,
            requested_at=now,
        )
    )
    call_log.record(session, notifier, call.id, CallbackRequested(queue=queue.name), now)
    notifier.notify_after(session, ROUTER)
    return True


def _called_again(session: Session, call: Call) -> bool:
    later = select(Call.id).where(Call.caller_index == call.caller_index, Call.started_at > call.started_at)
    return session.scalar(later.limit(1)) is not None


def forwarded(database: Database, notifier: Notifier, sid: str, now: datetime) -> None:
    """Note that a caller was connected with a number outside while the database was away: they wait in no queue."""
    with database.write() as session:
        call = session.scalar(select(Call).where(Call.provider_sid == sid).with_for_update())
        if call is None or call.status not in {CallStatus.IN_MENU, CallStatus.WAITING}:
            return
        if call.status is CallStatus.WAITING:
            service.leave(session, notifier, call, QueueEntryEndReason.FORWARDED, now)
            transitions.transition(call, CallEvent.LEFT_QUEUE)
        call.outcome = CallOutcome.FORWARDED
        call_log.record(session, notifier, call.id, Forwarded(), now)
