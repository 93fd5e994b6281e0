"""The modules that hold jobs: importing this one registers every kind that a worker can be asked for."""

from types import ModuleType

from campaigns.dialling import dial_service, message_service
from campaigns.dialogue import after_call_service
from hotline.outbox.job_kinds import JOB_KINDS, QUEUES, JobKind
from ivr.prompts import service as prompt_service
from qa.reports import service as reports
from qa.sampling import service as sampling_service
from qa.scoring import service as scoring
from recordings.retention import service as retention_service
from recordings.storage import service as recordings
from recordings.transcripts import correction_service, voicemail_service
from recordings.transcripts import service as transcripts

MODULES: tuple[ModuleType, ...] = (
    after_call_service,
    prompt_service,
    correction_service,
    dial_service,
    sampling_service,
    message_service,
    retention_service,
    recordings,
    reports,
    scoring,
    transcripts,
    voicemail_service,
)

__all__ = ["JOB_KINDS", "MODULES", "QUEUES", "JobKind"]
