"""Calls to patients: the discharges they come from, campaign > recipient > attempt, and what was answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.models.column_types import EnumWord, Utc
from hotline.models.padded import PaddedJson, PaddedText
from hotline.models.row import Row, WithId
from hotline.models.sealed import EncryptedText
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.call import Direction
from hotline.values.states.campaign import CampaignKind, CampaignState
from hotline.values.states.recipient import RecipientState


class Discharge(Row, WithId):
    """A patient's leaving of the hospital, with what a call needs to know; `visits` says whether it still holds."""

    __tablename__ = "discharges"
    # Blind index of the patient's number in the hospital and of the stay; its visit has the same.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    # Blind index of the patient's number alone: death and readmission are told of a person, not of a stay.
    person_index: Mapped[str] = mapped_column(String(64), index=True)
    patient_number: Mapped[str] = mapped_column(EncryptedText("discharges.patient_number"))
    name: Mapped[str] = mapped_column(EncryptedText("discharges.name"))
    birth_date: Mapped[str] = mapped_column(EncryptedText("discharges.birth_date"))
    number: Mapped[str] = mapped_column(EncryptedText("discharges.number"))
    number_index: Mapped[str] = mapped_column(String(64), index=True)
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"), index=True)
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    zone: Mapped[str] = mapped_column(String(40))
    ward: Mapped[str] = mapped_column(PaddedText("discharges.ward"), default="")
    # What the plans go by: general, surgery, heart_failure, diabetes, …; and the codes it was read from.
    condition: Mapped[str] = mapped_column(PaddedText("discharges.condition"), default="general")
    codes: Mapped[list[str]] = mapped_column(PaddedJson("discharges.codes"), default=list)
    discharged_on: Mapped[date] = mapped_column(Date, index=True)
    has_consent: Mapped[bool] = mapped_column(Boolean, default=False)
    do_not_call: Mapped[bool] = mapped_column(Boolean, default=False)
    # Days refused (0 = Monday) and the time preferred: {"refused": [5, 6], "from": "14:00", "to": "17:00"}.
    preferences: Mapped[dict[str, Any]] = mapped_column(PaddedJson("discharges.preferences"), default=dict)
    source: Mapped[str] = mapped_column(String(20))
    added_at: Mapped[datetime] = mapped_column(Utc)


class Campaign(Row, WithId):
    """Calls with one purpose, by one plan."""

    __tablename__ = "campaigns"
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[CampaignKind] = mapped_column(EnumWord(CampaignKind))
    state: Mapped[CampaignState] = mapped_column(EnumWord(CampaignState), default=CampaignState.DRAFT)
    reason: Mapped[str] = mapped_column(String(120), default="")
    # Which discharges it takes: {"since": "2026-03-01", "until": …, "wards": […], "conditions": […]}.
    scope: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made_at: Mapped[datetime] = mapped_column(Utc)
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    # The last decision about the pace and its reasons, for people: {"lines": 12, "why": "3 nurses free", …}.
    pace: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Recipient(Row, WithId):
    """Someone whom a campaign wants to reach, for one step of a plan (day 3 and day 14 are two recipients)."""

    __tablename__ = "recipients"
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"))
    discharge_id: Mapped[str | None] = mapped_column(ForeignKey("discharges.id"), index=True)
    # What makes planning twice harmless: the stay and the step, or the appointment.
    key: Mapped[str] = mapped_column(String(80), unique=True)
    person_index: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(EncryptedText("recipients.name"))
    birth_date: Mapped[str] = mapped_column(EncryptedText("recipients.birth_date"))
    number: Mapped[str] = mapped_column(EncryptedText("recipients.number"))
    number_index: Mapped[str] = mapped_column(String(64), index=True)
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("patients.id"), index=True)
    language: Mapped[Language] = mapped_column(EnumWord(Language))
    zone: Mapped[str] = mapped_column(String(40))
    ward: Mapped[str] = mapped_column(PaddedText("recipients.ward"), default="")
    condition: Mapped[str] = mapped_column(PaddedText("recipients.condition"), default="general")
    script: Mapped[str] = mapped_column(PaddedText("recipients.script"))
    step: Mapped[str] = mapped_column(String(40))
    preferences: Mapped[dict[str, Any]] = mapped_column(PaddedJson("recipients.preferences"), default=dict)
    # For a doctor's absence: the appointment and its alternatives.
    notice: Mapped[dict[str, Any]] = mapped_column(PaddedJson("recipients.notice"), default=dict)
    state: Mapped[RecipientState] = mapped_column(EnumWord(RecipientState), default=RecipientState.PLANNED)
    reason: Mapped[str] = mapped_column(String(120), default="")
    # Their state when a fact stopped their calls: {"state": "planned", "reason": ""}; they may go on from there.
    state_before_stop: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The next attempt is due then; the step makes sense between `opens_at` and `closes_at` only.
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    opens_at: Mapped[datetime] = mapped_column(Utc)
    closes_at: Mapped[datetime] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    # Where the conversation stopped, written by the script's flow: whoever is called again or calls back goes on there.
    dialogue_state: Mapped[dict[str, Any]] = mapped_column(PaddedJson("recipients.dialogue_state"), default=dict)
    reached_at: Mapped[datetime | None] = mapped_column(Utc)
    verified_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    texted_at: Mapped[datetime | None] = mapped_column(Utc)
    added_at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (
        Index(None, "campaign_id", "state"),
        Index(
            "ix_recipients_due",
            "due_at",
            sqlite_where=text("state IN ('planned', 'texted')"),
            postgresql_where=text("state IN ('planned', 'texted')"),
        ),
        # One conversation with a person at a time: the database itself refuses a second one.
        Index(
            "uq_recipients_calling",
            "person_index",
            unique=True,
            sqlite_where=text("state = 'calling'"),
            postgresql_where=text("state = 'calling'"),
        ),
    )


