"""The provider as one object: every method is one request with a time-out."""

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from hotline.configuration.settings import Settings
from telephony.provider.calls import CallRequests
from telephony.provider.conferences import ConferenceRequests
from telephony.provider.messages import MessageRequests
from telephony.provider.phones import PhoneRequests
from telephony.provider.recordings import RecordingRequests
from telephony.provider.session import TWILIO, is_local

TIMEOUT_SECONDS = 10.0


class Provider(CallRequests, ConferenceRequests, RecordingRequests, MessageRequests, PhoneRequests):
    """Dials, moves, ends and records calls.

    Every method raises `ProviderDown` (worth another try) or `ProviderRefused` (not worth one).
    """


def connect(settings: Settings) -> Provider:
    """Return the provider that the settings name; nothing is sent yet."""
    http = TwilioHttpClient(timeout=TIMEOUT_SECONDS)
    http.session.trust_env = not is_local(settings.twilio_api_base)
    token = settings.twilio_auth_token.get_secret_value()
    client = Client(settings.twilio_account_sid, token, http_client=http)
    base = settings.twilio_api_base.rstrip("/") or TWILIO
    client.api.base_url = base
    return Provider(client, base)
