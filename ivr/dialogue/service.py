"""The one way in which a turn of a caller is answered: load, decide, save by compare-and-set, render.

Whatever comes twice, late or out of order is answered from what is stored, and changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from hotline import clock
from hotline.database.statements import Statements
from hotline.models import Call
from hotline.values import call_events
from hotline.values.call_events import HistoryEvent
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import LegStatus
from ivr.dialogue import effect_service, menu, queries, turn_service
from ivr.dialogue.context import VoiceContext
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision, NoteConsent, SetOutcome
from ivr.dialogue.queries import Step
from ivr.errors import CallMovedOn
from routing.calls import leg_service
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Hangup, Redirect

# Each failure to save means that another delivery went on with the call.
ATTEMPTS = 3
TAKES_TURNS = frozenset({CallStatus.IN_MENU, CallStatus.WAITING})
Facts = TypeVar("Facts")


def first_turn(voice: VoiceContext, turn: Turn, now: datetime) -> str:
    """Answer a call that comes in. Again: the same answer, or where the caller stands by now."""
    if turn.call_sid is None:
        return voice.apology()
    with voice.app.database.statements() as connection:
        is_known = queries.is_known(connection, turn.call_sid)
    if not is_known:
        try:
            return _begin(voice, turn.call_sid, turn, now)
        except IntegrityError:  # the same webhook, delivered twice at once: the other one was written down
            pass
    return _again(voice, turn.call_sid)


def _again(voice: VoiceContext, sid: str) -> str:
    with voice.app.database.read() as session:
        call = queries.snapshot_of_line(session, sid)
        before = queries.last_answer(session, call.call_id) if call is not None and call.turn == 1 else None
    if call is None:
        return voice.apology()
    return before or answer_out_of_turn(voice, call)


def _begin(voice: VoiceContext, sid: str, turn: Turn, now: datetime) -> str:
    decision = menu.begin(voice.flow, voice.app.settings.default_language, now).after(call_events.CallStarted())
    call_id, caller = clock.new_id(), turn.caller
    text = voice.document(decision.verbs, call_id, 1)
    call = Call(
        id=call_id,
        provider_sid=sid,
        caller_number=caller.e164 if caller else None,
        caller_index=voice.app.keyring.index(caller.e164) if caller else None,
        language=decision.state.language,
        dialogue_state=queries.write_state(decision.state),
        turn=1,
        last_answer=text,
        started_at=now,
        last_report_at=now,
    )
    with voice.app.database.write() as session:
        session.add(call)
        session.flush()
        leg_service.caller_line(session, call_id, leg_service.LegReport(sid, turn.status or LegStatus.RINGING), now)
        effect_service.apply(session, voice.app.notifier, voice.app.settings, call_id, decision.effects, now)
    return text


def next_turn(voice: VoiceContext, call_id: str, number: int, turn: Turn, now: datetime) -> str:
    """Answer turn `number` of a call in the menu: a key, or the time for one has passed.

    The turn before the expected one is a duplicate and gets the answer it got; any other is told where it stands.
    """
    for attempt in range(ATTEMPTS):
        try:
            answer = _next_turn(voice, call_id, number, turn, now)
        except DBAPIError as error:
            if attempt or not error.connection_invalidated:
                raise
            continue  # the database was restarted since this connection was used: a new one finds it
        if answer is not None:
            return answer
    return voice.to_fallback()


def _next_turn(voice: VoiceContext, call_id: str, number: int, turn: Turn, now: datetime) -> str | None:
    with voice.app.database.statements() as connection:
        call = queries.snapshot_for_turn(connection, call_id)
        if call is None:
            return voice.to_fallback()
        is_due = number == call.turn and call.status in TAKES_TURNS
        decision = menu.step(voice.flow, call.state, turn, now) if is_due else None
        if decision is not None and _is_plain(call, decision):
            return _save_plain(connection, voice, call, decision, now)
    if decision is not None:
        return save(voice, call, decision, now)
    is_duplicate = number == call.turn - 1 and call.status is not CallStatus.ENDED
    return (_answer_before(voice, call_id) if is_duplicate else None) or answer_out_of_turn(voice, call)


def _answer_before(voice: VoiceContext, call_id: str) -> str | None:
    with voice.app.database.read() as session:
        return queries.last_answer(session, call_id)


def _is_plain(call: CallSnapshot, decision: FlowDecision) -> bool:
    """Return whether a decision changes nothing but the call's own row and its history, as most do."""
    return call.turn > 1 and not decision.is_interlude and not effect_service.needs_more(decision.effects)


