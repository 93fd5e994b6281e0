"""Recordings, transcripts, utterances, and the checks made on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.models.column_types import EnumWord, ReasonJson, Utc
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedJson, EncryptedText
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.states.recording import RecordingKind, RecordingState


class Recording(Row, WithId):
    """The sound of a conversation: at the provider until it is stored here, encrypted."""

    __tablename__ = "recordings"
    provider_sid: Mapped[str] = mapped_column(String(64), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    kind: Mapped[RecordingKind] = mapped_column(EnumWord(RecordingKind), default=RecordingKind.CONVERSATION)
    state: Mapped[RecordingState] = mapped_column(EnumWord(RecordingState), default=RecordingState.STARTED)
    reason: Mapped[Reason | None] = mapped_column(ReasonJson)
    seconds: Mapped[float | None] = mapped_column(Float)
    channels: Mapped[int | None] = mapped_column(Integer)
    # Of the plain audio: its length in bytes and SHA-256; of the sealed blob: where it lies and with which key.
    size: Mapped[int | None] = mapped_column(Integer)
    digest: Mapped[str | None] = mapped_column(String(64))
    blob: Mapped[str | None] = mapped_column(String(200))
    key_id: Mapped[str | None] = mapped_column(String(16))
    # The recording's own key, sealed with the keyring; destroyed with the sound. None: sealed by the keyring itself.
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    started_at: Mapped[datetime] = mapped_column(Utc)
    stored_at: Mapped[datetime | None] = mapped_column(Utc)
    deleted_at_provider_at: Mapped[datetime | None] = mapped_column(Utc)
    purged_at: Mapped[datetime | None] = mapped_column(Utc)


class Transcript(Row, WithId):
    """What was said in a recording, as one engine understood it."""

    __tablename__ = "transcripts"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), unique=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    engine: Mapped[str] = mapped_column(String(40))
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    made_at: Mapped[datetime] = mapped_column(Utc)
    # When its words were deleted because their time was over; the row stays to say so.
    purged_at: Mapped[datetime | None] = mapped_column(Utc)
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
    # Its words as [[start, end, text, confidence], …], times from the start of the recording; a word of Mandarin is a
    # character. Empty where the engine times only the whole.
    words: Mapped[list[list[Any]] | None] = mapped_column(EncryptedJson("utterances.words"))
    corrections: Mapped[list["Correction"]] = relationship(
        lazy="selectin", order_by="Correction.at", cascade="all, delete-orphan"
    )
    __table_args__ = (Index(None, "transcript_id", "start"),)


class PartialTranscript(Row, WithId):
    """What is understood of one part of a recording whose transcript is still being made; gone when it is."""

    __tablename__ = "partial_transcripts"
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"))
    number: Mapped[int] = mapped_column(Integer)
    # Where the next part begins, in seconds of the recording.
    next_at: Mapped[float] = mapped_column(Float)
    lines: Mapped[list[Any]] = mapped_column(EncryptedJson("partial_transcripts.lines"))
    __table_args__ = (UniqueConstraint("recording_id", "number"),)


class Correction(Row, WithId):
    """What a person says was said; the machine's text stays beside it, and the newest correction is shown."""

    __tablename__ = "corrections"
    utterance_id: Mapped[str] = mapped_column(ForeignKey("utterances.id"), index=True)
    text: Mapped[str] = mapped_column(EncryptedText("corrections.text"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(Utc, index=True)


class SearchTerm(Row):
    """A keyed digest of something that was said in an utterance: what the search finds without reading."""

    __tablename__ = "search_terms"
    digest: Mapped[str] = mapped_column(String(24), primary_key=True)
    utterance_id: Mapped[str] = mapped_column(ForeignKey("utterances.id"), primary_key=True, index=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)


class LegalHold(Row, WithId):
    """A legal hold: while it is not lifted nothing of this call or case is deleted, whatever the periods say."""

    __tablename__ = "legal_holds"
    subject: Mapped[str] = mapped_column(String(10))  # call or case
    subject_id: Mapped[str] = mapped_column(String(32), index=True)
    reason: Mapped[str] = mapped_column(EncryptedText("legal_holds.reason"))
    placed_by: Mapped[str] = mapped_column(String(40))
    placed_at: Mapped[datetime] = mapped_column(Utc)
    lifted_by: Mapped[str | None] = mapped_column(String(40))
    lifted_at: Mapped[datetime | None] = mapped_column(Utc)
