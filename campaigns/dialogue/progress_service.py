"""What a conversation says of itself to its campaign: whom it speaks with, what was answered, how it went.

The script's flow (`campaigns.dialogue.service`) calls these; the end of the line (`campaigns.dialling.service`) decides
what follows. Functions that take a session run inside the caller's transaction.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import follow_up_service, queries, service
from campaigns.dialogue.conversation import Given, Start
from campaigns.dialogue.dialogue_state import Stage
from campaigns.stopping import permission_service, stop_reason_queries
from hotline import clock
from hotline.database.database import Database
from hotline.models import Answer, Attempt, Campaign, Recipient
from hotline.outbox import transitions
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.call import Direction
from hotline.values.states.recipient import RecipientEvent, RecipientState
from telephony.vendor_words import AnsweredBy


def answered(database: Database, attempt_id: str, sid: str | None, now: datetime) -> Start | None:
    """Somebody or something picked up; again, the same. `None`: unknown, over, or this person is not to be called."""
    with database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None or held[0].state is AttemptState.ENDED or held[1].state is not RecipientState.CALLING:
            return None
        attempt, _ = held
        attempt.provider_sid = attempt.provider_sid or sid
        service.picked_up(attempt, now)
        return start(session, attempt_id)


def start(session: Session, attempt_id: str) -> Start | None:
    """Return whom this attempt's conversation is with; `None` when it is over or was stopped (ask at every turn)."""
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.state is AttemptState.ENDED:
        return None
    recipient = session.get_one(Recipient, attempt.recipient_id)
    if recipient.state is not RecipientState.CALLING:
        return None
    return Start(
        attempt_id=attempt.id,
        recipient_id=recipient.id,
        kind=session.get_one(Campaign, recipient.campaign_id).kind,
        language=recipient.language,
        script=recipient.script,
        step=recipient.step,
        condition=recipient.condition,
        name=recipient.name,
        birth_date=date.fromisoformat(recipient.birth_date) if recipient.birth_date else None,
        number=recipient.number,
        is_inbound=attempt.direction is Direction.INBOUND,
        place=dict(recipient.place),
        about=dict(recipient.about),
        call_id=attempt.call_id,
    )


def of_line(session: Session, sid: str) -> Start | None:
    """Return the conversation on this line; `None` when there is none or it is over."""
    found = session.scalar(select(Attempt.id).where(Attempt.provider_sid == sid))
    return None if found is None else start(session, found)


def heard(database: Database, attempt_id: str, by: AnsweredBy) -> str | None:
    """Keep whom the provider takes the answer for: it serves the wording and the figures, and decides nothing.

    Return the line's id where the conversation waits for just that (`is_led`).
    """
    with database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None:
            return None
        attempt, _ = held
        attempt.heard = by.value
        return attempt.provider_sid if is_led(attempt) else None


def heard_by(attempt: Attempt) -> AnsweredBy | None:
    """Return whom the exchange takes the answer for; `None` while it listens."""
    return AnsweredBy(attempt.heard) if attempt.heard else None


def is_led(attempt: Attempt) -> bool:
    """Return whether what the provider heard decides what is said next: the hospital's name was said to its end."""
    place = attempt.place
    return (
        attempt.heard not in {"", AnsweredBy.MACHINE} and place.get("stage") == Stage.OPENING and place["failures"] > 0
    )


def joined(session: Session, attempt_id: str, call_id: str) -> None:
    """Note that the conversation is this call: its recording, transcript and hand-over to a nurse are that call's."""
    session.get_one(Attempt, attempt_id).call_id = call_id


