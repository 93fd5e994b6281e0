"""The life of one attempt: marked, dialled, answered, ended, and what follows. Each function is one transaction.

The recipient's row is locked first, always. Everything asked of the exchange is a fact in the database before, so that
a process that dies at any point leaves work that the next one finds, and nobody is dialled twice for one attempt.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.dialling import follow_up, next_attempt, past_attempts, queries
from campaigns.planning import dialling_limits_file, preferences
from campaigns.stopping import permission
from hotline import clock, log
from hotline.context import AppContext
from hotline.models import Attempt, Call, Campaign, Recipient
from hotline.outbox import transitions
from hotline.outbox.notifier import FLOOR
from hotline.values.states.attempt import AttemptEvent, AttemptOutcome, AttemptState
from hotline.values.states.campaign import CampaignState
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from hotline.values.states.recipient import RecipientState
from routing.calls.legs import Report
from telephony.vendor_words import AnsweredBy

# How an attempt ended that nobody concluded, by the word of the exchange.
ENDS = {
    LegStatus.BUSY: AttemptOutcome.BUSY,
    LegStatus.NO_ANSWER: AttemptOutcome.NO_ANSWER,
    LegStatus.CANCELED: AttemptOutcome.NO_ANSWER,
    LegStatus.FAILED: AttemptOutcome.FAILED,
}
NEVER_DIALLED = "never dialled"
HUNG_UP = "hung up before we knew who it was"
WITH_PERSON = "a person took over"


@dataclass(frozen=True)
class Dialling:
    """What the exchange is to be asked for."""

    attempt_id: str
    number: str


def mark(context: AppContext, recipient_id: str, now: datetime) -> str | None:
    """Reserve the recipient for a call; the attempt's id, `None` when they are not (or no longer) to be called."""
    take = (
        update(Recipient)
        .where(Recipient.id == recipient_id, Recipient.state == RecipientState.PLANNED, Recipient.due_at <= now)
        .values(state=RecipientState.CALLING, due_at=None, tries=Recipient.tries + 1)
    )
    try:
        with context.database.write() as session:
            recipient = permission.hold(session, recipient_id)
            if recipient is None or not _is_allowed(session, context, recipient, now):
                return None
            if session.execute(take).rowcount != 1:  # type: ignore[attr-defined] # an UPDATE has a row count
                return None
            attempt = Attempt(
                id=clock.new_id(),
                campaign_id=recipient.campaign_id,
                recipient_id=recipient_id,
                number=queries.next_number(session, recipient_id),
                reserved_at=now,
            )
            session.add(attempt)
            session.flush()
            return attempt.id
    except IntegrityError:
        return None  # the same person is being called for another step: their turn comes later


def _is_allowed(session: Session, context: AppContext, recipient: Recipient, now: datetime) -> bool:
    """Whether hours, campaign and wishes allow a call now; where the hours do not, the next such time is set."""
    campaign = session.get_one(Campaign, recipient.campaign_id)
    if campaign.state is not CampaignState.RUNNING or recipient.state is not RecipientState.PLANNED:
        return False
    if permission.is_barred(session, context, recipient, now) or queries.is_spoken_with(session, recipient):
        return False
    window = preferences.window_of(context, recipient)
    if window is not None and window.is_open(now):
        return True
    standing = next_attempt.Standing((), window, recipient.closes_at, recipient.texted_at is not None)
    found = None if window is None else window.next(now, recipient.closes_at)
    follow_up.follow(
        session,
        context,
        recipient,
        next_attempt.given_up(standing, now) if found is None else next_attempt.Again(found),
        now,
    )
    return False


def take(context: AppContext, attempt_id: str, now: datetime) -> Dialling | None:
    """The attempt is dialled from now on, by whoever gets this answer and nobody else; `None`: it is not to be."""
    with context.database.write() as session:
        recipient_id = session.scalar(select(Attempt.recipient_id).where(Attempt.id == attempt_id))
        recipient = None if recipient_id is None else permission.hold(session, recipient_id)
        attempt = session.get(Attempt, attempt_id, populate_existing=True)
        if attempt is None or recipient is None or attempt.state is not AttemptState.RESERVED:
            return None
        if recipient.state is not RecipientState.CALLING or permission.is_barred(session, context, recipient, now):
            end(session, context, (attempt, recipient), AttemptOutcome.STOPPED, recipient.reason, now)
            return None
        transitions.transition(attempt, AttemptEvent.DIALLED)
        attempt.dialled_at = now
        return Dialling(attempt_id, recipient.number)


