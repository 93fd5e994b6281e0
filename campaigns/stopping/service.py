"""A fact stops calls, and calls go on when it has gone away. Runs in its caller's transaction, the person's row locked.

A line that rings is hung up by the clock; a conversation ends at its next turn
(`campaigns.dialogue.progress_service`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.dialling import history_queries, next_attempt, queries
from campaigns.importing.visits import person_queries, stop_reasons
from campaigns.importing.visits.stop_reasons import StopReason
from campaigns.planning import dialling_limits_file, plan
from campaigns.stopping import stop_reason_queries
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import Campaign, CaseStep, PatientIdentifier, Recipient, RecipientChange
from hotline.outbox import jobs, transitions
from hotline.outbox.notifier import FLOOR, Notifier
from hotline.values.states.campaign import CampaignState
from hotline.values.states.recipient import RecipientEvent, RecipientState

CHUNK = 250
# The source of what no message told: the hospital's list of patients, or the patients themselves.
LISTED = "list"
STOPPED, RESUMED, UNDONE = "stopped", "resumed", "undone"
# The step of a case that says that its patient is not called any more.
TOLD = "calls_stopped"
# For one of these a recipient is held back, and goes on when it has gone away.
HELD = stop_reasons.CAUSES | {plan.TOO_LATE}
# A recipient in one of these can be stopped, or was and may go on.
CONCERNED = (*queries.OPEN, RecipientState.WITH_PERSON, RecipientState.STOPPED)
# What a recipient has from their discharge: corrected with it.
COPIED = ("name", "birth_date", "number", "number_index", "patient_id", "language", "zone", "ward", "condition")


@dataclass
class StopChanges:
    """How many recipients were stopped, and how many go on."""

    stopped: int = 0
    resumed: int = 0


def reassess(
    session: Session,
    notifier: Notifier,
    settings: Settings,
    indexes: Collection[str],
    now: datetime,
    moved: Mapping[str, int] | None = None,
) -> StopChanges:
    """Look at everyone whom a campaign has of these people: stop them, or let them go on, as all that is known says.

    `moved` holds discharges whose day was corrected, with the days between: the time of each call moves with it.
    """
    changed = StopChanges()
    if not indexes:
        return changed
    roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index.in_(indexes))
    everyone = set(
        session.scalars(select(PatientIdentifier.person_index).where(PatientIdentifier.root.in_(roots)))
    ) | set(indexes)
    theirs = (Recipient.person_index.in_(everyone), Recipient.state.in_(CONCERNED))
    query = select(Recipient).where(*theirs).order_by(Recipient.id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).all()
    if not found:
        return changed
    known = stop_reason_queries.known(session, everyone)
    keys = stop_reason_queries.visit_keys(session, {one.discharge_id for one in found if one.discharge_id})
    for recipient in found:
        days = (moved or {}).get(recipient.discharge_id or "", 0)
        _move(recipient, days)
        person = known.get(recipient.person_index, stop_reason_queries.NOTHING)
        cause = stop_reasons.cause(person, keys.get(recipient.discharge_id or ""))
        if cause is not None:
            changed.stopped += stop(session, notifier, recipient, cause, now)
        elif recipient.state is RecipientState.STOPPED and recipient.reason in HELD:
            changed.resumed += _resume(session, notifier, settings, recipient, now)
        elif days and recipient.state is RecipientState.PLANNED and not _plan(session, settings, recipient, now):
            changed.stopped += stop(session, notifier, recipient, StopReason(plan.TOO_LATE, ""), now)
    return changed


def stop(session: Session, notifier: Notifier, recipient: Recipient, cause: StopReason, now: datetime) -> bool:
    """Stop all calls to them, for this reason; return whether they were to be called before."""
    is_stopped = recipient.state is RecipientState.STOPPED
    if is_stopped and (recipient.reason not in HELD or recipient.reason == cause.reason):
        return False
    if not is_stopped:
        was = RecipientState.PLANNED if recipient.state is RecipientState.CALLING else recipient.state
        recipient.state_before_stop = {"state": was.value, "reason": recipient.reason}
        transitions.transition(recipient, RecipientEvent.STOPPED)
        _tell_cases(session, recipient, cause, now)
    recipient.reason, recipient.due_at, recipient.ended_at = cause.reason, None, now
    note(session, recipient, STOPPED, cause, now)
    notifier.notify_after(session, FLOOR)
    return not is_stopped


def note(session: Session, recipient: Recipient, change: str, cause: StopReason, now: datetime, **by: Any) -> None:
    """Write it into the recipient's history; `by` says which member of staff, and why."""
    told = cause.report
    session.add(
        RecipientChange(
            recipient_id=recipient.id,
            at=now,
            change=change,
            reason=cause.reason,
            source=told.source if told else LISTED if cause.signature else "",
            event=told.event.value if told else "",
            reported_at=told.at if told else None,
            **by,
        )
    )


