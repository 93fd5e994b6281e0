"""All tables, one file per domain."""

from hotline.models.agents import Agent, AgentPage, AgentSkill, Department, Queue, Skill
from hotline.models.callbacks import Callback
from hotline.models.calls import Call, Event, Leg, Offer, QueueEntry
from hotline.models.campaigns import Answer, Attempt, Campaign, Discharge, Recipient, RecipientChange
from hotline.models.crm import Case, CaseStep, Counter, Patient
from hotline.models.doors import SignIn, SignInThrottle
from hotline.models.floor import FloorEvent
from hotline.models.keys import KeptSecret, KnownKey
from hotline.models.people import AuditEntry, AuditHead, User
from hotline.models.qa import MachineMark
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
from hotline.models.root import Row
from hotline.models.transfers import Transfer
from hotline.models.visits import IdentityProposal, Person, Visit
from hotline.models.work import Chore, Job, Lease, Prompt, UnreferencedObject

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
