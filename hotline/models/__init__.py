"""All tables, one file per domain."""

from hotline.models.accounts import User
from hotline.models.agents import Agent, AgentPage, AgentSkill, Department, Queue, Skill
from hotline.models.audit import AuditEntry, AuditHead
from hotline.models.auto_scores import AutoScore
from hotline.models.callbacks import Callback
from hotline.models.calls import Call, CallHistoryEvent, Leg
from hotline.models.campaigns import Answer, Attempt, Campaign, Discharge, Recipient, RecipientChange
from hotline.models.cases import Case, CaseStep, Counter
from hotline.models.encryption_keys import KnownKey, StoredSecret
from hotline.models.floor_events import FloorEvent
from hotline.models.jobs import Job, Lease, TaskSchedule
from hotline.models.objects import Prompt, UnreferencedObject
from hotline.models.offers import Offer
from hotline.models.patients import Patient
from hotline.models.queue_entries import QueueEntry
from hotline.models.recordings import (
    Correction,
    LegalHold,
    PartialTranscript,
    Recording,
    SearchTerm,
    Transcript,
    Utterance,
)
from hotline.models.reviews import (
    Appeal,
    Calibration,
    CoachingItem,
    DailySample,
    Report,
    Review,
    ReviewComment,
    ReviewStep,
)
from hotline.models.row import Row
from hotline.models.sign_ins import SignIn, SignInThrottle
from hotline.models.transfers import Transfer
from hotline.models.visits import IdentityProposal, PatientIdentifier, Visit

__all__ = [
    "Agent",
    "AgentPage",
    "AgentSkill",
    "Answer",
    "Appeal",
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "AutoScore",
    "Calibration",
    "Call",
    "CallHistoryEvent",
    "Callback",
    "Campaign",
    "Case",
    "CaseStep",
    "CoachingItem",
    "Correction",
    "Counter",
    "DailySample",
    "Department",
    "Discharge",
    "FloorEvent",
    "IdentityProposal",
    "Job",
    "KnownKey",
    "Lease",
    "Leg",
    "LegalHold",
    "Offer",
    "PartialTranscript",
    "Patient",
    "PatientIdentifier",
    "Prompt",
    "Queue",
    "QueueEntry",
    "Recipient",
    "RecipientChange",
    "Recording",
    "Report",
    "Review",
    "ReviewComment",
    "ReviewStep",
    "Row",
    "SearchTerm",
    "SignIn",
    "SignInThrottle",
    "Skill",
    "StoredSecret",
    "TaskSchedule",
    "Transcript",
    "Transfer",
    "UnreferencedObject",
    "User",
    "Utterance",
    "Visit",
]
