"""A caller leaves the line for a call-back, and other ways out of it; whoever declines goes back to their old place.

The dialogue is spoken inside the exchange's queue (`LINE`) or outside of it (`AWAY`). Whatever comes again is answered
from what the database says by then.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.models import Call, Callback
from hotline.outbox import transitions
from hotline.values import phone_numbers
from hotline.values.numbering_plan import Refusal
from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.call import CallEvent, CallOutcome, CallStatus
from hotline.values.states.leg import LegStatus
from ivr.dialogue import decide, queries, service
from ivr.dialogue.context import Desk, lost, where
from ivr.dialogue.queries import Standing
from ivr.flow.phrases import DIGITS
from routing.callbacks import queue_place
from routing.queues import queries as lines
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import DialNumber, Gather, Hangup, Prompting, Redirect, Say

LINE, AWAY = "line", "away"
CHOOSE, NUMBER, OFFER = "choose", "number", "offer"
KEY_SECONDS = 5
NUMBER_SECONDS = 10
MOST_DIGITS = 20
WRONG_NUMBERS: Mapping[Refusal | None, str] = {
    Refusal.LOCAL: "call_back_local",
    Refusal.NO_ZERO: "call_back_local",
    Refusal.SERVICE: "call_back_service",
    Refusal.MACHINES: "call_back_service",
}


def begin(session: Session, desk: Desk, known: Standing, at: str, now: datetime) -> str | None:
    """The caller asks to be called back: promised at once to the number they call from; a hidden one is asked for.

    `None` where they are on their way to an agent, or in no line.
    """
    call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
    number = PhoneNumber.parse(call.caller_number or "")
    if number is None:
        return _ask_number(desk, known, at)
    promised = queue_place.promise(session, desk.context, call, number, now)
    return None if promised is None else _read_back(desk, known, promised, at)


def turn(desk: Desk, call_id: str, step: str, at: str, turn: Turn, now: datetime) -> str:
    """A key, or none, in the dialogue about a call-back."""
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return lost(desk)
        if known.status in {CallStatus.TALKING, CallStatus.ENDED}:
            return where(desk, known)
        key = turn.digits or ""
        if key == desk.flow.keys.emergency:
            return _emergency(session, desk, known, now)
        queries.alive(session, call_id, now)
        promised = queue_place.open_of(session, call_id)
        if step == NUMBER:
            return _numbered(session, desk, known, (promised, key, at), now)
        if step == OFFER and promised is None:
            wanted = begin(session, desk, known, at, now) if key == desk.flow.waiting_keys.call_back else None
            return wanted or stay(session, desk, known, at, now)
        return _chosen(session, desk, known, (promised, key, at), now)


def resume(session: Session, desk: Desk, known: Standing) -> str | None:
    """What a caller in the exchange's queue hears who has a call-back already; `None` where they have none."""
    promised = queue_place.open_of(session, known.call_id)
    return None if promised is None else _read_back(desk, known, promised, LINE)


def overflow(desk: Desk, call_id: str, kind: str, number: str, now: datetime) -> str:
    """The router led the caller out of the line: to a call-back, a message or another number. Else back into it."""
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return lost(desk)
        if known.status in {CallStatus.TALKING, CallStatus.ENDED} or lines.open_waiting(session, call_id) is not None:
            return where(desk, known)
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        transitions.transition(call, CallEvent.LEFT_QUEUE)
        session.flush()
        known = queries.standing(session, call_id) or known
        said = _way_out(session, desk, known, (kind, number), now)
        return said or stay(session, desk, known, AWAY, now)


def led(desk: Desk, call_id: str, turn: Turn, now: datetime) -> str:
    """The other number has answered, or not: then the caller goes back to their place."""
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return lost(desk)
        call = session.get_one(Call, call_id, with_for_update=True, populate_existing=True)
        if turn.dial_status in {LegStatus.COMPLETED, LegStatus.ANSWERED}:
            if call.status is CallStatus.IN_MENU:
                call.outcome = CallOutcome.FORWARDED
            return desk.document((desk.phrase("thanks", known), Hangup()))
        return stay(session, desk, known, AWAY, now)


def stay(session: Session, desk: Desk, known: Standing, at: str, now: datetime) -> str:
    """Back in line, or still there: the caller hears what callers in line hear."""
    call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
    queue_place.withdraw(session, desk.context, call, now)
    if at == LINE:
        return desk.document((Redirect(webhook_urls.wait(known.call_id)),))
    return desk.document(decide.repeat(desk.flow, known.place), known.call_id, known.turn)