class RecipientChange(Row, WithId):
    """A recipient's calls were stopped by a fact, went on, or staff undid what stopped them. Rows are only added."""

    __tablename__ = "recipient_changes"
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipients.id"), index=True)
    at: Mapped[datetime] = mapped_column(Utc)
    # stopped, resumed, undone; and the reason as the recipient's row has it (died, readmitted, …).
    change: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(40))
    # Who told it (hl7, fhir, csv, …), by which event, and when the hospital's system wrote it down.
    source: Mapped[str] = mapped_column(String(20), default="")
    event: Mapped[str] = mapped_column(String(24), default="")
    reported_at: Mapped[datetime | None] = mapped_column(Utc)
    # The member of staff who undid it; `None`: the hotline itself, or a command.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(EncryptedText("recipient_changes.note"), default="")


class Attempt(Row, WithId):
    """One try to speak with a recipient: dialled by us, or made by the patient who calls back."""

    __tablename__ = "attempts"
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.id"))
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipients.id"))
    number: Mapped[int] = mapped_column(Integer)
    direction: Mapped[Direction] = mapped_column(EnumWord(Direction), default=Direction.OUTBOUND)
    state: Mapped[AttemptState] = mapped_column(EnumWord(AttemptState), default=AttemptState.RESERVED)
    outcome: Mapped[AttemptOutcome | None] = mapped_column(EnumWord(AttemptOutcome))
    reason: Mapped[str] = mapped_column(String(120), default="")
    provider_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    # The call of the conversation, with its recording and transcript; None before anyone answered.
    call_id: Mapped[str | None] = mapped_column(ForeignKey("calls.id"), index=True)
    # The state of this conversation; what a later call goes on from is the recipient's.
    dialogue_state: Mapped[dict[str, Any]] = mapped_column(PaddedJson("attempts.dialogue_state"), default=dict)
    # The highest sequence number of the status callbacks, as on legs.
    sequence: Mapped[int] = mapped_column(Integer, default=-1)
    reserved_at: Mapped[datetime] = mapped_column(Utc)
    # Written before the exchange is asked: whoever finds it set never dials for this attempt again.
    dialled_at: Mapped[datetime | None] = mapped_column(Utc)
    ringing_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    hung_up_at: Mapped[datetime | None] = mapped_column(Utc)
    # Who answered, as answering-machine detection has it (human, machine_start, …): may choose wording, nothing else.
    answered_by: Mapped[str] = mapped_column(String(24), default="")
    verified_at: Mapped[datetime | None] = mapped_column(Utc)
    # "Call me later": when.
    postponed_until: Mapped[datetime | None] = mapped_column(Utc)
    # A warning sign (its id in the script), when it was heard, when a nurse was asked for and when one spoke.
    warning: Mapped[str] = mapped_column(PaddedText("attempts.warning"), default="")
    warning_at: Mapped[datetime | None] = mapped_column(Utc)
    agent_requested_at: Mapped[datetime | None] = mapped_column(Utc)
    agent_connected_at: Mapped[datetime | None] = mapped_column(Utc)
    __table_args__ = (
        UniqueConstraint("recipient_id", "number"),
        Index(None, "campaign_id", "reserved_at"),
        # One live attempt per recipient: the database itself refuses a second one.
        Index(
            "uq_attempts_live",
            "recipient_id",
            unique=True,
            sqlite_where=text("state != 'ended'"),
            postgresql_where=text("state != 'ended'"),
        ),
        Index(
            "ix_attempts_live",
            "state",
            sqlite_where=text("state != 'ended'"),
            postgresql_where=text("state != 'ended'"),
        ),
    )


class Answer(Row, WithId):
    """What a recipient answered to one question; answered again, the later counts."""

    __tablename__ = "answers"
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipients.id"))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempts.id"))
    question: Mapped[str] = mapped_column(String(40))
    # The choice as the script names it (`yes`, `7`), its figure where it is one, and what was said in words.
    value: Mapped[str] = mapped_column(PaddedText("answers.value"))
    figure: Mapped[float | None] = mapped_column(PaddedJson("answers.figure"))
    verbatim: Mapped[str | None] = mapped_column(EncryptedText("answers.verbatim"))
    is_warning: Mapped[bool] = mapped_column(Boolean, default=False)
    is_opinion: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(Utc)
    __table_args__ = (UniqueConstraint("recipient_id", "question"),)