def dialled(context: AppContext, attempt_id: str, sid: str) -> None:
    """The exchange has taken the call: its id, where no webhook was faster."""
    with context.database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is not None:
            held[0].provider_sid = held[0].provider_sid or sid


def failed(context: AppContext, attempt_id: str, reason: str, now: datetime) -> bool:
    """The exchange did not place the call; whether that is news."""
    with context.database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None or held[0].state is not AttemptState.DIALLED or held[0].provider_sid is not None:
            return False
        end(session, context, held, AttemptOutcome.FAILED, reason, now)
    return True


def report(context: AppContext, attempt_id: str, heard: Report, now: datetime) -> bool:
    """The exchange reports on the line of an attempt: again, late or out of order changes nothing. `False`: unknown."""
    with context.database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None:
            return False
        attempt, _ = held
        attempt.provider_sid = attempt.provider_sid or heard.sid
        if attempt.provider_sid != heard.sid or attempt.state is AttemptState.ENDED:
            return True
        if heard.sequence is not None and heard.sequence <= attempt.sequence:
            return True
        attempt.sequence = heard.sequence if heard.sequence is not None else attempt.sequence
        _advance(session, context, held, heard.status, now)
    return True


def _advance(
    session: Session, context: AppContext, held: tuple[Attempt, Recipient], status: LegStatus, now: datetime
) -> None:
    attempt, _ = held
    if status in ENDED_LEGS:
        end(session, context, held, *_outcome(attempt, status), now)
    elif status is LegStatus.RINGING and attempt.state in {AttemptState.RESERVED, AttemptState.DIALLED}:
        transitions.transition(attempt, AttemptEvent.RANG)
        attempt.dialled_at, attempt.ringing_at = attempt.dialled_at or now, now
    elif status is LegStatus.ANSWERED:
        picked_up(session, held, now)


def picked_up(session: Session, held: tuple[Attempt, Recipient], now: datetime) -> None:
    """Somebody or something answered; again, nothing changes."""
    attempt, recipient = held
    if attempt.state is AttemptState.ANSWERED or attempt.state is AttemptState.ENDED:
        return
    transitions.transition(attempt, AttemptEvent.ANSWERED)
    attempt.dialled_at, attempt.answered_at = attempt.dialled_at or now, now
    del recipient, session


def _outcome(attempt: Attempt, status: LegStatus) -> tuple[AttemptOutcome, str]:
    """How an attempt ended: as the conversation concluded it, else by what was heard."""
    if attempt.outcome is not None:
        return attempt.outcome, attempt.reason
    if attempt.answered_at is None:
        return ENDS.get(status, AttemptOutcome.NO_ANSWER), ""
    if attempt.verified_at is not None:
        return AttemptOutcome.PARTIAL, ""
    if attempt.heard in {AnsweredBy.MACHINE, AnsweredBy.MACHINE_READY}:
        return AttemptOutcome.MACHINE, ""
    return AttemptOutcome.NO_ANSWER, HUNG_UP


def end(
    session: Session, context: AppContext, held: tuple[Attempt, Recipient], outcome: AttemptOutcome, *rest: Any
) -> None:
    """The attempt is over; `rest` are the reason and the moment. What follows for the recipient is decided and done."""
    attempt, recipient = held
    reason, now = rest
    if attempt.state is AttemptState.ENDED:
        return
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    if call is not None:
        attempt.asked_at = attempt.asked_at or call.asked_at
        attempt.caught_at = attempt.caught_at or call.answered_at
        if outcome is AttemptOutcome.PARTIAL and (attempt.caught_at or attempt.warned_at):
            outcome, reason = AttemptOutcome.DONE, WITH_PERSON  # a nurse, or the urgent case, goes on from here
    if recipient.state is not RecipientState.CALLING:
        outcome, reason = AttemptOutcome.STOPPED, recipient.reason
    transitions.transition(attempt, AttemptEvent.ENDED)
    attempt.outcome, attempt.reason, attempt.ended_at = outcome, reason[:120], now
    session.flush()
    log.get().info("attempt_ended", attempt_id=attempt.id, outcome=outcome)
    context.notifier.ring_after(session, FLOOR, follow_up.TOPIC)
    if recipient.state is RecipientState.CALLING:
        follow_up.follow(session, context, recipient, _follows(session, context, attempt, now), now)


def _follows(session: Session, context: AppContext, attempt: Attempt, now: datetime) -> next_attempt.Next:
    recipient = session.get_one(Recipient, attempt.recipient_id)
    standing = past_attempts.standing(session, context, recipient, attempt.later_at)
    return next_attempt.follows(standing, dialling_limits_file.of(context.settings), now)
