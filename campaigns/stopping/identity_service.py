"""Staff decide on a name, number or birth date told otherwise: from now on it counts for all calls, or never."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.importing.visits import identity_queries, patient_queries, person_queries
from campaigns.importing.visits.identity_queries import Identity
from campaigns.stopping import service
from hotline.context import AppContext
from hotline.errors import NotFound
from hotline.models import AuditEntry, Discharge, IdentityProposal, PatientIdentifier, Visit

ACCEPTED, REFUSED = "accept_identity", "refuse_identity"


@dataclass(frozen=True)
class Decision:
    """Who decided what, from where."""

    is_accepted: bool
    user_id: str | None
    address: str = ""


@dataclass(frozen=True)
class OpenProposal:
    """What waits, beside what is known."""

    proposal: IdentityProposal
    known: Identity


def waiting(session: Session) -> list[OpenProposal]:
    """Return everything that waits for staff, the oldest first."""
    query = select(IdentityProposal).where(IdentityProposal.decided_at.is_(None))
    rows = session.scalars(query.order_by(IdentityProposal.made_at, IdentityProposal.id)).all()
    held = _roots(session, [row.person_index for row in rows])
    identities_known = identity_queries.confirmed(session, held)
    nothing = dict.fromkeys(identity_queries.FIELDS, "")
    return [OpenProposal(row, identities_known.get(held[row.person_index], nothing)) for row in rows]


def count(session: Session) -> int:
    """Return how much waits for staff."""
    return session.scalar(select(func.count()).where(IdentityProposal.decided_at.is_(None))) or 0


def decide(context: AppContext, proposal_id: str, decision: Decision, now: datetime) -> bool:
    """Accept or refuse it; `False` when it was decided before. Raises `NotFound`."""
    with context.database.write() as session:
        proposal = session.get(IdentityProposal, proposal_id)
        if proposal is None:
            raise NotFound(f"no proposal {proposal_id}")
        held = person_queries.hold(session, [proposal.person_index], is_new=False)
        session.refresh(proposal, with_for_update=True)
        if proposal.decided_at is not None:
            return False
        proposal.decided_at, proposal.is_accepted, proposal.user_id = now, decision.is_accepted, decision.user_id
        if decision.is_accepted:
            _apply(
                session, context, [index for index in held if held[index] == held[proposal.person_index]], proposal, now
            )
        action = ACCEPTED if decision.is_accepted else REFUSED
        about = {"subject": "identity", "subject_id": proposal.id, "address": decision.address[:45]}
        session.add(AuditEntry(at=now, user_id=decision.user_id, action=action, **about))
    return True


def _apply(
    session: Session, context: AppContext, indexes: Sequence[str], proposal: IdentityProposal, now: datetime
) -> None:
    """Apply what was proposed to every stay of the person, and to whoever is still to be called."""
    proposed = proposal.proposed
    for visit in session.scalars(select(Visit).where(Visit.person_index.in_(indexes), Visit.facts.is_not(None))):
        visit.facts = {**(visit.facts or {}), **proposed}
    for discharge in session.scalars(select(Discharge).where(Discharge.person_index.in_(indexes))):
        values = {name: proposed.get(name, getattr(discharge, name)) for name in identity_queries.FIELDS}
        values |= patient_queries.columns_of(session, context.keyring, discharge, values, now)
        for name, value in values.items():
            setattr(discharge, name, value)
        session.flush()
        service.correct(session, discharge.id, values)
    service.reassess(session, context.notifier, context.settings, indexes, now)


def _roots(session: Session, indexes: Sequence[str]) -> dict[str, str]:
    """Return the root of each number of these persons."""
    roots = select(PatientIdentifier.root).where(PatientIdentifier.person_index.in_(indexes))
    rows = session.execute(
        select(PatientIdentifier.person_index, PatientIdentifier.root).where(PatientIdentifier.root.in_(roots))
    ).all()
    root_of: dict[str, str] = dict(rows)
    return root_of
