"""Patients, and the cases that are followed for them to their end."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.padded import PaddedJson
from hotline.models.root import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.models.types import EnumWord, Utc
from hotline.values.language import Language
from hotline.values.states.case import CaseKind, CaseState, Urgency


class Patient(Row, WithId):
    """Somebody whom the hospital knows. Several patients may share a telephone: `number_index` is not unique."""

    __tablename__ = "patients"
    number: Mapped[str] = mapped_column(EncryptedText("patients.number"))
    number_index: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(EncryptedText("patients.name"))
    # A keyed digest of number and name: who is imported again is the same patient.
    identity_index: Mapped[str] = mapped_column(String(64), unique=True)
    # As YYYY-MM-DD.
    birth_date: Mapped[str | None] = mapped_column(EncryptedText("patients.birth_date"))
    language: Mapped[Language] = mapped_column(EnumWord(Language), default=Language.MANDARIN)
    limited_mobility: Mapped[bool] = mapped_column(PaddedJson("patients.limited_mobility"), default=False)
    cardiac: Mapped[bool] = mapped_column(PaddedJson("patients.cardiac"), default=False)
    diabetic: Mapped[bool] = mapped_column(PaddedJson("patients.diabetic"), default=False)
    flagged: Mapped[bool] = mapped_column(PaddedJson("patients.flagged"), default=False)
    discharged_on: Mapped[date | None] = mapped_column(Date)
    do_not_call: Mapped[bool] = mapped_column(Boolean, default=False)
    deceased: Mapped[bool] = mapped_column(Boolean, default=False)
    added_at: Mapped[datetime] = mapped_column(Utc)
    changed_at: Mapped[datetime] = mapped_column(Utc)


class Case(Row, WithId):
    """What somebody wants of the hospital, followed to its end: whose it is and until when (A6, A7)."""

    __tablename__ = "cases"
    number: Mapped[int] = mapped_column(Integer, unique=True)
    kind: Mapped[CaseKind] = mapped_column(EnumWord(CaseKind))
    state: Mapped[CaseState] = mapped_column(EnumWord(CaseState), default=CaseState.OPEN)
    urgency: Mapped[Urgency] = mapped_column(EnumWord(Urgency), default=Urgency.NORMAL)
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"), index=True)
    # Whose number it is, also where no patient is known by it.
    caller_index: Mapped[str | None] = mapped_column(String(64), index=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"))
    owner_agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"), index=True)
    text: Mapped[str | None] = mapped_column(EncryptedText("cases.text"))
    opened_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("call_id", "kind"), Index(None, "state", "due_at"))


class CaseStep(Row, WithId):
    """One thing that was done in a case: who, when, what. Rows are only ever added."""

    __tablename__ = "case_steps"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime] = mapped_column(Utc)
    # What was done (`opened`, `handed_over`, …); ids and words that explain it; what somebody wrote to it.
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text: Mapped[str | None] = mapped_column(EncryptedText("case_steps.text"))
    # Who did it: a user of the staff pages, an agent, or neither: the hotline itself.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    __table_args__ = (Index(None, "case_id", "at"),)


class Counter(Row):
    """A running number: the last one that was given."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
