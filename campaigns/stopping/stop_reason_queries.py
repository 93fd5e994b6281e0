"""What stands against calls: everything known of a person read together, over all their numbers. Never commits."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from campaigns.importing.visits import stop_reasons, visit_state
from campaigns.importing.visits.stop_reasons import KnownPerson, StopReason
from campaigns.importing.visits.visit_state import EventReport
from hotline.models import Discharge, Patient, PatientIdentifier, Recipient, Visit
from hotline.values.states.recipient import RecipientState

NOTHING = KnownPerson()


def known(session: Session, indexes: Collection[str]) -> dict[str, KnownPerson]:
    """Return what is known of the person behind each number; whoever was never heard of is left out."""
    roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index.in_(indexes))
    rows = session.execute(
        select(
            PatientIdentifier.person_index,
            PatientIdentifier.root,
            PatientIdentifier.death,
            PatientIdentifier.refusal,
            PatientIdentifier.undone_stops,
        ).where(PatientIdentifier.root.in_(roots))
    ).all()
    root_of = {index: index for index in indexes} | {row.person_index: row.root for row in rows}
    people: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        person = people[row.root]
        for name, told in (("deaths", row.death), ("refusals", row.refusal)):
            if told is not None:
                person[name][row.person_index] = EventReport.read(told)
        person["undone"] |= dict.fromkeys(row.undone_stops)
    _visits(session, root_of, people)
    _listed(session, root_of, people)
    made = {root: _known(person) for root, person in people.items()}
    return {index: made[root_of[index]] for index in indexes if root_of[index] in made}


def _visits(session: Session, root_of: dict[str, str], found: dict[str, dict[str, Any]]) -> None:
    query = select(Visit.key, Visit.person_index, Visit.event_reports).where(Visit.person_index.in_(root_of))
    for key, index, stored in session.execute(query):
        reports = visit_state.read(stored)
        person = found[root_of[index]]
        person["reports"][key], person["visits"][key] = reports, visit_state.fold(reports)


def _listed(session: Session, root_of: dict[str, str], found: dict[str, dict[str, Any]]) -> None:
    """Add what the hospital's own list of patients says of them, and what they have told us themselves."""
    marked = (Patient.deceased, Patient.do_not_call)
    for table in (Discharge, Recipient):
        query = select(table.person_index, Patient.id, *marked).join(Patient, Patient.id == table.patient_id)
        claims = (table.person_index.in_(root_of), marked[0] | marked[1])
        for index, patient_id, is_dead, is_refusing in session.execute(query.where(*claims).distinct()):
            person = found[root_of[index]]
            for name, holds in (("listed_dead", is_dead), ("listed_refusing", is_refusing)):
                if holds:
                    person[name][patient_id] = True
    refused = select(Recipient.id, Recipient.person_index).where(
        Recipient.person_index.in_(root_of), Recipient.state == RecipientState.REFUSED
    )
    for recipient_id, index in session.execute(refused):
        found[root_of[index]]["refused"][recipient_id] = True


def _known(person: dict[str, Any]) -> KnownPerson:
    return KnownPerson(
        visits=dict(person["visits"]),
        reports=dict(person["reports"]),
        deaths=tuple(person["deaths"].values()),
        refusals=tuple(person["refusals"].values()),
        listed_dead=frozenset(person["listed_dead"]),
        listed_refusing=frozenset(person["listed_refusing"]),
        refused=frozenset(person["refused"]),
        undone=frozenset(person["undone"]),
    )


def visit_keys(session: Session, discharge_ids: Collection[str]) -> dict[str, str]:
    """Return the key of the visit of each of these discharges."""
    query = select(Discharge.id, Discharge.key).where(Discharge.id.in_(discharge_ids))
    return dict(session.execute(query).all())


def known_of(session: Session, recipient: Recipient) -> tuple[KnownPerson, str | None]:
    """Return what is known of a recipient's person, and the key of the visit for which they are called."""
    index = recipient.person_index
    keys = visit_keys(session, [recipient.discharge_id]) if recipient.discharge_id else {}
    return known(session, [index]).get(index, NOTHING), keys.get(recipient.discharge_id or "")


def cause(session: Session, recipient: Recipient) -> StopReason | None:
    """Return why this recipient must not be called, as the database stands; `None`: they may be."""
    return stop_reasons.cause(*known_of(session, recipient))


def is_stopped(recipient: Recipient) -> bool:
    """Return whether a fact has stopped this recipient's calls, so that staff may undo it."""
    return recipient.state is RecipientState.STOPPED and recipient.reason in stop_reasons.CAUSES


def cause_to_undo(session: Session, recipient: Recipient) -> StopReason | None:
    """Return what stops this recipient's calls and may be undone."""
    return cause(session, recipient) if is_stopped(recipient) else None


def token(cause: StopReason) -> str:
    """Return what a page sends back, so that only what was seen is undone."""
    return hashlib.sha256(cause.signature.encode()).hexdigest()[:16]


def unrecognised(session: Session) -> list[tuple[Recipient, Patient]]:
    """Return recipients without a patient, beside each patient of their number whom the list says not to call."""
    query = (
        select(Recipient, Patient)
        .join(Patient, Patient.number_index == Recipient.number_index)
        .where(or_(Patient.deceased, Patient.do_not_call), Recipient.patient_id.is_(None))
    )
    return [(recipient, patient) for recipient, patient in session.execute(query)]


def listed_people(session: Session) -> list[str]:
    """Return the person indexes of everyone whom the hospital's list says not to call, in order."""
    marked = or_(Patient.deceased, Patient.do_not_call)
    ours = select(Recipient.person_index).join(Patient, Patient.id == Recipient.patient_id)
    stays = select(Discharge.person_index).join(Patient, Patient.id == Discharge.patient_id)
    return sorted(set(session.scalars(ours.where(marked).union(stays.where(marked)))))
