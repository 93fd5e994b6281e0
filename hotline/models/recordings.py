"""Recordings, transcripts, utterances, and the checks made on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.models.root import Row, WithId
from hotline.models.types import EncryptedText, Utc, Word
from hotline.values import Language, RecordingState


class Recording(Row, WithId):
    """The sound of a conversation: at the provider until it is stored here, encrypted."""

    __tablename__ = "recordings"
    provider_sid: Mapped[str] = mapped_column(String(64), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    state: Mapped[RecordingState] = mapped_column(Word(RecordingState), default=RecordingState.STARTED)
    reason: Mapped[str] = mapped_column(String(120), default="")
    seconds: Mapped[float | None] = mapped_column(Float)
    channels: Mapped[int | None] = mapped_column(Integer)
    # Of the plain audio: its length in bytes and SHA-256; of the sealed blob: where it lies and with which key.
    size: Mapped[int | None] = mapped_column(Integer)
    digest: Mapped[str | None] = mapped_column(String(64))
    blob: Mapped[str | None] = mapped_column(String(200))
    key_id: Mapped[str | None] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(Utc)
    stored_at: Mapped[datetime | None] = mapped_column(Utc)
    deleted_at_provider_at: Mapped[datetime | None] = mapped_column(Utc)


class Transcript(Row, WithId):
    """What was said in a recording, as one engine understood it."""

    __tablename__ = "transcripts"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    engine: Mapped[str] = mapped_column(String(40))
    language: Mapped[Language] = mapped_column(Word(Language))
    made_at: Mapped[datetime] = mapped_column(Utc)
    utterances: Mapped[list["Utterance"]] = relationship(
        lazy="selectin", order_by="Utterance.start", cascade="all, delete-orphan"
    )


class Utterance(Row, WithId):
    """One stretch of speech of one side; times in seconds from the start of the recording."""

    __tablename__ = "utterances"
    transcript_id: Mapped[str] = mapped_column(ForeignKey("transcripts.id"))
    speaker: Mapped[str] = mapped_column(String(10))
    start: Mapped[float] = mapped_column(Float)
    end: Mapped[float] = mapped_column(Float)
    text: Mapped[str] = mapped_column(EncryptedText("utterances.text"))
    # 0 to 1; None where the engine does not tell.
    confidence: Mapped[float | None] = mapped_column(Float)
    __table_args__ = (Index(None, "transcript_id", "start"),)


class Check(Row, WithId):
    """One automatic check of a call (`greeting`): passed or not, and on what evidence (times and ids, no text)."""

    __tablename__ = "checks"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    name: Mapped[str] = mapped_column(String(40))
    passed: Mapped[bool] = mapped_column(Boolean)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("call_id", "name"),)
