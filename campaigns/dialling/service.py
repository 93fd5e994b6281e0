"""The life of one attempt: reserved, dialled, answered, ended, and what follows. Each function is one transaction.

The recipient's row is locked first, always. Everything asked of the exchange is a fact in the database before, so that
a process that dies at any point leaves work that the next one finds, and nobody is dialled twice for one attempt.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from campaigns.dialling import follow_up_service, history_queries, next_attempt, queries
from campaigns.dialling.queries import HeldAttempt
from campaigns.planning import dialling_limits_file, preference_queries
from campaigns.stopping import permission_service
from hotline import clock, log
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.models import Attempt, Call, Campaign, Recipient
from hotline.outbox import jobs, transitions
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.attempt import AttemptEvent, AttemptOutcome, AttemptState
from hotline.values.states.campaign import CampaignState
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from hotline.values.states.recipient import RecipientState
from routing.calls.leg_service import LegReport
from telephony.vendor_words import AnsweredBy

# The job that dials an attempt (`campaigns.dialling.dial_service`).
DIAL = "dial_attempt"
NOT_PLACED = (AttemptState.RESERVED, AttemptState.DIALLED)
# How an attempt ended that nobody concluded, by the word of the exchange.
ENDS = {
    LegStatus.BUSY: AttemptOutcome.BUSY,
    LegStatus.NO_ANSWER: AttemptOutcome.NO_ANSWER,
    LegStatus.CANCELED: AttemptOutcome.NO_ANSWER,
    LegStatus.FAILED: AttemptOutcome.FAILED,
}
REFUSED = "the exchange refused the call"
NEVER_DIALLED = "never dialled"
HUNG_UP = "hung_up"
WITH_PERSON = "person_took_over"


def reserve(context: AppContext, recipient_id: str, now: datetime) -> str | None:
    """Reserve the recipient for a call, and have a worker dial it.

    Return the attempt's id, `None` when they are not (or no longer) to be called.
    """
    take = (
        update(Recipient)
        .where(Recipient.id == recipient_id, Recipient.state == RecipientState.PLANNED, Recipient.due_at <= now)
        .values(state=RecipientState.CALLING, due_at=None, tries=Recipient.tries + 1)
    )
    try:
        with context.database.write() as session:
            recipient = permission_service.hold(session, recipient_id)
            if recipient is None or not _is_allowed(session, context.notifier, context.settings, recipient, now):
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
            jobs.add(session, context.notifier, DIAL, attempt.id, now)
            return attempt.id
    except IntegrityError:
        return None  # the same person is being called for another step: their turn comes later


def _is_allowed(session: Session, notifier: Notifier, settings: Settings, recipient: Recipient, now: datetime) -> bool:
    """Return whether hours, campaign and wishes allow a call now; where the hours do not, set the next such time."""
    campaign = session.get_one(Campaign, recipient.campaign_id)
    if campaign.state is not CampaignState.RUNNING or recipient.state is not RecipientState.PLANNED:
        return False
    if permission_service.is_barred(session, notifier, recipient, now) or queries.is_spoken_with(session, recipient):
        return False
    window = preference_queries.window_of(settings, recipient)
    if window is not None and window.is_open(now):
        return True
    history = next_attempt.AttemptHistory((), window, recipient.closes_at, recipient.texted_at is not None)
    found = None if window is None else window.next(now, recipient.closes_at)
    then = next_attempt.given_up(history, now) if found is None else next_attempt.RetryAt(found)
    follow_up_service.follow(session, notifier, settings, recipient, then, now)
    return False


def start_dialling(context: AppContext, attempt_id: str, now: datetime) -> str | None:
    """Mark a reserved attempt as dialled, and return the number to dial.

    Only one caller ever gets it. `None` means that the attempt is not to be dialled: it was before, or is over now.
    """
    with context.database.write() as session:
        recipient_id = session.scalar(select(Attempt.recipient_id).where(Attempt.id == attempt_id))
        recipient = None if recipient_id is None else permission_service.hold(session, recipient_id)
        attempt = session.get(Attempt, attempt_id, populate_existing=True)
        if attempt is None or recipient is None or attempt.state is not AttemptState.RESERVED:
            return None
        held = HeldAttempt(attempt, recipient)
        if recipient.state is not RecipientState.CALLING or permission_service.is_barred(
            session, context.notifier, recipient, now
        ):
            end(
                session,
                context.notifier,
                context.settings,
                held,
                AttemptOutcome.STOPPED,
                reason=recipient.reason,
                now=now,
            )
            return None
        if not _is_still_wanted(session, context.settings, recipient, now):
            end(session, context.notifier, context.settings, held, AttemptOutcome.FAILED, reason=NEVER_DIALLED, now=now)
            return None
        transitions.transition(attempt, AttemptEvent.DIALLED)
        attempt.dialled_at = now
        return recipient.number


def _is_still_wanted(session: Session, settings: Settings, recipient: Recipient, now: datetime) -> bool:
    """Return whether campaign and hours still allow the call: no worker may have been there since it was reserved."""
    window = preference_queries.window_of(settings, recipient)
    campaign = session.get_one(Campaign, recipient.campaign_id)
    return campaign.state is CampaignState.RUNNING and window is not None and window.is_open(now)


def placed(database: Database, attempt_id: str, sid: str) -> None:
    """Keep the id by which the exchange has taken the call, where no webhook was faster."""
    with database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is not None:
            held.attempt.provider_sid = held.attempt.provider_sid or sid


def not_placed(context: AppContext, attempt_id: str, reason: str, now: datetime) -> bool:
    """End an attempt that the exchange did not place; return whether that is news."""
    with context.database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None or held.attempt.state not in NOT_PLACED or held.attempt.provider_sid is not None:
            return False
        end(session, context.notifier, context.settings, held, AttemptOutcome.FAILED, reason=reason, now=now)
    return True


def hung_up(database: Database, attempt_id: str, now: datetime) -> None:
    """Write down that the exchange was asked to end the line."""
    with database.write() as session:
        session.get_one(Attempt, attempt_id).hung_up_at = now


def report(context: AppContext, attempt_id: str, heard: LegReport, now: datetime) -> bool:
    """Take a report on the line of an attempt: again, late or out of order changes nothing. `False`: unknown."""
    with context.database.write() as session:
        held = queries.attempt_locked(session, attempt_id)
        if held is None:
            return False
        attempt = held.attempt
        attempt.provider_sid = attempt.provider_sid or heard.sid
        if attempt.provider_sid != heard.sid or attempt.state is AttemptState.ENDED:
            return True
        if heard.sequence is not None and heard.sequence <= attempt.sequence:
            return True
        attempt.sequence = heard.sequence if heard.sequence is not None else attempt.sequence
        _advance(session, context.notifier, context.settings, held, heard.status, now)
    return True


def _advance(
    session: Session, notifier: Notifier, settings: Settings, held: HeldAttempt, status: LegStatus, now: datetime
) -> None:
    attempt = held.attempt
    if status in ENDED_LEGS:
        outcome, reason = _outcome(attempt, status)
        end(session, notifier, settings, held, outcome, reason=reason, now=now)
    elif status is LegStatus.RINGING and attempt.state in {AttemptState.RESERVED, AttemptState.DIALLED}:
        transitions.transition(attempt, AttemptEvent.RANG)
        attempt.dialled_at, attempt.ringing_at = attempt.dialled_at or now, now
    elif status is LegStatus.ANSWERED:
        picked_up(attempt, now)


def picked_up(attempt: Attempt, now: datetime) -> None:
    """Mark the attempt as answered, by a person or a machine; again, nothing changes."""
    if attempt.state is AttemptState.ANSWERED or attempt.state is AttemptState.ENDED:
        return
    transitions.transition(attempt, AttemptEvent.ANSWERED)
    attempt.dialled_at, attempt.answered_at = attempt.dialled_at or now, now


def _outcome(attempt: Attempt, status: LegStatus) -> tuple[AttemptOutcome, str]:
    """Return how an attempt ended, and why: as the conversation concluded it, else by what was heard."""
    if attempt.outcome is not None:
        return attempt.outcome, attempt.reason
    if attempt.answered_at is None:
        return ENDS.get(status, AttemptOutcome.NO_ANSWER), ""
    if attempt.verified_at is not None:
        return AttemptOutcome.PARTIAL, ""
    if attempt.answered_by in {AnsweredBy.MACHINE, AnsweredBy.MACHINE_READY}:
        return AttemptOutcome.MACHINE, ""
    return AttemptOutcome.NO_ANSWER, HUNG_UP


def end(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    held: HeldAttempt,
    outcome: AttemptOutcome,
    *,
    reason: str,
    now: datetime,
) -> None:
    """End the attempt, then decide and do what follows for its recipient."""
    attempt, recipient = held
    if attempt.state is AttemptState.ENDED:
        return
    call = session.get(Call, attempt.call_id) if attempt.call_id else None
    if call is not None:
        attempt.agent_requested_at = attempt.agent_requested_at or call.asked_at
        attempt.agent_connected_at = attempt.agent_connected_at or call.answered_at
        if outcome is AttemptOutcome.PARTIAL and (attempt.agent_connected_at or attempt.warning_at):
            outcome, reason = AttemptOutcome.DONE, WITH_PERSON  # a nurse, or the urgent case, goes on from here
    if recipient.state is not RecipientState.CALLING:
        outcome, reason = AttemptOutcome.STOPPED, recipient.reason
    transitions.transition(attempt, AttemptEvent.ENDED)
    attempt.outcome, attempt.reason, attempt.ended_at = outcome, reason[:120], now
    session.flush()
    log.get().info("attempt_ended", attempt_id=attempt.id, outcome=outcome)
    notifier.notify_after(session, FLOOR)
    if recipient.state is RecipientState.CALLING:
        follow_up_service.follow(session, notifier, settings, recipient, _follows(session, settings, attempt, now), now)


def _follows(session: Session, settings: Settings, attempt: Attempt, now: datetime) -> next_attempt.NextStep:
    recipient = session.get_one(Recipient, attempt.recipient_id)
    history = history_queries.history(session, settings, recipient, attempt.postponed_until)
    return next_attempt.next_step(history, dialling_limits_file.of(settings), now)
