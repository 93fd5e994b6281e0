"""The question after a conversation: the caller rates it from 1 to 5 by key, or skips it. Asked and kept once."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from hotline.models import Call, Case
from hotline.outbox import transitions
from hotline.values.intent import Intent
from hotline.values.states.call import CallStatus
from hotline.values.states.case import Urgency
from ivr.dialogue import queries
from ivr.dialogue.context import Desk, lost
from ivr.dialogue.queries import Standing
from telephony import webhook_urls
from telephony.turn import Turn
from telephony.verbs import Gather, Hangup

SCALE = frozenset("12345")
KEY_SECONDS = 3
# An exchange asks again within this time when it lost our answer; the caller has not heard the question yet.
SAME_QUESTION = timedelta(seconds=10)


def ask(session: Session, desk: Desk, known: Standing, call: Call, now: datetime) -> str | None:
    """The question, for a caller whose agent has hung up; `None` where it is not to be asked. `call` is locked."""
    if call.rating_asked_at is not None:
        if call.rating is not None or now - call.rating_asked_at > SAME_QUESTION:
            return None
    elif not _may_ask(session, desk, known, call):
        return None
    else:
        call.rating_asked_at = call.heard_at = now
        transitions.tell(session, desk.context.notifier, transitions.event(call.id, "rating_asked", now))
    question = Gather(webhook_urls.rating(call.id), (desk.phrase("rate", known),), 1, KEY_SECONDS)
    return desk.document((question,))


def answered(desk: Desk, call_id: str, turn: Turn, now: datetime) -> str:
    """A key, or none: the first from 1 to 5 counts, also when it comes late; then goodbye."""
    with desk.context.database.write() as session:
        known = queries.standing(session, call_id)
        if known is None:
            return lost(desk)
        if turn.digits in SCALE and _keep(session, call_id, int(turn.digits or "")):
            told = transitions.event(call_id, "call_rated", now, rating=int(turn.digits or ""))
            transitions.tell(session, desk.context.notifier, told)
    return desk.document((desk.phrase("thanks", known), Hangup()))


def _may_ask(session: Session, desk: Desk, known: Standing, call: Call) -> bool:
    """Never where something is urgent: who was in an emergency, or told a warning sign, has other worries."""
    is_over = call.status is CallStatus.TALKING and call.answered_at is not None
    is_emergency = call.intent is Intent.EMERGENCY or known.place.node == desk.flow.emergency
    if not desk.context.settings.ask_for_rating or not is_over or is_emergency:
        return False
    urgent = select(Case.id).where(Case.call_id == call.id, Case.urgency != Urgency.NORMAL)
    return session.scalar(urgent.limit(1)) is None


def _keep(session: Session, call_id: str, rating: int) -> bool:
    """Store the rating of a call that was asked for one and has none; whether it was stored."""
    open_question = (Call.id == call_id, Call.rating_asked_at.is_not(None), Call.rating.is_(None))
    done = session.execute(update(Call).where(*open_question).values(rating=rating))
    return isinstance(done, CursorResult) and done.rowcount == 1
