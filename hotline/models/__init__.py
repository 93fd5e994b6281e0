"""All tables, one file per domain."""

from hotline.models.agents import Agent, AgentPage, AgentSkill, Department, Queue, Skill
from hotline.models.callbacks import Callback
from hotline.models.calls import Call, Event, Leg, Offer, QueueEntry
from hotline.models.campaigns import Answer, Attempt, Campaign, Discharge, Recipient, RecipientChange
from hotline.models.crm import Case, CaseStep, Counter, Patient
from hotline.models.doors import Guess, SignIn
from hotline.models.floor import FloorEvent
from hotline.models.keys import KeptSecret, KnownKey
from hotline.models.people import AuditEntry, AuditHead, User
from hotline.models.qa import MachineMark
from hotline.models.recordings import Correction, Hold, Part, Recording, Term, Transcript, Utterance
from hotline.models.reviews import Appeal, Coaching, Draw, Report, Review, ReviewComment, ReviewStep, Round
from hotline.models.root import Row
from hotline.models.transfers import Transfer
from hotline.models.visits import IdentityProposal, Person, Visit
from hotline.models.work import Chore, Job, Lease, LooseBlob, Prompt

__all__ = [
    "Agent",
    "AgentPage",
    "AgentSkill",
    "Answer",
    "Appeal",
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "Call",
    "Callback",
    "Campaign",
    "Case",
    "CaseStep",
    "Chore",
    "Coaching",
    "Correction",
    "Counter",
    "Department",
    "Discharge",
    "Draw",
    "Event",
    "FloorEvent",
    "Guess",
    "Hold",
    "IdentityProposal",
    "Job",
    "KeptSecret",
    "KnownKey",
    "Lease",
    "Leg",
    "LooseBlob",
    "MachineMark",
    "Offer",
    "Part",
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
    "Round",
    "Row",
    "SignIn",
    "Skill",
    "Term",
    "Transcript",
    "Transfer",
    "User",
    "Utterance",
    "Visit",
]
