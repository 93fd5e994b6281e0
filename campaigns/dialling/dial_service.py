"""The job that dials one attempt: asked of the exchange once, however often the job runs."""

from datetime import datetime

from campaigns.dialling import service
from campaigns.planning import dialling_limits_file
from hotline import log
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.outbox.job_kinds import job
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.provider.calls import patient_webhooks


@job(service.DIAL, queue="dial")
def dial(context: AppContext, provider: Provider, attempt_id: str, now: datetime) -> None:
    """Ask the exchange to call the recipient of a reserved attempt. Raises `Discard` when it is not to be dialled.

    The attempt is marked as dialled before the exchange is asked. A worker that dies in between, and a request that
    may have reached the exchange or not, are looked into by `campaigns.dialling.reconcile_service`; nobody dials again.
    """
    number = service.start_dialling(context, attempt_id, now)
    if number is None:
        raise Discard("the attempt is not to be dialled")
    settings = context.settings
    webhooks = patient_webhooks(settings.voice_url, attempt_id)
    ring_seconds = dialling_limits_file.of(settings).ring_seconds
    try:
        sid = provider.dial_patient(number, settings.hotline_number, webhooks, ring_seconds)
    except ProviderRefused as refusal:
        log.get().warning("attempt_not_dialled", attempt_id=attempt_id, error=str(refusal))
        service.not_placed(context, attempt_id, service.REFUSED, now)
    except ProviderDown as error:
        log.get().warning("attempt_outcome_unknown", attempt_id=attempt_id, error=str(error))
    else:
        service.placed(context.database, attempt_id, sid)
