"""Calls: create, read, list, update while live, delete."""

import re
from urllib.parse import unquote

from exchange.calls.call_details import API_VERSION, CallDetails, TwilioCallStatus, rfc2822
from exchange.calls.leg_registry import CallParties
from exchange.core.errors import ApiError, not_found, required
from exchange.core.foreign_text import is_plain
from exchange.core.numbering.addresses import fault_of
from exchange.core.numbering.own_numbers import sid_of
from exchange.flow.call_flow import Beginning, Goto, Inline
from exchange.flow.context import RecordingOptions
from exchange.media.amd import DetectionTiming
from exchange.rest.api import Json, RestRequest, Route
from exchange.rest.dates import is_within
from exchange.verbs.switch import CallOptions
from exchange.webhooks.webhook import WebhookTarget

DEFAULT_TIMEOUT, LONGEST_DIGITS = 60, 32
NOT_IN_PROGRESS = 21220
_ADDRESS = re.compile(r"\+?[0-9() .-]+|client:.+|sips?:.+|[A-Za-z0-9_.@-]+")


async def create(ask: RestRequest) -> Json:
    """Ring an address; `Url` or `Twiml` is what the person hears who answers."""
    if not ask.text("To"):
        raise required("To", 21201)
    if not ask.text("From"):
        raise required("From", 21213)
    to = dialled(ask)
    beginning = _beginning(ask)
    if beginning is None:
        raise ApiError(400, 21205, "Url or Twiml is required.")
    ends = CallParties(
        ask.text("From"),
        to,
        "outbound-api",
        callback=ask.callback("StatusCallback", "completed"),
        user=ask.text("SipAuthUsername"),
        password=ask.text("SipAuthPassword"),
    )
    leg = ask.switch.originate(ends, beginning, ask.number("Timeout", DEFAULT_TIMEOUT, 1, 600), _options(ask))
    if ask.flag("Record"):
        callback = ask.callback("RecordingStatusCallback", "completed")
        ask.context.record_when_answered(leg, recording_options(ask, "OutboundAPI"), callback)
    return render(ask, leg.facts)


def dialled(ask: RestRequest) -> str:
    """Return who is called. Raises `ApiError` when an address holds what no telephone is called."""
    to = ask.text("To")
    if not _ADDRESS.fullmatch(to) or not is_plain(unquote(to, errors="replace")):
        raise ApiError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if fault := fault_of(to):
        raise ApiError(400, 21211, f"To {fault}.")
    if not is_plain(ask.text("From")):
        raise ApiError(400, 21212, "The source phone number provided, From, is not valid.")
    return to if to.startswith(("client:", "sip:", "sips:")) else ask.context.number_of(to)


async def read(ask: RestRequest) -> Json:
    return render(ask, _facts(ask))


async def list_(ask: RestRequest) -> Json:
    """Return all calls, the newest first, filtered by Status, To, From, ParentCallSid, StartTime and EndTime."""
    rows = [facts for facts in ask.context.legs.all_records() if _matches(ask, facts)]
    return ask.page("calls", [render(ask, facts) for facts in rows])


