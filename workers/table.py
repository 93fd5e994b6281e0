"""Which function does which work: a row of this table per kind of job, each a few lines away from its feature."""

from collections.abc import Callable
from datetime import datetime

from campaigns.dialling import messages as campaign_messages
from campaigns.dialogue import after_call as campaign_after
from hotline.context import AppContext
from ivr.prompts import catalogue
from qa.reports import service
from qa.sampling import draws
from qa.scoring import service as qa
from recordings.retention import purging
from recordings.storage import service as recordings
from recordings.transcripts import corrections, voicemail
from telephony.provider import Provider

Work = Callable[[AppContext, Provider, str, datetime], None]


def _without_provider(work: Callable[[AppContext, str, datetime], None]) -> Work:
    return lambda context, _provider, subject_id, now: work(context, subject_id, now)


WORK: dict[str, Work] = {
    "render_prompt": _without_provider(catalogue.render),
    "fetch_recording": recordings.fetch,
    "delete_recording": recordings.delete_at_provider,
    "transcribe": _without_provider(recordings.transcribe),
    "index_correction": _without_provider(corrections.reindex),
    "purge": _without_provider(purging.job),
    "check_call": _without_provider(qa.score_call),
    "text_recipient": campaign_messages.text,
    "record_attempt": campaign_after.record,
    "text_advice": campaign_after.advise,
    "file_message": _without_provider(voicemail.file),
    "draw_sample": _without_provider(draws.make),
    "make_report": _without_provider(service.make_report),
}
