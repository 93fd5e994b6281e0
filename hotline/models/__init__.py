"""All tables, one file per domain."""

from hotline.models.agents import Agent, AgentPage, AgentSkill, Department, Queue, Skill
from hotline.models.callbacks import Callback
from hotline.models.calls import Call, Event, Leg, Offer, Waiting
from hotline.models.campaigns import Answer, Attempt, Campaign, Discharge, Recipient, RecipientChange
from hotline.models.crm import Counter, Matter, MatterStep, Patient
from hotline.models.floor import FloorEvent
from hotline.models.people import Look, LookHead, User
from hotline.models.qa import MachineMark
from hotline.models.recordings import Correction, Hold, Part, Recording, Term, Transcript, Utterance
from hotline.models.reviews import Appeal, Coaching, Draw, Report, Review, ReviewComment, ReviewStep, Round
from hotline.models.root import Row
from hotline.models.transfers import Transfer
from hotline.models.visits import Person, Visit
from hotline.models.work import Job, Lease, Prompt

__all__ = [
    "Agent",
    "AgentPage",
    "AgentSkill",
    "Answer",
    "Appeal",
    "Attempt",
    "Call",
    "Callback",
    "Campaign",
    "Coaching",
    "Correction",
    "Counter",
    "Department",
    "Discharge",
    "Draw",
    "Event",
    "FloorEvent",
    "Hold",
    "Job",
    "Lease",
    "Leg",
    "Look",
    "LookHead",
    "MachineMark",
    "Matter",
    "MatterStep",
    "Offer",
    "Part",
    "Patient",
    "Person",
    "Prompt",
    "Queue",
    "Recipient",
    "RecipientChange",
    "Recording",
    "Report",
    "Review",
    "ReviewComment",
    "ReviewStep",
    "Round",
    "Row",
    "Skill",
    "Term",
    "Transcript",
    "Transfer",
    "User",
    "Utterance",
    "Visit",
    "Waiting",
]
