"""Who calls, and the matters that are followed for them. Each function runs inside its caller's transaction.

Every step of a matter is a row that is only ever added: who, when, what.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.cases import deadlines, queries
from crm.errors import ClosedMatter
from hotline.context import Ground
from hotline.models import Agent, Call, Matter, MatterStep, Patient
from hotline.outbox import transitions
from hotline.values.statuses import MatterKind, MatterState, Urgency


@dataclass(frozen=True)
class Known:
    """What is known of a caller by their number alone. Where several patients share it, the facts of all of them.

    `patient_id` only where there is one; `matter_*` name their open matter, one with an owner before one without.
    """

    patient_id: str | None = None
    owner_agent_id: str | None = None
    matter_id: str | None = None
    matter_number: int | None = None
    matter_kind: MatterKind | None = None
    age: int | None = None
    limited_mobility: bool = False
    cardiac: bool = False
    diabetic: bool = False
    flagged: bool = False
    discharged_on: date | None = None


@dataclass(frozen=True)
class By:
    """Who did a step: a user of the staff pages, the agent whom they are, or neither for the hotline itself."""

    user_id: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True)
class NewMatter:
    """A matter to be opened. `call` is the one it came from; of that, it is the only one of its kind."""

    kind: MatterKind
    call: Call | None = None
    patient_id: str | None = None
    owner_agent_id: str | None = None
    urgency: Urgency = Urgency.NORMAL
    text: str | None = None


def known(session: Session, caller_index: str | None, now: datetime, zone: ZoneInfo | None = None) -> Known:
    """What is known of whoever calls from this number; nothing for a hidden one."""
    if caller_index is None:
        return Known()
    found = queries.patients(session, caller_index)
    matters = queries.open_matters(session, caller_index, [patient.id for patient in found])
    matter = next((m for m in matters if m.owner_agent_id is not None), matters[0] if matters else None)
    today = now.astimezone(zone).date()
    discharges = [p.discharged_on for p in found if p.discharged_on is not None]
    ages = [age for age in (age_of(patient, today) for patient in found) if age is not None]
    return Known(
        patient_id=found[0].id if len(found) == 1 else None,
        owner_agent_id=matter.owner_agent_id if matter else None,
        matter_id=matter.id if matter else None,
        matter_number=matter.number if matter else None,
        matter_kind=matter.kind if matter else None,
        age=max(ages, default=None),
        limited_mobility=any(p.limited_mobility for p in found),
        cardiac=any(p.cardiac for p in found),
        diabetic=any(p.diabetic for p in found),
        flagged=any(p.flagged for p in found),
        discharged_on=max(discharges, default=None),
    )


def age_of(patient: Patient, today: date) -> int | None:
    """Whole years; `None` where the birth date is not known."""
    if patient.birth_date is None:
        return None
    born = date.fromisoformat(patient.birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def open_matter(session: Session, ground: Ground, new: NewMatter, by: By, now: datetime) -> Matter:
    """Open a matter with its deadline; for a call that has one of this kind already, that one."""
    before = queries.of_call(session, new.call.id, new.kind) if new.call else None
    if before is not None:
        return before
    try:
        with session.begin_nested():
            matter = _row(session, ground, new, now)
            session.add(matter)
            session.flush()
    except IntegrityError:  # two deliveries at once: the other one has opened it
        found = queries.of_call(session, new.call.id, new.kind) if new.call else None
        if found is None:
            raise
        return found
    note(session, matter, MatterStep(kind="opened", at=now, data={"owner": new.owner_agent_id}), by)
    if new.call is not None:
        told = transitions.event(new.call.id, "matter_opened", now, matter=matter.number, matter_kind=new.kind)
        transitions.tell(session, ground.bell, told)
    return matter


def hand_over(session: Session, matter: Matter, to_agent_id: str, by: By, now: datetime) -> bool:
    """Another agent owns the matter from now on (A7: formally); whether that is news. Raises `ClosedMatter`."""
    _must_be_open(matter)
    if matter.owner_agent_id == to_agent_id:
        return False
    session.get_one(Agent, to_agent_id)
    before, matter.owner_agent_id = matter.owner_agent_id, to_agent_id
    note(session, matter, MatterStep(kind="handed_over", at=now, data={"from": before, "to": to_agent_id}), by)
    return True


def comment(session: Session, matter: Matter, text: str, by: By, now: datetime) -> None:
    """Write something down in the history."""
    note(session, matter, MatterStep(kind="commented", at=now, text=text), by)


def advance(session: Session, ground: Ground, matter: Matter, state: MatterState, by: By, now: datetime) -> bool:
    """Take the matter on, its deadline with it; whether that is news. Raises `IllegalMove`."""
    start = matter.state
    if not transitions.move(matter, state):
        return False
    matter.closed_at = now if state is MatterState.CLOSED else None
    zone = ZoneInfo(ground.settings.timezone)
    matter.due_at = deadlines.due(matter.kind, matter.urgency, state, matter.opened_at, zone)
    note(session, matter, MatterStep(kind="moved", at=now, data={"from": start, "to": state}), by)
    return True


def close(session: Session, ground: Ground, matter: Matter, by: By, now: datetime) -> bool:
    """The matter is at its end; whether that is news."""
    return advance(session, ground, matter, MatterState.CLOSED, by, now)


def note(session: Session, matter: Matter, step: MatterStep, by: By) -> None:
    """Add a step to the history."""
    step.matter_id, step.user_id, step.agent_id = matter.id, by.user_id, by.agent_id
    session.add(step)
    session.flush()


def _row(session: Session, ground: Ground, new: NewMatter, now: datetime) -> Matter:
    index = new.call.caller_index if new.call else None
    patient_id = new.patient_id or known(session, index, now).patient_id
    if index is None and patient_id is not None:
        index = session.get_one(Patient, patient_id).number_index
    zone = ZoneInfo(ground.settings.timezone)
    return Matter(
        number=queries.next_number(session, "matter"),
        kind=new.kind,
        state=MatterState.OPEN,
        urgency=new.urgency,
        patient_id=patient_id,
        caller_index=index,
        call_id=new.call.id if new.call else None,
        owner_agent_id=new.owner_agent_id,
        text=new.text,
        opened_at=now,
        due_at=deadlines.due(new.kind, new.urgency, MatterState.OPEN, now, zone),
    )


def _must_be_open(matter: Matter) -> None:
    if matter.state is MatterState.CLOSED:
        raise ClosedMatter(f"matter {matter.number} is closed")
