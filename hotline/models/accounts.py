"""Users of the staff pages."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row, WithId
from hotline.values.access import Role
from hotline.values.language import Language


class User(Row, WithId):
    """Someone who signs in to the staff pages."""

    __tablename__ = "users"
    login: Mapped[str] = mapped_column(String(40), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Role] = mapped_column(EnumWord(Role))
    language: Mapped[Language] = mapped_column(EnumWord(Language), default=Language.MANDARIN)
    # An agent has at most one account.
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    # Sessions carry this number; raising it signs the user out everywhere.
    session_version: Mapped[int] = mapped_column(Integer, default=0)
    # Until when a password that somebody else gave is good; None once its owner has chosen their own.
    one_time_until: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (Index(None, "agent_id", unique=True),)
