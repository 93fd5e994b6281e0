"""Objects in the store that no row names, and prompts that were rendered."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.row import Row
from hotline.values.language import Language


class UnreferencedObject(Row):
    """A blob that is about to be written, or that lost: no row names it. Gone with the commit that names it."""

    __tablename__ = "unreferenced_objects"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Utc, index=True)
    # It is being deleted: nothing may name it any more.
    is_being_deleted: Mapped[bool] = mapped_column(default=False)


class Prompt(Row):
    """A prompt to be spoken, known by the digest of voice and text; its audio is a blob once rendered."""

    __tablename__ = "prompts"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    text: Mapped[str] = mapped_column(String)
    blob: Mapped[str | None] = mapped_column(String(200))
    rendered_at: Mapped[datetime | None] = mapped_column(Utc)
