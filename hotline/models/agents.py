"""Agents, their skills, and the queues that ask for skills."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.values.reason_codes import AgentStateReason
from hotline.values.states.agent import AbsenceReason, AgentState, AgentStatus, PagePhone, SignsIn


class Department(Row):
    """A department of the hospital, as callers and agents name it."""

    __tablename__ = "departments"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label_zh: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))


class Skill(Row):
    """Something an agent can do, at a level 1 to 5: `booking`, `nurse`, a language (`zh-CN`), a department."""

    __tablename__ = "skills"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label_zh: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))


class Agent(Row, WithId):
    """A person who answers, known by a staff number and reached at a phone address (`client:…` or E.164)."""

    __tablename__ = "agents"
    staff_number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(80), unique=True)
    department: Mapped[str | None] = mapped_column(ForeignKey("departments.name"))
    status: Mapped[AgentStatus] = mapped_column(EnumWord(AgentStatus), default=AgentStatus.OFFLINE)
    state: Mapped[AgentState] = mapped_column(EnumWord(AgentState), default=AgentState.IDLE)
    state_reason: Mapped[AgentStateReason | None] = mapped_column(EnumWord(AgentStateReason))
    state_since: Mapped[datetime] = mapped_column(Utc)
    # When the state ends by itself (wrap-up); None where only an event ends it.
    state_until: Mapped[datetime | None] = mapped_column(Utc)
    # The offer whose lease holds the agent; None when idle, not ready or in wrap-up.
    offer_id: Mapped[str | None] = mapped_column(String(32))
    # Since when the agent's telephone is the one in their page, which says so before it hangs up; else None.
    page_phone_since: Mapped[datetime | None] = mapped_column(Utc)
    # What proves that they are at work; None: as their telephone and account say (`routing.agents.presence`).
    signs_in: Mapped[SignsIn | None] = mapped_column(EnumWord(SignsIn))
    # What the exchange last said of their telephone (None: it does not tell), by which registration, of which page.
    registered: Mapped[bool | None] = mapped_column(Boolean)
    registration: Mapped[str | None] = mapped_column(String(40))
    registered_page: Mapped[str | None] = mapped_column(String(40))
    # Dials in a row that did not reach the telephone, and until when it is left alone after the last one.
    dial_failures: Mapped[int] = mapped_column(Integer, default=0)
    dial_after: Mapped[datetime | None] = mapped_column(Utc)
    # What follows from these facts: whether calls can be offered, else why not, and since when that is so.
    is_present: Mapped[bool] = mapped_column(Boolean, default=True)
    absence_reason: Mapped[AbsenceReason | None] = mapped_column(EnumWord(AbsenceReason))
    presence_since: Mapped[datetime | None] = mapped_column(Utc)
    # When staff last edited the agent here: from then on the hospital's file changes them only when told to.
    edited_at: Mapped[datetime | None] = mapped_column(Utc)
    skills: Mapped[list["AgentSkill"]] = relationship(cascade="all, delete-orphan")


class AgentPage(Row):
    """A staff page that an agent has open: it says every other second that it is there, and what its telephone does."""

    __tablename__ = "agent_pages"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    # The browser it is open in, as a digest: signing out there closes all pages of it.
    browser: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime] = mapped_column(Utc)
    last_heartbeat_at: Mapped[datetime] = mapped_column(Utc)
    phone: Mapped[PagePhone] = mapped_column(EnumWord(PagePhone), default=PagePhone.NONE)
    # When it last took the agent's telephone: of several pages the newest has it. None: never.
    phone_since: Mapped[datetime | None] = mapped_column(Utc)
    # The session it was opened in: with it the page is gone. No foreign key, as old sessions are deleted.
    sign_in_id: Mapped[str | None] = mapped_column(String(32))


class AgentSkill(Row):
    """How well an agent does something, 1 (learning) to 5 (expert)."""

    __tablename__ = "agent_skills"
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(ForeignKey("skills.name"), primary_key=True)
    level: Mapped[int] = mapped_column(Integer)
    __table_args__ = (Index(None, "skill"),)


class Queue(Row):
    """A line of callers, as calls refer to it; whom it asks for and who rings stands in the queue file."""

    __tablename__ = "queues"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label_zh: Mapped[str] = mapped_column(String(80))
    label_en: Mapped[str] = mapped_column(String(80))
