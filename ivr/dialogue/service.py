"""The turns of a call in the menu, and its end: load, decide, save, answer. Each function is one transaction.

Whatever comes twice, late or out of order is answered from what is stored, and changes nothing.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.context import AppContext
from hotline.models import Call
from hotline.outbox import transitions
from hotline.values.reason_codes import CallReason, QueueEntryEndReason
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from hotline.values.states.recording import RecordingKind
from ivr.dialogue import decide, queries, quick
from ivr.dialogue.context import Desk, lost, sorry, where
from ivr.dialogue.decide import Asked, Consented, Ended, Outcome, Told
from ivr.dialogue.flow_state import Back, Meant, Recorded
from ivr.dialogue.queries import Standing, Step
from ivr.flow import reader
from ivr.outage import broken_off
from recordings.storage import service as recordings
from routing.callbacks import queue_place
from routing.callbacks import service as callbacks
from routing.calls import legs
from routing.queues import service as routing
from telephony.turn import Turn, parse
from telephony.views import ListedCall

# Callers who left the line for one of these were not lost in it.
LED_AWAY = frozenset({CallOutcome.CALL_BACK, CallOutcome.MESSAGE, CallOutcome.FORWARDED})


def first(desk: Desk, turn: Turn, now: datetime) -> str:
    """A call comes in: write it down and begin. Again: the same answer, or where the caller stands by now."""
    if turn.call_sid is None:
        return sorry(desk)
    try:
        with desk.context.database.write() as session:
            known = queries.standing_of(session, turn.call_sid)
            if known is None:
                return _begin(session, desk, turn, now)
    except IntegrityError:  # the same webhook, delivered twice at once: the other one was written down
        with desk.context.database.read() as session:
            known = queries.standing_of(session, turn.call_sid)
    if known is None:
        return sorry(desk)
    return known.last_answer if known.turn == 1 and known.last_answer else where(desk, known)


def _begin(session: Session, desk: Desk, turn: Turn, now: datetime) -> str:
    settings, caller = desk.context.settings, turn.caller
    call_id, sid = clock.new_id(), turn.call_sid or ""
    begun = decide.begin(desk.flow, settings.default_language, now)
    text = desk.document(begun.verbs, call_id, 1)
    session.add(
        Call(
            id=call_id,
            provider_sid=sid,
            caller_number=caller.e164 if caller else None,
            caller_index=desk.context.keyring.index(caller.e164) if caller else None,
            language=begun.place.language,
            place=queries.write_place(begun.place),
            turn=1,
            last_answer=text,
            started_at=now,
            heard_at=now,
        )
    )
    session.flush()
    legs.caller_line(session, call_id, legs.Report(sid, turn.status or LegStatus.RINGING), now)
    effects = (Told("call_started"), *begun.effects)
    _apply(session, desk, call_id, replace(begun, effects=effects), now)
    return text


def turn(desk: Desk, call_id: str, number: int, turn: Turn, now: datetime) -> str:
    """The caller pressed a key or let the time pass: turn `number` of this call.

    The turn before the expected one is a duplicate and gets the answer it got; any other is told where it stands.
    """
    usual = quick.turn(desk, call_id, number, turn, now)
    if usual is not None:
        return usual
    with desk.context.database.write() as session:
        for _ in range(3):  # each failure to advance means that another delivery did
            known = queries.standing(session, call_id)
            if known is None:
                return lost(desk)
            if number == known.turn - 1 and known.last_answer and known.status is not CallStatus.ENDED:
                return known.last_answer
            if number != known.turn or known.status in {CallStatus.TALKING, CallStatus.ENDED}:
                return where(desk, known)
            text = advance(session, desk, known, decide.step(desk.flow, known.place, turn, now), now)
            if text is not None:
                return text
    return lost(desk)


def advance(session: Session, desk: Desk, known: Standing, outcome: Outcome, now: datetime) -> str | None:
    """Save the decision and what follows from it; its document, or `None` when the call went on meanwhile."""
    text = desk.document(outcome.verbs, known.call_id, known.turn + 1)
    ends = [effect.outcome for effect in outcome.effects if isinstance(effect, Ended)]
    consent = now if any(isinstance(effect, Consented) for effect in outcome.effects) else None
    step = Step(outcome.place, text, ends[-1] if ends else None, consent, now)
    if not queries.take(session, known, step):
        return None
    if known.turn == 1:
        queries.picked_up(session, known.sid, now)
    _apply(session, desk, known.call_id, outcome, now)
    return text


def _apply(session: Session, desk: Desk, call_id: str, outcome: Outcome, now: datetime) -> None:
    """Do what follows from a turn: its story, and the place in line."""
    told = [effect for effect in outcome.effects if isinstance(effect, Told)]
    events = [transitions.event(call_id, effect.kind, now, **effect.data) for effect in told]
    transitions.tell_all(session, desk.context.notifier, events)
    for effect in outcome.effects:
        match effect:
            case Asked():
                _ask(session, desk, call_id, effect, now)
            case Meant(intent=intent):
                session.get_one(Call, call_id).intent = intent
            case Recorded(sid=sid):
                recordings.add_started(session, desk.context, call_id, sid, now).kind = RecordingKind.MESSAGE
            case Back():
                call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
                queue_place.back_in_line(session, desk.context, call, now)


def _ask(session: Session, desk: Desk, call_id: str, asked: Asked, now: datetime) -> None:
    call = session.get_one(Call, call_id)
    if call.status is CallStatus.WAITING:
        routing.leave(session, desk.context, call, QueueEntryEndReason.OTHER_QUEUE, now)
        session.flush()
    call.intent = asked.intent
    routing.join(session, desk.context, call, routing.Wish(asked.queue, asked.skill, asked.priority), now)


def ended(context: AppContext, sid: str, report: legs.Report, now: datetime) -> bool:
    """The exchange reports on a caller's line: written down; its end ends the call. `False` for an unknown call."""
    with context.database.write() as session:
        call = session.scalar(select(Call).where(Call.provider_sid == sid).with_for_update())
        if call is None:
            return False
        call.heard_at = now
        legs.caller_line(session, call.id, report, now)
        if report.status in ENDED_LEGS and call.status is not CallStatus.ENDED:
            _end(session, context, call, report.status, now)
    return True