def _way_out(session: Session, desk: Desk, known: Standing, way: tuple[str, str], now: datetime) -> str | None:
    kind, to = way
    if kind == "call_back":
        said = (desk.phrase("all_busy", known),)
        return desk.document((Gather(_address(known, OFFER, AWAY), said, 1, KEY_SECONDS),))
    if kind == "voicemail":
        moved = decide.leave_message(desk.flow, known.place, now)
        return None if moved is None else service.advance(session, desk, known, moved, now)
    number = PhoneNumber.of_line(to) if kind == "number" else None
    if number is None:
        return None
    transitions.tell(session, desk.context.notifier, transitions.event(known.call_id, "forwarded", now))
    lead = DialNumber(number.e164, desk.context.settings.hotline_number, webhook_urls.forwarded(known.call_id))
    return desk.document((desk.phrase("forwarded", known), lead))


def _chosen(
    session: Session, desk: Desk, known: Standing, said: tuple[Callback | None, str, str], now: datetime
) -> str:
    promised, key, at = said
    if promised is None or key == desk.flow.keys.repeat:
        return stay(session, desk, known, at, now)
    if key == desk.flow.waiting_keys.message:
        return _ask_number(desk, known, at)
    if key == "":
        return desk.document((desk.phrase("call_back_goodbye", known), Hangup()))
    return _read_back(desk, known, promised, at)


def _numbered(
    session: Session, desk: Desk, known: Standing, said: tuple[Callback | None, str, str], now: datetime
) -> str:
    """Another number was keyed in. One that reaches nobody is asked for once more, then what stood before holds."""
    promised, keys, at = said
    if keys and not keys.strip(desk.flow.keys.repeat):
        return _ask_number(desk, known, at)
    try:
        number = PhoneNumber(phone_numbers.parse(keys, area_code=desk.context.settings.phone_area_code))
    except ValueError as refusal:
        if not at.endswith("+"):
            return _ask_number(desk, known, f"{at}+", (desk.phrase(_why(keys, refusal), known),))
    else:
        call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
        changed = queue_place.promise(session, desk.context, call, number, now)
        if changed is not None:
            return _read_back(desk, known, changed, at.rstrip("+"))
    if promised is not None:
        return _read_back(desk, known, promised, at.rstrip("+"))
    return stay(session, desk, known, at.rstrip("+"), now)


def _why(keys: str, refusal: ValueError) -> str:
    """The phrase that says why this number cannot be called, or that none came."""
    if not keys:
        return "timed_out"
    told = refusal.refusal if isinstance(refusal, phone_numbers.Refused) else None
    return WRONG_NUMBERS.get(told, "call_back_wrong")


def _read_back(desk: Desk, known: Standing, promised: Callback, at: str) -> str:
    """The number that is called, digit by digit, and what may be done about it."""
    language = known.place.language
    digits = phone_numbers.as_dialled(promised.number)
    spoken = (Say(DIGITS[language][int(digit)], language) for digit in digits)
    said: tuple[Prompting, ...] = (
        desk.phrase("call_back_to", known),
        *spoken,
        desk.phrase("call_back_keys", known),
    )
    return desk.document((Gather(_address(known, CHOOSE, at), said, 1, KEY_SECONDS),))


def _ask_number(desk: Desk, known: Standing, at: str, before: tuple[Prompting, ...] = ()) -> str:
    said = (*before, desk.phrase("call_back_number", known))
    gather = Gather(_address(known, NUMBER, at), said, MOST_DIGITS, NUMBER_SECONDS, desk.flow.keys.back)
    return desk.document((gather,))


def _emergency(session: Session, desk: Desk, known: Standing, now: datetime) -> str:
    """The key for emergencies works here, too: whatever was promised is off."""
    place, heard = decide.hear(known.place)
    call = session.get_one(Call, known.call_id, with_for_update=True, populate_existing=True)
    queue_place.withdraw(session, desk.context, call, now)
    session.flush()
    known = queries.standing(session, known.call_id) or known
    told = decide.Told("key_pressed", {"node": place.node, "outcome": "emergency"})
    moved = decide.after((*heard, told), decide.emergency(desk.flow, place, now))
    return service.advance(session, desk, known, moved, now) or where(desk, known)


def _address(known: Standing, step: str, at: str) -> str:
    return webhook_urls.callback_turn(known.call_id, step, at.rstrip("+"), is_second_try=at.endswith("+"))