async def update(ask: RestRequest) -> Json:
    """Redirect a live call to another document, or end it."""
    facts = _facts(ask)
    leg = ask.context.legs.active.get(facts.sid)
    status = ask.text("Status")
    beginning = _beginning(ask)
    if status not in ("", "completed", "canceled"):
        raise ApiError(400, 20001, f"Invalid Status {status}")
    if leg is None or (beginning and not status and not leg.is_up):
        raise ApiError(400, NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
    if status == "canceled" and leg.is_up:
        raise ApiError(400, NOT_IN_PROGRESS, "Call is in-progress. Cannot cancel.")
    if ask.text("StatusCallback"):
        leg.facts.callback = ask.callback("StatusCallback", "completed")
    if ask.text("FallbackUrl"):
        leg.fallback = WebhookTarget(ask.text("FallbackUrl"), ask.method("FallbackMethod"))
    if ask.text("TimeLimit"):
        ask.switch.limit(leg, ask.number("TimeLimit", 14_400, 1, 86_400))
    if status:
        leg.drop()
    elif beginning:
        ask.switch.redirect(leg, beginning)
    return render(ask, leg.facts)


async def delete(ask: RestRequest) -> None:
    """Forget a call that is over."""
    facts = _facts(ask)
    if not facts.is_over:
        raise ApiError(400, 20009, "Call is still up and cannot be deleted.")
    ask.context.legs.forget(facts.sid)


def _options(ask: RestRequest) -> CallOptions:
    digits = ask.text("SendDigits")
    if len(digits) > LONGEST_DIGITS or set(digits) - set("0123456789ABCD*#wW"):
        message = f"SendDigits {digits!r} may hold at most {LONGEST_DIGITS} of 0-9, A-D, *, #, w and W."
        raise ApiError(400, 21206, message)
    callback = ask.callback("AsyncAmdStatusCallback", "") if ask.flag("AsyncAmd") else None
    return CallOptions(
        fallback=WebhookTarget(ask.text("FallbackUrl"), ask.method("FallbackMethod"))
        if ask.text("FallbackUrl")
        else None,
        digits=digits.replace("W", "ww"),
        time_limit=ask.number("TimeLimit", 0, 1, 86_400),
        machine=detection_timing(ask),
        machine_callback=callback,
    )


def detection_timing(ask: RestRequest) -> DetectionTiming | None:
    """Return `MachineDetection` and its tuning; None when it is not asked for."""
    limits = {
        "Timeout": (30, 3, 59),
        "SpeechThreshold": (2400, 1000, 6000),
        "SpeechEndThreshold": (1200, 500, 5000),
        "SilenceTimeout": (5000, 2000, 10_000),
    }
    values = {name: ask.number(f"MachineDetection{name}", *each) for name, each in limits.items()}
    return DetectionTiming.of(ask.text("MachineDetection"), values)


def recording_options(ask: RestRequest, source: str, trim: str = "trim-silence") -> RecordingOptions:
    """Return `RecordingChannels`, `RecordingTrack` and `Trim`; one side alone has one channel."""
    track = ask.text("RecordingTrack", "both")
    channels = 2 if ask.text("RecordingChannels") == "dual" and track == "both" else 1
    return RecordingOptions(channels, source, track, ask.text("Trim", trim) == "trim-silence")


def _facts(ask: RestRequest) -> CallDetails:
    facts = ask.context.legs.facts(ask.names["call"])
    if facts is None:
        raise not_found(ask.path)
    return facts


def _beginning(ask: RestRequest) -> Beginning | None:
    if ask.text("Url"):
        if not ask.text("Url").startswith(("http://", "https://")):
            raise ApiError(400, 21205, f"Url is not a valid URL: {ask.text('Url')}")
        return Goto(WebhookTarget(ask.text("Url"), ask.method("Method")), {})
    return Inline(ask.text("Twiml").encode()) if ask.text("Twiml") else None


def _number_sid(ask: RestRequest, facts: CallDetails) -> str | None:
    ours = next((each for each in (facts.to, facts.sender) if ask.context.numbers.find(each)), "")
    return sid_of(ours) if ours else None


def _matches(ask: RestRequest, facts: CallDetails) -> bool:
    values = {"Status": str(facts.status), "To": facts.to, "From": facts.sender, "ParentCallSid": facts.parent_sid}
    if any(ask.text(name) and ask.text(name) != value for name, value in values.items()):
        return False
    return is_within(ask, "StartTime", facts.answered or facts.created) and is_within(ask, "EndTime", facts.ended)


def render(ask: RestRequest, facts: CallDetails) -> Json:
    """Return a call as Twilio shows it."""
    uri = ask.uri("Calls", facts.sid)
    status = TwilioCallStatus.QUEUED if facts.status is TwilioCallStatus.INITIATED else facts.status
    parts = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions")
    return {
        "sid": facts.sid,
        "account_sid": facts.account_sid,
        "parent_call_sid": facts.parent_sid or None,
        "date_created": rfc2822(facts.created),
        "date_updated": rfc2822(facts.updated or facts.created),
        "to": facts.to,
        "to_formatted": facts.to,
        "from": facts.sender,
        "from_formatted": facts.sender,
        "phone_number_sid": _number_sid(ask, facts),
        "status": str(status),
        "start_time": rfc2822(facts.answered) or None,
        "end_time": rfc2822(facts.ended) or None,
        "duration": str(facts.seconds) if facts.is_over else None,
        "price": None,
        "price_unit": "USD",
        "direction": facts.direction,
        "answered_by": facts.answered_by or None,
        "api_version": API_VERSION,
        "forwarded_from": facts.forwarded_from or None,
        "group_sid": None,
        "caller_name": facts.caller_name or None,
        "queue_time": str(facts.queue_seconds * 1000),
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {part.lower(): f"{uri}/{part}.json" for part in parts},
    }


ROUTES = (
    Route("POST", "/Calls.json", create, 201),
    Route("GET", "/Calls.json", list_),
    Route("GET", "/Calls/{call}.json", read),
    Route("POST", "/Calls/{call}.json", update),
    Route("DELETE", "/Calls/{call}.json", delete),
)
