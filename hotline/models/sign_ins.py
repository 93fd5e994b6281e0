"""Who is signed in where, and what guessing of passwords has used up."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import Utc
from hotline.models.row import Row, WithId


class SignIn(Row, WithId):
    """A session of the staff pages; `accounts.sessions.queries` says whether it holds.

    Without it a cookie opens nothing.
    """

    __tablename__ = "sign_ins"
    # SHA-256 of the random value in the cookie, which is kept nowhere.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    # The user's number when it began: raising it there ends it.
    version: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(Utc)
    # When its person last opened something, to the minute; what pages do by themselves does not count.
    last_active_at: Mapped[datetime] = mapped_column(Utc)
    ends_at: Mapped[datetime] = mapped_column(Utc, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    # When its last token for a telephone was given out, and when the exchange was told to take no more of them.
    phone_at: Mapped[datetime | None] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)
    # For the list of one's own sessions: `Firefox, Windows`, and where it came from.
    browser: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(45), default="")


class SignInThrottle(Row):
    """How many wrong passwords were tried, of one name, from one address or in one browser, since a moment."""

    __tablename__ = "sign_in_throttles"
    # Keyed digest of what is counted: names that people type are sometimes passwords.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    # Keyed digest of the name it is about, empty for an address: unlocking the name forgets them.
    name_index: Mapped[str] = mapped_column(String(64), default="", index=True)
    spent: Mapped[int] = mapped_column(Integer)
    ends_at: Mapped[datetime] = mapped_column(Utc, index=True)
