"""Patients whom the hospital knows."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedJson
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.language import Language


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
