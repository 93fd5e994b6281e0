"""Texts to patients, each once; the one after the last try: the hospital's name and a number, and nothing else."""

from datetime import datetime, timedelta

from campaigns.dialling import queries
from campaigns.stopping import permission_service
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.database.database import Database
from hotline.errors import Discard
from hotline.outbox.job_kinds import job
from hotline.values import phone_numbers
from hotline.values.language import Language
from hotline.values.states.recipient import RecipientState
from telephony.errors import ProviderRefused
from telephony.provider import Provider

BODY = {
    Language.MANDARIN: "【{hospital}】我们曾致电给您，未能接通。方便时请拨打 {number} 与我们联系。"
    "如不希望再接到来电，请在电话中告知。",
    Language.ENGLISH: "{hospital}: we tried to call you. Please call us on {number} when it suits you. "
    "If you want no more calls, tell us so on the phone.",
}


# A text that may have been sent is looked for this far back; its job has given up by then.
LOOK_BACK = timedelta(days=1)


def send(settings: Settings, provider: Provider, to: str, body: str, now: datetime) -> None:
    """Send it, unless the exchange has it already. Raises `ProviderDown`, and `ProviderRefused` for a landline, too."""
    if not phone_numbers.takes_texts(to):
        raise ProviderRefused("a landline takes no text")
    sender = settings.hotline_number
    if not provider.was_texted(to, sender, body, now - LOOK_BACK):
        provider.text(to, sender, body)


@job("text_recipient", queue="now")
def text(context: AppContext, provider: Provider, recipient_id: str, now: datetime) -> None:
    """Send the text, once; a number that takes none goes to a person's list when its time is over."""
    with context.database.write() as session:
        recipient = permission_service.hold(session, recipient_id)
        if recipient is not None and recipient.state is RecipientState.TEXTED:
            permission_service.is_barred(session, context.notifier, recipient, now)
    if recipient is None or recipient.state is not RecipientState.TEXTED or recipient.texted_at is not None:
        raise Discard("no text is wanted any more")
    settings = context.settings
    is_chinese = recipient.language is Language.MANDARIN
    hospital = settings.hospital_name_zh if is_chinese else settings.hospital_name_en
    body = BODY[recipient.language].format(hospital=hospital, number=settings.hotline_number)
    try:
        send(context.settings, provider, recipient.number, body, now)
    except ProviderRefused as refusal:
        _written(context.database, recipient_id, now, due_at=now)
        raise Discard(f"no text can be sent: {refusal}") from refusal
    _written(context.database, recipient_id, now)


def _written(database: Database, recipient_id: str, now: datetime, due_at: datetime | None = None) -> None:
    with database.write() as session:
        row = queries.locked(session, recipient_id)
        if row is not None:
            row.texted_at = now
            row.due_at = due_at or row.due_at
