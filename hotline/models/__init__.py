"""All tables, one file per domain."""

from hotline.models.accounts import User
from hotline.models.agents import Agent, AgentPage, AgentSkill, Department, Queue, Skill
from hotline.models.audit import AuditEntry, AuditHead
from hotline.models.callbacks import Callback
from hotline.models.calls import Call, Event, Leg
from hotline.models.campaigns import Answer, Attempt, Campaign, Discharge, Recipient, RecipientChange
from hotline.models.cases import Case, CaseStep, Counter
from hotline.models.encryption_keys import KeptSecret, KnownKey
from hotline.models.floor_events import FloorEvent
from hotline.models.jobs import Chore, Job, Lease
from hotline.models.machine_marks import MachineMark
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
from hotline.models.visits import IdentityProposal, Person, Visit

__all__ = [
    "Agent",
    "AgentPage",
    "AgentSkill",
    "Answer",
    "Appeal",
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "Calibration",
    "Call",
    "Callback",
    "Campaign",
    "Case",
    "CaseStep",
    "Chore",
    "CoachingItem",
    "Correction",
    "Counter",
    "DailySample",
    "Department",
    "Discharge",
    "Event",
    "FloorEvent",
    "IdentityProposal",
    "Job",
    "KeptSecret",
    "KnownKey",
    "Lease",
    "Leg",
    "LegalHold",
    "MachineMark",
    "Offer",
    "PartialTranscript",
    "Patient",
    "Person",
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
    "Transcript",
    "Transfer",
    "UnreferencedObject",
    "User",
    "Utterance",
    "Visit",
]