def verified(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that the person on the line is the recipient; only from here on may anything medical be said."""
    attempt, recipient = _held(session, attempt_id)
    attempt.verified_at = attempt.verified_at or now
    recipient.reached_at = recipient.reached_at or now
    recipient.verified_at = recipient.verified_at or now


def reached(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person speaks, whoever it is."""
    _, recipient = _held(session, attempt_id)
    recipient.reached_at = recipient.reached_at or now


def keep_place(session: Session, attempt_id: str, place: dict[str, Any]) -> None:
    """Keep where the conversation stands: whoever is called again or calls back goes on from here."""
    _, recipient = _held(session, attempt_id)
    recipient.place = dict(place)


def give(session: Session, notifier: Notifier, attempt_id: str, given: Given, now: datetime) -> Answer:
    """File an answer; to a question that was answered before, the later one counts."""
    attempt, recipient = _held(session, attempt_id)
    query = select(Answer).where(Answer.recipient_id == recipient.id, Answer.question == given.question)
    row = session.scalar(query)
    if row is None:
        row = Answer(id=clock.new_id(), recipient_id=recipient.id, question=given.question)
        session.add(row)
    row.attempt_id, row.at = attempt.id, now
    row.value, row.figure, row.words = given.value, given.figure, given.words
    row.is_warning, row.is_opinion = given.is_warning, given.is_opinion
    session.flush()
    notifier.notify_after(session, FLOOR, follow_up_service.TOPIC)
    return row


def warn(session: Session, notifier: Notifier, attempt_id: str, sign: str, now: datetime) -> None:
    """Note that a warning sign was heard: from now on the time to a nurse's voice is measured."""
    attempt, _ = _held(session, attempt_id)
    attempt.warning, attempt.warned_at = attempt.warning or sign, attempt.warned_at or now
    notifier.notify_after(session, FLOOR, follow_up_service.TOPIC)


def asks_person(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person is needed: pacing counts whether one is found. In a queue its own times count."""
    attempt, _ = _held(session, attempt_id)
    attempt.asked_at = attempt.asked_at or now


def caught(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person speaks with them."""
    attempt, _ = _held(session, attempt_id)
    attempt.caught_at = attempt.caught_at or now


def conclude(
    session: Session, attempt_id: str, outcome: AttemptOutcome, reason: str = "", later_at: datetime | None = None
) -> None:
    """Note how it went, known before the line ends; concluded again (a patient who goes on), the last word counts."""
    attempt, _ = _held(session, attempt_id)
    if attempt.state is not AttemptState.ENDED:
        attempt.outcome, attempt.reason, attempt.later_at = outcome, reason[:120], later_at


def recognise(session: Session, number_index: str | None) -> str | None:
    """Return the recipient whom we tried to reach at this number and who calls back now; `None` for everyone else."""
    found = [] if number_index is None else queries.recognised(session, number_index)
    return next((one.id for one in found if stop_reason_queries.cause(session, one) is None), None)


def call_back(session: Session, recipient_id: str, sid: str, call_id: str | None, now: datetime) -> Start | None:
    """Begin an attempt of a patient who calls us, and go on where the conversation stopped.

    `None` when we are speaking with them already, or they are not to be spoken with any more.
    """
    recipient = permission_service.hold(session, recipient_id)
    if recipient is None or recipient.state not in queries.RECOGNISED:
        return None
    if stop_reason_queries.cause(session, recipient) is not None or queries.is_spoken_with(session, recipient):
        return None
    transitions.transition(recipient, RecipientEvent.CALLED_US)
    recipient.due_at, recipient.ended_at = None, None
    attempt = Attempt(
        id=clock.new_id(),
        campaign_id=recipient.campaign_id,
        recipient_id=recipient.id,
        number=queries.next_number(session, recipient.id),
        direction=Direction.INBOUND,
        state=AttemptState.ANSWERED,
        provider_sid=sid,
        call_id=call_id,
        reserved_at=now,
        answered_at=now,
    )
    session.add(attempt)
    session.flush()
    return start(session, attempt.id)


def _held(session: Session, attempt_id: str) -> tuple[Attempt, Recipient]:
    held = queries.attempt_locked(session, attempt_id)
    if held is None:
        raise LookupError(f"no attempt {attempt_id}")
    return held