def follow_list(context: AppContext, now: datetime) -> StopChanges:
    """Stop whoever has died by the hospital's list of patients, or wants no calls: the list has changed."""
    changed = StopChanges()
    with context.database.read() as session:
        indexes = stop_reason_queries.listed_people(session)
    for start in context.database.in_pieces(range(0, len(indexes), CHUNK)):
        some = indexes[start : start + CHUNK]
        with context.database.write() as session:
            person_queries.hold(session, some, is_new=False)
            done = reassess(session, context.notifier, context.settings, some, now)
        changed.stopped, changed.resumed = changed.stopped + done.stopped, changed.resumed + done.resumed
    return changed


def correct(session: Session, discharge_id: str, values: Mapping[str, Any]) -> None:
    """Correct whoever is still to be called for a discharge whose facts are others now."""
    copied = {name: values[name] for name in COPIED if name in values}
    if copied:
        ours = (Recipient.discharge_id == discharge_id, Recipient.state.in_(CONCERNED))
        for recipient in session.scalars(select(Recipient).where(*ours).order_by(Recipient.id).with_for_update()):
            for name, value in copied.items():
                setattr(recipient, name, value)


def _resume(session: Session, notifier: Notifier, settings: Settings, recipient: Recipient, now: datetime) -> bool:
    """Let them go on where they stood; return whether they do: not when their time is over, nor the campaign."""
    campaign = session.get_one(Campaign, recipient.campaign_id)
    if campaign.state is CampaignState.FINISHED:
        return False
    cause = StopReason(recipient.reason, "")
    before = RecipientState(recipient.state_before_stop.get("state", RecipientState.PLANNED))
    if before is RecipientState.WITH_PERSON:
        transitions.transition(recipient, RecipientEvent.HANDED_TO_PERSON)
        recipient.reason, recipient.ended_at = recipient.state_before_stop.get("reason", ""), now
    elif before is RecipientState.TEXTED:
        transitions.transition(recipient, RecipientEvent.TEXTED)
        recipient.reason, recipient.due_at, recipient.ended_at = "", now + next_attempt.TEXT_WAIT, None
        if recipient.texted_at is None:
            jobs.renew(session, notifier, "text_recipient", recipient.id, now)
    elif not _plan(session, settings, recipient, now):
        stop(session, notifier, recipient, StopReason(plan.TOO_LATE, ""), now)
        return False
    recipient.state_before_stop = {}
    note(session, recipient, RESUMED, cause, now)
    notifier.notify_after(session, FLOOR)
    return True


def _plan(session: Session, settings: Settings, recipient: Recipient, now: datetime) -> bool:
    """Plan the next try as hours, wishes and caps allow; whether there is one within the days of the call."""
    limits = dialling_limits_file.of(settings)
    history = history_queries.history(session, settings, recipient)
    if next_attempt.counted(history.attempts) >= limits.tries:
        return False
    at = next_attempt.allowed(history, limits, after=max(now, recipient.opens_at), is_expected=False)
    if at is None:
        return False
    transitions.transition(recipient, RecipientEvent.RESUMED)
    recipient.reason, recipient.due_at, recipient.ended_at = "", at, None
    return True


def _move(recipient: Recipient, days: int) -> None:
    """Move the days on which a call makes sense: the discharge was on another day."""
    if days:
        zone = ZoneInfo(recipient.zone)
        recipient.opens_at = _days_later(recipient.opens_at, days, zone)
        recipient.closes_at = _days_later(recipient.closes_at, days, zone)


def _days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the moment so many of the calendar's days later, at the same hour there."""
    local = moment.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=days), local.time(), zone)


def _tell_cases(session: Session, recipient: Recipient, cause: StopReason, now: datetime) -> None:
    """Tell whoever works on an open case of this patient's follow-up what has happened."""
    if recipient.patient_id is None:
        return
    for case in crm_queries.open_follow_ups(session, recipient.patient_id):
        is_told = any(step.kind == TOLD and step.at == now for step in crm_queries.steps(session, case.id))
        if not is_told:
            crm.add_step(session, case, CaseStep(kind=TOLD, at=now, data={"reason": cause.reason}), crm.Actor())