def _save_plain(
    connection: Statements, voice: VoiceContext, call: CallSnapshot, decision: FlowDecision, now: datetime
) -> str | None:
    """Save such a decision in one write, without a transaction of the mapper."""
    text, step = _step(voice, call, decision, now)
    events = [effect for effect in decision.effects if isinstance(effect, HistoryEvent)]
    rows = queries.event_rows(call.call_id, events, now)
    return text if turn_service.advance_with_events(connection, call, step, rows) else None


def save(voice: VoiceContext, call: CallSnapshot, decision: FlowDecision, now: datetime) -> str | None:
    """Save a decision and what follows from it; return its answer, or `None` when the call went on meanwhile."""
    try:
        with voice.app.database.write() as session:
            return save_in(session, voice, call, decision, now)
    except CallMovedOn:
        return None


def save_in(session: Session, voice: VoiceContext, call: CallSnapshot, decision: FlowDecision, now: datetime) -> str:
    """Do the same inside a transaction. Raises `CallMovedOn` when the call went on meanwhile: it is to be undone."""
    if decision.is_interlude:
        consent_at = now if any(isinstance(effect, NoteConsent) for effect in decision.effects) else None
        has_come_about = queries.hear(session, call, decision.state, consent_at, now)
        text = voice.document(decision.answer, call.call_id, call.turn)
    else:
        text, step = _step(voice, call, decision, now)
        has_come_about = queries.advance(session, call, step)
    if not has_come_about:
        raise CallMovedOn(call.call_id)
    if call.turn == 1 and not decision.is_interlude:
        queries.answered(session, call.sid, now)
    effect_service.apply(session, voice.app.notifier, voice.app.settings, call.call_id, decision.effects, now)
    return voice.document(decision.answer) if decision.leaves_queue else text


def _step(voice: VoiceContext, call: CallSnapshot, decision: FlowDecision, now: datetime) -> tuple[str, Step]:
    """Return the document of a numbered turn, and what it changes in the call's row."""
    text = voice.document(decision.verbs, call.call_id, call.turn + 1)
    outcomes = [effect.outcome for effect in decision.effects if isinstance(effect, SetOutcome)]
    is_heard = any(isinstance(effect, NoteConsent) for effect in decision.effects)
    outcome = outcomes[-1] if outcomes else None
    return text, Step(decision.state, text, outcome, now if is_heard else None, now)


def answer(
    voice: VoiceContext,
    call_id: str,
    read: Callable[[Session, CallSnapshot], Facts],
    decide: Callable[[CallSnapshot, Facts], FlowDecision | None],
    now: datetime,
) -> str | None:
    """Answer a webhook beside the numbered turns: read its facts, decide, save. `None`: there is no such call.

    Where nothing is decided, the line is told where it stands.
    """
    for _ in range(ATTEMPTS):
        with voice.app.database.read() as session:
            call = queries.snapshot(session, call_id)
            if call is None:
                return None
            facts = read(session, call)
        decision = decide(call, facts)
        text = answer_out_of_turn(voice, call) if decision is None else save(voice, call, decision, now)
        if text is not None:
            return text
    return voice.to_fallback()


def answer_out_of_turn(voice: VoiceContext, call: CallSnapshot) -> str:
    """Return what a call hears that asks for something out of turn: where it stands. Nothing changes."""
    if call.status is CallStatus.ENDED:
        return voice.document((Hangup(),))
    if call.status is CallStatus.TALKING:
        return voice.document((Redirect(webhook_urls.connect(call.call_id)),))
    return voice.document(menu.repeat(voice.flow, call.state), call.call_id, call.turn)
