"""What the database knows of the keys that it was sealed with; the keys themselves are never in it."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import Utc
from hotline.models.row import Row


class KnownKey(Row):
    """A key of the ring by its id. The one that was chosen last seals; who lacks one that ever did cannot start."""

    __tablename__ = "known_keys"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    # A known text sealed with the key: another key of the same id does not open it.
    canary: Mapped[bytes] = mapped_column(LargeBinary)
    known_at: Mapped[datetime] = mapped_column(Utc)
    # Since when it seals, or began to; None: it never did.
    chosen_at: Mapped[datetime | None] = mapped_column(Utc)
    # When it was found that nothing is sealed with it any more, and it was given up for good.
    retired_at: Mapped[datetime | None] = mapped_column(Utc)


class StoredSecret(Row):
    """A secret that the database itself keeps, sealed with the ring: the key of the index."""

    __tablename__ = "stored_secrets"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
