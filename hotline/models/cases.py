"""Cases, their history, and running numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedReasons
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.reason import Reason
from hotline.values.states.case import CaseKind, CaseState, Urgency


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
    # Of a call to a patient: what they answered, or why somebody is to call them.
    reasons: Mapped[list[Reason]] = mapped_column(PaddedReasons("cases.reasons"), default=list)
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
    reasons: Mapped[list[Reason]] = mapped_column(PaddedReasons("case_steps.reasons"), default=list)
    # Who did it: a user of the staff pages, an agent, or neither: the hotline itself.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    __table_args__ = (Index(None, "case_id", "at"),)


class Counter(Row):
    """A running number: the last one that was given."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
