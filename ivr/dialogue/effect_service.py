"""What a turn of a caller changes beside where they stand. Runs in the transaction that saves the turn."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.configuration.settings import Settings
from hotline.models import Call
from hotline.outbox import transitions
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.call_events import HistoryEvent
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.reason_codes import QueueEntryEndReason
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.recording import RecordingKind
from ivr.dialogue import flow_state, queries
from ivr.dialogue.flow_state import Effect
from ivr.errors import CallMovedOn
from recordings.storage import service as recordings
from routing.callbacks import request_service
from routing.estimates import estimated_wait_queries
from routing.queues import service as queues

# What the turn itself writes with its own statement.
WRITTEN_WITH_THE_TURN = (HistoryEvent, flow_state.NoteConsent, flow_state.SetOutcome)


def needs_more(effects: Sequence[Effect]) -> bool:
    """Return whether anything but the call's own row and its events changes."""
    return not all(isinstance(effect, WRITTEN_WITH_THE_TURN) for effect in effects)


def apply(
    session: Session, notifier: Notifier, settings: Settings, call_id: str, effects: Sequence[Effect], now: datetime
) -> None:
    """Do what follows from a turn. Raises `CallMovedOn` when the caller is not where they were meanwhile."""
    rows = queries.event_rows(call_id, [effect for effect in effects if isinstance(effect, HistoryEvent)], now)
    queries.add_events(session, rows)
    if rows:
        notifier.notify_after(session, FLOOR)
    if not needs_more(effects):
        return
    call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
    for effect in effects:
        _apply(session, notifier, settings, call, effect, now)


def _apply(session: Session, notifier: Notifier, settings: Settings, call: Call, effect: Effect, now: datetime) -> None:
    match effect:
        case flow_state.JoinQueue():
            _join_queue(session, notifier, settings, call, effect, now)
        case flow_state.SetIntent(intent=intent):
            call.intent = intent
        case flow_state.KeepMessage(sid=sid):
            recordings.add_started(session, notifier, call.id, sid, now).kind = RecordingKind.MESSAGE
        case flow_state.LeaveQueue():
            if not request_service.step_out(session, notifier, call, now):
                raise CallMovedOn(call.id)
        case flow_state.ReturnToMenu():
            transitions.transition(call, CallEvent.LEFT_QUEUE)
        case flow_state.RejoinQueue():
            request_service.withdraw(session, notifier, call, now)
        case flow_state.RequestCallback(number=number):
            _request_callback(session, notifier, call, number, now)
        case flow_state.MarkForwarded():
            if call.status is CallStatus.IN_MENU:
                call.outcome = CallOutcome.FORWARDED
        case flow_state.NoteWait(estimate=estimate):
            estimated_wait_queries.note(session, call.id, estimate, now)
        case flow_state.NoteRatingAsked():
            call.rating_asked_at = call.last_report_at = now
        case flow_state.StoreRating(rating=rating):
            call.rating = rating
    session.flush()


def _join_queue(
    session: Session, notifier: Notifier, settings: Settings, call: Call, wanted: flow_state.JoinQueue, now: datetime
) -> None:
    if call.status is CallStatus.WAITING:
        queues.leave(session, notifier, call, QueueEntryEndReason.OTHER_QUEUE, now)
        session.flush()
    call.intent = wanted.intent
    queues.join(
        session, notifier, settings, call, queues.QueueRequest(wanted.queue, wanted.skill, wanted.priority), now
    )


def _request_callback(session: Session, notifier: Notifier, call: Call, number: PhoneNumber, now: datetime) -> None:
    if request_service.request(session, notifier, call, number, now) is None:
        raise CallMovedOn(call.id)
