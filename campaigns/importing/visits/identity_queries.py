"""The name, number and birth date by which a person is checked: what is told otherwise waits for staff.

A message fills in what is not known yet and overwrites nothing. Runs in its caller's transaction, the persons held.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.patients import person_fields
from hotline.encryption.keyring import Keyring
from hotline.models import Discharge, IdentityProposal, Visit

FIELDS = ("name", "number", "birth_date")
Identity = dict[str, str]


def confirmed(session: Session, held: Mapping[str, str]) -> dict[str, Identity]:
    """Return what is known of each person by their root; `held` is the root of each number (`persons.hold`)."""
    identities: dict[str, Identity] = {}
    waits = select(Visit.person_index, Visit.facts).where(Visit.person_index.in_(held), Visit.facts.is_not(None))
    for index, facts in session.execute(waits.order_by(Visit.changed_at, Visit.id)):
        if "name" in facts:
            identities[held[index]] = {name: facts[name] for name in FIELDS}
    columns = (Discharge.person_index, Discharge.name, Discharge.number, Discharge.birth_date)
    home = select(*columns).where(Discharge.person_index.in_(held)).order_by(Discharge.added_at, Discharge.id)
    for index, *values in session.execute(home):
        identities[held[index]] = dict(zip(FIELDS, values, strict=True))
    return identities


def keep(known: Identity | None, told: Identity) -> tuple[Identity, Identity]:
    """Return the identity that counts, and what was told otherwise."""
    if known is None:
        return told, {}
    kept = {name: known[name] or told[name] for name in FIELDS}
    others = {name: told[name] for name in FIELDS if told[name] and not _is_same(name, kept[name], told[name])}
    return kept, others


def propose(session: Session, keyring: Keyring, made: IdentityProposal) -> bool:
    """Ask staff whether it is so; whether that is news. The latest that is told stands for earlier ones that wait."""
    contents = repr(sorted(made.proposed.items()))
    made.digest = keyring.index(f"identity {made.person_index} {contents}")
    of_person = select(IdentityProposal).where(IdentityProposal.person_index == made.person_index)
    rows = session.scalars(of_person.with_for_update()).all()
    if any(row.digest == made.digest and row.is_accepted is not True for row in rows):
        return False  # it waits, or was refused
    for row in rows:
        if row.decided_at is None:
            row.decided_at, row.is_accepted = made.made_at, False
            row.digest = ""  # nobody refused it
    session.add(made)
    session.flush()
    return True


def proposal(
    person_index: str, others: Identity, source: str, reported_at: datetime, now: datetime
) -> IdentityProposal:
    """Return what waits for staff."""
    return IdentityProposal(
        person_index=person_index, proposed=others, source=source[:20], reported_at=reported_at, made_at=now
    )


def _is_same(name: str, one: str, other: str) -> bool:
    if name == "name":
        return person_fields.name_key(one) == person_fields.name_key(other)
    return one == other
