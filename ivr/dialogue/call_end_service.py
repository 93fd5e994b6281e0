"""The end of a call, as the provider reports it, and calls that came and went without us."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import Call
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import CallEnded
from hotline.values.reason_codes import CallReason
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from ivr.flow import flow_file
from ivr.outage import broken_off_service
from routing.callbacks import service as callbacks
from routing.calls import leg_service
from routing.queues import service as queues
from telephony.turn import parse
from telephony.views import ListedCall

# Callers who left the queue for one of these were not lost in it.
SERVED_OTHERWISE = frozenset({CallOutcome.CALL_BACK, CallOutcome.MESSAGE, CallOutcome.FORWARDED})


def line_reported(context: AppContext, report: leg_service.LegReport, now: datetime) -> bool:
    """Write down what the provider reports of a caller's line; its end ends the call. `False` for an unknown call."""
    with context.database.write() as session:
        call = session.scalar(select(Call).where(Call.provider_sid == report.sid).with_for_update())
        if call is None:
            return False
        call.last_report_at = now
        leg_service.caller_line(session, call.id, report, now)
        if report.status in ENDED_LEGS and call.status is not CallStatus.ENDED:
            _end(session, context.notifier, context.settings, call, report.status, now)
    return True


def write_down_missed(context: AppContext, listed: ListedCall, now: datetime) -> bool:
    """Write down a call that came and ended while nobody of ours was listening; `False` when it is known after all.

    The caller is called back.
    """
    caller = parse({"From": listed.caller_text}).caller
    call = Call(
        id=clock.new_id(),
        provider_sid=listed.sid,
        caller_number=caller.e164 if caller else None,
        caller_index=context.keyring.index(caller.e164) if caller else None,
        language=context.settings.default_language,
        status=CallStatus.ENDED,
        outcome=CallOutcome.FAILED,
        reason=CallReason.NEVER_REACHED_US,
        dialogue_state={},
        started_at=listed.started_at,
        ended_at=listed.ended_at,
        last_report_at=now,
    )
    try:
        with context.database.write() as session:
            session.add(call)
            session.flush()
            _tell_end(session, context.notifier, call, now)
            broken_off_service.promise_for(
                session, context.notifier, context.settings, flow_file.load(context.settings).flow, call, now
            )
    except IntegrityError:
        return False
    return True


def _end(
    session: Session, notifier: Notifier, settings: Settings, call: Call, status: LegStatus, now: datetime
) -> None:
    queues.caller_ended(session, notifier, call, now)
    callbacks.call_ended(session, notifier, settings, call, now)
    transitions.transition(call, CallEvent.ENDED)
    call.ended_at, call.last_answer = now, None
    call.outcome = outcome_of(call, status)
    _tell_end(session, notifier, call, now)


def _tell_end(session: Session, notifier: Notifier, call: Call, now: datetime) -> None:
    call_log.record(session, notifier, call.id, CallEnded(outcome=call.outcome), now)


def outcome_of(call: Call, status: LegStatus) -> CallOutcome:
    """Return how a call ended, from what had happened in it."""
    if call.answered_at is not None:
        return CallOutcome.ANSWERED
    if call.outcome in SERVED_OTHERWISE:
        return call.outcome
    if call.asked_at is not None:
        return CallOutcome.ABANDONED
    if call.outcome is not None:
        return call.outcome
    return CallOutcome.FAILED if status is LegStatus.FAILED else CallOutcome.LEFT_IN_MENU