def unheard(context: AppContext, view: ListedCall, now: datetime) -> bool:
    """Write down a call that came and ended while nobody of ours was listening; `False` when it is known after all.

    The caller is called back.
    """
    caller = parse({"From": view.caller_text}).caller
    call = Call(
        id=clock.new_id(),
        provider_sid=view.sid,
        caller_number=caller.e164 if caller else None,
        caller_index=context.keyring.index(caller.e164) if caller else None,
        language=context.settings.default_language,
        status=CallStatus.ENDED,
        outcome=CallOutcome.FAILED,
        reason=CallReason.NEVER_REACHED_US,
        place={},
        started_at=view.started_at,
        ended_at=view.ended_at,
        heard_at=now,
    )
    try:
        with context.database.write() as session:
            session.add(call)
            session.flush()
            transitions.tell(
                session, context.notifier, transitions.event(call.id, "call_ended", now, outcome=CallOutcome.FAILED)
            )
            broken_off.promise_for(session, context, reader.load(context.settings).flow, call, now)
    except IntegrityError:
        return False
    return True


def _end(session: Session, context: AppContext, call: Call, status: LegStatus, now: datetime) -> None:
    routing.caller_ended(session, context, call, now)
    callbacks.call_ended(session, context, call, now)
    transitions.transition(call, CallEvent.ENDED)
    call.ended_at, call.last_answer = now, None
    call.outcome = outcome_of(call, status)
    transitions.tell(session, context.notifier, transitions.event(call.id, "call_ended", now, outcome=call.outcome))


def outcome_of(call: Call, status: LegStatus) -> CallOutcome:
    """How a call ended, from what had happened in it."""
    if call.answered_at is not None:
        return CallOutcome.ANSWERED
    if call.outcome in LED_AWAY:
        return call.outcome
    if call.asked_at is not None:
        return CallOutcome.ABANDONED
    if call.outcome is not None:
        return call.outcome
    return CallOutcome.FAILED if status is LegStatus.FAILED else CallOutcome.LEFT_IN_MENU
