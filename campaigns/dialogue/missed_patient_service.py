"""A patient whom we tried to reach calls the hotline: they go on with the conversation, or hear the menu."""

from datetime import datetime

from campaigns.dialogue import progress_service, script_queries, service
from hotline.context import AppContext
from hotline.encryption.keyring import Keyring
from telephony import webhook_urls
from telephony.provider import twiml
from telephony.turn import Turn
from telephony.verbs import Gather, Redirect, Say

KEY_SECONDS = 6
GO_ON = "1"


def greet(context: AppContext, turn: Turn) -> str | None:
    """Return what such a patient hears in place of the menu; `None` for everyone else."""
    with context.database.read() as session:
        if turn.call_sid is None or progress_service.recognise(session, _number_index(context.keyring, turn)) is None:
            return None
    language = context.settings.default_language
    question = Say(script_queries.any_of(context.settings).phrases["back"][language], language)
    return twiml.render((Gather(webhook_urls.MISSED_PATIENT, (question,), 1, KEY_SECONDS), Redirect(webhook_urls.MENU)))


def answer(context: AppContext, turn: Turn, now: datetime) -> str:
    """Answer their key: one goes on where the conversation stopped, anything else is the menu. Again: the same."""
    details = None
    if turn.digits == GO_ON and turn.call_sid is not None:
        with context.database.write() as session:
            recipient_id = progress_service.recognise(session, _number_index(context.keyring, turn))
            details = progress_service.of_line(session, turn.call_sid)
            if details is None and recipient_id is not None:
                details = progress_service.begin_inbound(session, recipient_id, turn.call_sid, now)
    if details is None:
        return twiml.render((Redirect(webhook_urls.MENU),))
    return service.begin(context, details, turn.call_sid, now)


def _number_index(keyring: Keyring, turn: Turn) -> str | None:
    return keyring.index(turn.caller.e164) if turn.caller is not None else None
