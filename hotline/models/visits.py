"""What hospitals tell of visits: whose numbers are one person's, and of each visit the latest report of each event."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedJson
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedJson
from hotline.values.states.visit import VisitState


class PatientIdentifier(Row):
    """A patient's number in the hospital by its blind index. Its row is the lock of all that decides about calls."""

    __tablename__ = "patient_identifiers"
    person_index: Mapped[str] = mapped_column(String(64), primary_key=True)
    # The same for all numbers of one person: the least of their indexes, so that merges come in any order.
    root: Mapped[str] = mapped_column(String(64), index=True)
    # The latest report of their death and of their wish not to be called
    # (`campaigns.importing.visits.visit_state.EventReport`).
    death: Mapped[dict[str, Any] | None] = mapped_column(PaddedJson("patient_identifiers.death"))
    refusal: Mapped[dict[str, Any] | None] = mapped_column(PaddedJson("patient_identifiers.refusal"))
    # What stopped calls and was undone by staff: signatures of reports, so that a later one stops calls again.
    undone_stops: Mapped[list[str]] = mapped_column(PaddedJson("patient_identifiers.undone_stops"), default=list)


class IdentityProposal(Row, WithId):
    """A message told another name, number or birth date of a person than the ones they are checked by. Staff decide."""

    __tablename__ = "identity_proposals"
    person_index: Mapped[str] = mapped_column(ForeignKey("patient_identifiers.person_index"), index=True)
    # What was told otherwise: {"number": "+86…"}; and a keyed digest of it, so that what was refused stays so.
    proposed: Mapped[dict[str, str]] = mapped_column(EncryptedJson("identity_proposals.proposed"))
    digest: Mapped[str] = mapped_column(String(64))
    # Who told it (hl7, json, csv, …), and when the hospital's system wrote it down, else when it came.
    source: Mapped[str] = mapped_column(String(20))
    reported_at: Mapped[datetime] = mapped_column(Utc)
    made_at: Mapped[datetime] = mapped_column(Utc)
    # When it was decided, how, and by whom; `None`: it waits.
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    is_accepted: Mapped[bool | None] = mapped_column(Boolean)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index(None, "decided_at"),)


class Visit(Row, WithId):
    """A stay or an outpatient visit: of each kind of event the latest report, and the state that follows from them."""

    __tablename__ = "visits"
    # Blind index of the patient's number and the visit's (without one: the day); a discharge has the same.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    person_index: Mapped[str] = mapped_column(ForeignKey("patient_identifiers.person_index"), index=True)
    event_reports: Mapped[dict[str, Any]] = mapped_column(PaddedJson("visits.event_reports"), default=dict)
    # What a call would need to know, until the visit ends and its discharge holds it.
    facts: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("visits.facts"))
    state: Mapped[VisitState] = mapped_column(EnumWord(VisitState))
    began_on: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(Utc)
