"""The line to a patient who is called back: who calls, and the way into the line, to the old place."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.patients import identity_index
from hotline import clock
from hotline.models import Call, Callback
from hotline.outbox import transitions
from hotline.values.reason_codes import CallbackReason
from hotline.values.states.call import CallStatus, Direction
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from ivr.dialogue import decide, queries, service
from ivr.dialogue.context import Desk, sorry, where
from ivr.dialogue.queries import Standing
from ivr.flow.nodes import Ask
from routing.callbacks import service as callbacks
from routing.calls import legs
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Gather, Hangup, Say

KEY_SECONDS = 2
REASONS = {
    LegStatus.BUSY: CallbackReason.BUSY,
    LegStatus.NO_ANSWER: CallbackReason.NO_ANSWER,
    LegStatus.FAILED: CallbackReason.NUMBER_UNREACHABLE,
}


def answered(desk: Desk, callback_id: str, attempt: int, turn: Turn, now: datetime) -> str:
    """The patient picked up: they hear who calls. Again: the same. A try that is over: an apology."""
    if turn.call_sid is None:
        return sorry(desk)
    with desk.context.database.write() as session:
        known = queries.standing_of(session, turn.call_sid)
        if known is None:
            callback = callbacks.answered(session, callback_id, attempt, turn.call_sid, now)
            if callback is None:
                return sorry(desk)
            known = _call(session, desk, callback, now)
        elif known.status is not CallStatus.IN_MENU:
            return where(desk, known)
    join = webhook_urls.callback_joined(callback_id, attempt)
    return desk.document((Gather(join, _greeting(desk, known), 1, KEY_SECONDS),))


def joined(desk: Desk, callback_id: str, turn: Turn, now: datetime) -> str:
    """They pressed a key or just stay: in line at their old place. The emergency key works as everywhere."""
    with desk.context.database.write() as session:
        known = queries.standing_of(session, turn.call_sid or "")
        if known is None:
            return sorry(desk)
        if known.status is not CallStatus.IN_MENU:
            return where(desk, known)
        place, heard = decide.hear(known.place)
        if heard and queries.consent(session, known.call_id, place, now):
            transitions.tell(session, desk.context.notifier, transitions.event(known.call_id, "consent_heard", now))
        call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
        if not callbacks.came_back(session, desk.context, callback_id, call, now):
            return desk.document((desk.phrase("thanks", known), Hangup()))
        session.flush()
        known = queries.standing(session, known.call_id) or known
        if turn.digits == desk.flow.keys.emergency:
            moved = decide.emergency(desk.flow, known.place, now)
            return service.advance(session, desk, known, moved, now) or where(desk, known)
    return desk.document(decide.repeat(desk.flow, known.place), known.call_id, known.turn)


def reported(desk: Desk, callback_id: str, attempt: int, report: legs.Report, now: datetime) -> None:
    """A status callback of this line: as of any caller's once it was answered; before, the try may be over."""
    context = desk.context
    if service.ended(context, report.sid, report, now):
        return
    if report.status in ENDED_LEGS:
        reason = REASONS.get(report.status, CallbackReason.NOT_REACHED)
        callbacks.not_reached(context, callback_id, attempt, reason, now)
    else:
        callbacks.heard_of(context, callback_id, attempt, report.sid)


def _call(session: Session, desk: Desk, callback: Callback, now: datetime) -> Standing:
    """The outbound call, where the one that asked for it stood; its notice of the recording is part of the greeting."""
    asked = session.execute(select(Call.place).where(Call.id == callback.call_id)).scalar_one()
    before = queries.read_place(asked, callback.language)
    place = decide.Place(
        _line(desk, callback, before.node), callback.language, is_telling=desk.flow.consent is not None
    )
    call = Call(
        id=clock.new_id(),
        provider_sid=callback.provider_sid,
        direction=Direction.OUTBOUND,
        caller_number=callback.number,
        caller_index=identity_index.number_index(desk.context.keyring, callback.number),
        language=callback.language,
        intent=callback.intent,
        queue=callback.queue,
        place=queries.write_place(place),
        turn=1,
        started_at=now,
        heard_at=now,
    )
    session.add(call)
    session.flush()
    callback.back_call_id = call.id
    legs.caller_line(session, call.id, legs.Report(call.provider_sid, LegStatus.ANSWERED), now)
    transitions.tell(
        session, desk.context.notifier, transitions.event(call.id, "called_back", now, asked_call_id=callback.call_id)
    )
    return Standing(call.id, call.provider_sid, place, CallStatus.IN_MENU, 1, "")


def _line(desk: Desk, callback: Callback, before: str) -> str:
    """The node of the flow that stands for the line: where they asked, else one of its queue, else a person."""
    if isinstance(desk.flow.nodes.get(before), Ask):
        return before
    fits = (n.name for n in desk.flow.nodes.values() if isinstance(n, Ask) and n.queue == callback.queue)
    return next(fits, desk.flow.person)


def _greeting(desk: Desk, known: Standing) -> tuple[Say, ...]:
    language, notice = known.place.language, desk.flow.consent
    spoken = (desk.phrase("call_back_greeting", known),)
    return spoken if notice is None else (*spoken, Say(notice.say[language], language))
