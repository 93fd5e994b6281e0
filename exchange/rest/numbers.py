"""The exchange's own telephone numbers: those of the settings, and those added while it runs."""

from exchange.calls.call_details import API_VERSION, rfc2822
from exchange.core.config import NumberConfig
from exchange.core.errors import ApiError, not_found
from exchange.core.foreign_text import whole
from exchange.core.numbering.own_numbers import sid_of
from exchange.rest.api import Json, RestRequest, Route

LONGEST_NAME, LONGEST_DIGITS = 64, 15
FIELDS = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "fallback_url",
    "VoiceFallbackMethod": "fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}


async def list_(ask: RestRequest) -> Json:
    """Return all numbers, filtered by a part of PhoneNumber and by FriendlyName."""
    part, name = ask.text("PhoneNumber").strip("*"), ask.text("FriendlyName")
    numbers = [each for each in ask.context.numbers.all() if part in each.number and name in ("", _named(each))]
    return ask.page("incoming_phone_numbers", [render(ask, each) for each in numbers])


async def create(ask: RestRequest) -> Json:
    """Add a number of the exchange's own choice within an area code, or the one that is asked for."""
    number = ask.text("PhoneNumber") or _free(ask)
    digits = number.removeprefix("+")
    if not number.startswith("+") or whole(digits) is None or len(digits) > LONGEST_DIGITS:
        raise ApiError(400, 21421, f"PhoneNumber {number} is invalid")
    if ask.context.numbers.find(number):
        raise ApiError(400, 21422, f"PhoneNumber {number} is not available")
    return render(ask, ask.context.numbers.put(NumberConfig(number, ""), **_values(ask)))


async def read(ask: RestRequest) -> Json:
    return render(ask, _number(ask))


async def update(ask: RestRequest) -> Json:
    return render(ask, ask.context.numbers.put(_number(ask), **_values(ask)))


async def delete(ask: RestRequest) -> None:
    ask.context.numbers.remove(_number(ask))


def _free(ask: RestRequest) -> str:
    if not ask.text("AreaCode"):
        raise ApiError(400, 21451, "PhoneNumber or AreaCode is required.")
    area = ask.text("AreaCode")
    taken = {each.number for each in ask.context.numbers.all()}
    return next(number for at in range(10_000_000) if (number := f"+1{area}{5550000 + at:07d}") not in taken)


def _values(ask: RestRequest) -> dict[str, str]:
    if len(ask.text("FriendlyName")) > LONGEST_NAME:
        raise ApiError(400, 21441, f"FriendlyName may hold {LONGEST_NAME} characters")
    given = {name: field for name, field in FIELDS.items() if name in ask.params}
    return {f: ask.method(name) if f.endswith("method") else ask.text(name) for name, f in given.items()}


def _named(number: NumberConfig) -> str:
    return number.friendly_name or number.number


def _number(ask: RestRequest) -> NumberConfig:
    number = ask.context.numbers.by_sid(ask.names["number"])
    if number is None:
        raise not_found(ask.path)
    return number


def render(ask: RestRequest, number: NumberConfig) -> Json:
    sid = sid_of(number.number)
    nothing = (
        "address_sid", "identity_sid", "sms_application_sid", "trunk_sid", "voice_application_sid",
        "emergency_address_sid", "bundle_sid",
    )  # fmt: skip
    return dict.fromkeys(nothing) | {
        "account_sid": ask.context.config.account_sid,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "date_created": rfc2822(ask.context.numbers.since),
        "date_updated": rfc2822(ask.context.numbers.since),
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "friendly_name": _named(number),
        "phone_number": number.number,
        "origin": "hosted",
        "sid": sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status": "in-use",
        "status_callback": number.status_callback,
        "status_callback_method": number.status_callback_method,
        "type": "local",
        "uri": ask.uri("IncomingPhoneNumbers", f"{sid}.json"),
        "voice_receive_mode": "voice",
        "voice_caller_id_lookup": False,
        "voice_fallback_method": number.fallback_method,
        "voice_fallback_url": number.fallback_url,
        "voice_method": number.voice_method,
        "voice_url": number.voice_url,
    }


ROUTES = (
    Route("GET", "/IncomingPhoneNumbers.json", list_),
    Route("POST", "/IncomingPhoneNumbers.json", create, 201),
    Route("GET", "/IncomingPhoneNumbers/{number}.json", read),
    Route("POST", "/IncomingPhoneNumbers/{number}.json", update),
    Route("DELETE", "/IncomingPhoneNumbers/{number}.json", delete),
)
