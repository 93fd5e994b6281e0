"""Who asks: what the hospital knows of a caller decides their place in line and whom they are offered to first."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.callers import queries as caller_queries
from hotline.configuration.settings import Settings
from hotline.models import Call, Callback
from hotline.outbox import call_log, transitions
from hotline.outbox.notifier import Notifier
from hotline.values.call_events import CallbackCancelled
from hotline.values.reason import Reason
from hotline.values.reason_codes import CallbackReason, PriorityReason
from hotline.values.states.callback import CallbackEvent, CallbackState
from routing.queues import priority_patients, queues_file

FACTS = ("age", "limited_mobility", "cardiac", "diabetic", "flagged", "discharged_on")


@dataclass(frozen=True)
class CallerPriority:
    """The priority, the agent who is offered the caller first, and why, for staff."""

    priority: int
    preferred_agent_id: str | None
    reasons: tuple[Reason, ...]


def recognise(session: Session, settings: Settings, call: Call, base: int, now: datetime) -> CallerPriority:
    """Requirements A7 and A8: the owner of an open case first, the green channel ahead; `base` is the usual priority.

    Nobody is recognised by a hidden number.
    """
    zone = ZoneInfo(settings.timezone)
    profile = caller_queries.caller_profile(session, call.caller_index, now, zone)
    facts = priority_patients.PatientFacts(**{name: getattr(profile, name) for name in FACTS})
    today = now.astimezone(zone).date()
    priority, why = priority_patients.priority_of(queues_file.of(settings).green, facts, base, today)
    is_owned = profile.owner_agent_id is not None and profile.case_number is not None
    owner = (Reason(PriorityReason.CASE_OWNER, {"case": profile.case_number or 0}),) if is_owned else ()
    return CallerPriority(priority, profile.owner_agent_id, (*owner, *why))


def take_over(session: Session, notifier: Notifier, call: Call, queue: str, now: datetime) -> datetime | None:
    """Cancel the callback that this caller waits for in the queue; return since when they have waited for it.

    Whoever calls again keeps their place. `None` where no callback is waited for.
    """
    if call.caller_index is None:
        return None
    query = (
        select(Callback)
        .join(Call, Call.id == Callback.call_id)
        .where(
            Call.caller_index == call.caller_index,
            Callback.state == CallbackState.WAITING,
            Callback.queue == queue,
            Callback.call_id != call.id,
        )
    )
    found = session.scalars(query.with_for_update(of=Callback)).first()
    if found is None:
        return None
    transitions.transition(found, CallbackEvent.CANCELLED)
    found.reason, found.ended_at = CallbackReason.CALLED_AGAIN, now
    call_log.record(session, notifier, found.call_id, CallbackCancelled(), now)
    return found.asked_at
