"""Text messages: kept, and shown on the telephone they are for."""

from datetime import UTC, datetime

from exchange.calls.call_details import API_VERSION, rfc2822
from exchange.core.errors import ApiError, not_found, required
from exchange.core.ids import new_sid
from exchange.flow.messages.delivery import cancel, send
from exchange.flow.messages.message_store import TextMessage
from exchange.flow.messages.segments import segments
from exchange.rest.api import Json, RestRequest, Route
from exchange.rest.dates import is_within

LONGEST_BODY, LONGEST_VALID_SECONDS = 1600, 36_000


async def create(ask: RestRequest) -> Json:
    """Send a text; a telephone that is not connected gets it when it comes."""
    for name, code in (("To", 21604), ("From", 21603), ("Body", 21602)):
        instead = {"From": "MessagingServiceSid", "Body": "MediaUrl"}.get(name, "")
        if not ask.text(name) and not (instead and ask.text(instead)):
            raise required(name, code)
    if len(ask.text("Body")) > LONGEST_BODY:
        raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    message = TextMessage(
        new_sid("SM"),
        ask.text("From"),
        ask.context.number_of(ask.text("To")),
        ask.text("Body"),
        ask.context.ticker.now(),
        "outbound-api",
        "queued",
        ask.callback("StatusCallback", "sent delivered undelivered"),
        valid_seconds=ask.number("ValidityPeriod", LONGEST_VALID_SECONDS, 1, LONGEST_VALID_SECONDS),
        scheduled=_when(ask),
    )
    shown = render(ask, message)
    send(ask.context, message)
    return render(ask, message) if message.scheduled else shown


def _when(ask: RestRequest) -> datetime | None:
    """Return `SendAt`, for messages with `ScheduleType=fixed`."""
    if not ask.text("ScheduleType"):
        return None
    try:
        moment = datetime.fromisoformat(ask.text("SendAt").replace("Z", "+00:00"))
    except ValueError as error:
        raise ApiError(400, 35114, "SendAt must be a time such as 2026-11-30T20:36:27Z.") from error
    if abs(moment.year - ask.context.ticker.now().year) > 1:
        raise ApiError(400, 35111, "SendAt must be within the next 35 days.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def list_(ask: RestRequest) -> Json:
    """Return all messages, the newest first, filtered by To, From and DateSent."""
    to, sender = ask.text("To"), ask.text("From")
    messages = [
        m
        for m in reversed(ask.context.messages.kept.values())
        if to in ("", m.to) and sender in ("", m.sender) and is_within(ask, "DateSent", m.created)
    ]
    return ask.page("messages", [render(ask, message) for message in messages])


async def read(ask: RestRequest) -> Json:
    return render(ask, _message(ask))


async def update(ask: RestRequest) -> Json:
    """Redact a message that is delivered; what is sent cannot be called back."""
    message = _message(ask)
    if ask.text("Status"):
        if ask.text("Status") != "canceled" or message.status != "scheduled":
            raise ApiError(400, 30409, "Only a scheduled message can be canceled.")
        cancel(ask.context, message)
        return render(ask, message)
    if ask.text("Body"):
        raise ApiError(400, 20001, "Body may only be made empty.")
    message.body = ""
    ask.context.messages.keep(message)
    return render(ask, message)


async def delete(ask: RestRequest) -> None:
    ask.context.messages.forget(_message(ask).sid)


def _message(ask: RestRequest) -> TextMessage:
    message = ask.context.messages.kept.get(ask.names["message"])
    if message is None:
        raise not_found(ask.path)
    return message


def render(ask: RestRequest, message: TextMessage) -> Json:
    uri = ask.uri("Messages", message.sid)
    undelivered = message.status == "undelivered"
    return {
        "sid": message.sid,
        "account_sid": ask.context.config.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "from": message.sender,
        "to": message.to,
        "direction": message.direction,
        "status": message.status,
        "num_segments": str(segments(message.body)),
        "num_media": "0",
        "price": None,
        "price_unit": "USD",
        "error_code": 30003 if undelivered else None,
        "error_message": "Unreachable destination handset" if undelivered else None,
        "messaging_service_sid": None,
        "date_created": rfc2822(message.created),
        "date_updated": rfc2822(message.created),
        "date_sent": rfc2822(message.created),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


ROUTES = (
    Route("POST", "/Messages.json", create, 201),
    Route("GET", "/Messages.json", list_),
    Route("GET", "/Messages/{message}.json", read),
    Route("POST", "/Messages/{message}.json", update),
    Route("DELETE", "/Messages/{message}.json", delete),
)
