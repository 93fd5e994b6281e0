"""What a conversation says of itself to its campaign: whom it speaks with, what was answered, how it went.

The script's flow (`campaigns.dialogue.service`) calls these; the end of the line (`campaigns.dialling.service`) decides
what follows. Functions that take a session run inside the caller's transaction.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import queries, service
from campaigns.dialogue.conversation import AttemptDetails, GivenAnswer
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


def answered(database: Database, attempt_id: str, sid: str | None, now: datetime) -> AttemptDetails | None:
    """Somebody or something picked up; again, the same. `None`: unknown, over, or this person is not to be called."""
    with database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None or held[0].state is AttemptState.ENDED or held[1].state is not RecipientState.CALLING:
            return None
        attempt, _ = held
        attempt.provider_sid = attempt.provider_sid or sid
        service.picked_up(attempt, now)
        return details(session, attempt_id)


def details(session: Session, attempt_id: str) -> AttemptDetails | None:
    """Return whom this attempt's conversation is with; `None` when it is over or was stopped (ask at every turn)."""
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.state is AttemptState.ENDED:
        return None
    recipient = session.get_one(Recipient, attempt.recipient_id)
    if recipient.state is not RecipientState.CALLING:
        return None
    return AttemptDetails(
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
        dialogue_state=dict(recipient.dialogue_state),
        notice=dict(recipient.notice),
        call_id=attempt.call_id,
    )


def of_line(session: Session, sid: str) -> AttemptDetails | None:
    """Return the conversation on this line; `None` when there is none or it is over."""
    found = session.scalar(select(Attempt.id).where(Attempt.provider_sid == sid))
    return None if found is None else details(session, found)


def note_answered_by(database: Database, attempt_id: str, by: AnsweredBy) -> str | None:
    """Keep whom the provider takes the answer for: it serves the wording and the figures, and decides nothing.

    Return the line's id where the conversation waits for just that (`awaits_detection`).
    """
    with database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None:
            return None
        attempt, _ = held
        attempt.answered_by = by.value
        return attempt.provider_sid if awaits_detection(attempt) else None


def answered_by(attempt: Attempt) -> AnsweredBy | None:
    """Return whom the exchange takes the answer for; `None` while it listens."""
    return AnsweredBy(attempt.answered_by) if attempt.answered_by else None


def awaits_detection(attempt: Attempt) -> bool:
    """Return whether what the provider heard decides what is said next: the hospital's name was said to its end."""
    state = attempt.dialogue_state
    return (
        attempt.answered_by not in {"", AnsweredBy.MACHINE}
        and state.get("stage") == Stage.OPENING
        and state["failures"] > 0
    )


def note_call(session: Session, attempt_id: str, call_id: str) -> None:
    """Note that the conversation is this call: its recording, transcript and hand-over to a nurse are that call's."""
    session.get_one(Attempt, attempt_id).call_id = call_id


def note_verified(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that the person on the line is the recipient; only from here on may anything medical be said."""
    attempt, recipient = _held(session, attempt_id)
    attempt.verified_at = attempt.verified_at or now
    recipient.reached_at = recipient.reached_at or now
    recipient.verified_at = recipient.verified_at or now


def note_reached(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person speaks, whoever it is."""
    _, recipient = _held(session, attempt_id)
    recipient.reached_at = recipient.reached_at or now


def save_dialogue_state(session: Session, attempt_id: str, state: dict[str, Any]) -> None:
    """Keep where the conversation stands: whoever is called again or calls back goes on from here."""
    _, recipient = _held(session, attempt_id)
    recipient.dialogue_state = dict(state)


def file_answer(session: Session, notifier: Notifier, attempt_id: str, given: GivenAnswer, now: datetime) -> Answer:
    """File an answer; to a question that was answered before, the later one counts."""
    attempt, recipient = _held(session, attempt_id)
    query = select(Answer).where(Answer.recipient_id == recipient.id, Answer.question == given.question)
    row = session.scalar(query)
    if row is None:
        row = Answer(id=clock.new_id(), recipient_id=recipient.id, question=given.question)
        session.add(row)
    row.attempt_id, row.at = attempt.id, now
    row.value, row.figure, row.verbatim = given.value, given.figure, given.verbatim
    row.is_warning, row.is_opinion = given.is_warning, given.is_opinion
    session.flush()
    notifier.notify_after(session, FLOOR)
    return row


def note_warning(session: Session, notifier: Notifier, attempt_id: str, sign: str, now: datetime) -> None:
    """Note that a warning sign was heard: from now on the time to a nurse's voice is measured."""
    attempt, _ = _held(session, attempt_id)
    attempt.warning, attempt.warning_at = attempt.warning or sign, attempt.warning_at or now
    notifier.notify_after(session, FLOOR)


def note_agent_requested(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person is needed: pacing counts whether one is found. In a queue its own times count."""
    attempt, _ = _held(session, attempt_id)
    attempt.agent_requested_at = attempt.agent_requested_at or now


def note_agent_connected(session: Session, attempt_id: str, now: datetime) -> None:
    """Note that a person speaks with them."""
    attempt, _ = _held(session, attempt_id)
    attempt.agent_connected_at = attempt.agent_connected_at or now


def conclude(
    session: Session,
    attempt_id: str,
    outcome: AttemptOutcome,
    reason: str = "",
    postponed_until: datetime | None = None,
) -> None:
    """Note how it went, known before the line ends; concluded again (a patient who goes on), the last word counts."""
    attempt, _ = _held(session, attempt_id)
    if attempt.state is not AttemptState.ENDED:
        attempt.outcome, attempt.reason, attempt.postponed_until = outcome, reason[:120], postponed_until


def recognise(session: Session, number_index: str | None) -> str | None:
    """Return the recipient whom we tried to reach at this number and who calls back now; `None` for everyone else."""
    found = [] if number_index is None else queries.recognised(session, number_index)
    return next((one.id for one in found if stop_reason_queries.cause(session, one) is None), None)


def begin_inbound(session: Session, recipient_id: str, sid: str, now: datetime) -> AttemptDetails | None:
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
        reserved_at=now,
        answered_at=now,
    )
    session.add(attempt)
    session.flush()
    return details(session, attempt.id)


def _held(session: Session, attempt_id: str) -> tuple[Attempt, Recipient]:
    held = queries.attempt_locked(session, attempt_id)
    if held is None:
        raise LookupError(f"no attempt {attempt_id}")
    return held
