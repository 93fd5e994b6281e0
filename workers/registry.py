"""The modules that hold jobs: importing this one registers every kind that a worker can be asked for."""

from types import ModuleType

from campaigns.dialling import dial, messages
from campaigns.dialogue import after_call
from hotline.outbox.job_kinds import JOB_KINDS, QUEUES, JobKind
from ivr.prompts import catalogue
from qa.reports import service as reports
from qa.sampling import draws
from qa.scoring import service as scoring
from recordings.retention import purging
from recordings.storage import service as recordings
from recordings.transcripts import corrections, voicemail
from recordings.transcripts import service as transcripts

MODULES: tuple[ModuleType, ...] = (
    after_call,
    catalogue,
    corrections,
    dial,
    draws,
    messages,
    purging,
    recordings,
    reports,
    scoring,
    transcripts,
    voicemail,
)

__all__ = ["JOB_KINDS", "MODULES", "QUEUES", "JobKind"]
