"""What a browser needs to be an agent's telephone: where it connects, and a short-lived token for one address.

The local exchange is spoken to over its WebSocket (`docs/exchange.md`), Twilio through its browser SDK.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from hotline.configuration.settings import Settings
from telephony.agent_address import CLIENT

TOKEN_SECONDS = 60  # the local exchange asks for it at registration only
TWILIO_SECONDS = 600  # Twilio's SDK asks for the next one in time


class PhoneKind(StrEnum):
    """Which telephone the page loads."""

    EXCHANGE = "exchange"
    TWILIO = "twilio"
    NONE = "none"


@dataclass(frozen=True)
class PhoneConnection:
    """Where an agent's browser connects; `url` is the WebSocket of the local exchange, else empty."""

    kind: PhoneKind
    url: str = ""


def connection_of(settings: Settings) -> PhoneConnection:
    """Return the telephone of these settings; none where Twilio's API key is missing."""
    base = settings.twilio_api_base
    if settings.phone_url or (base and not (urlsplit(base).hostname or "").endswith("twilio.com")):
        return PhoneConnection(PhoneKind.EXCHANGE, settings.phone_url or _socket(base))
    if settings.twilio_api_key and settings.twilio_api_secret:
        return PhoneConnection(PhoneKind.TWILIO)
    return PhoneConnection(PhoneKind.NONE)


def token(settings: Settings, address: str, now: datetime, holder: str) -> str:
    """Return a token with which a browser is the telephone `address` (`client:…`); `holder` may lose it, see
    `phone_token`.
    """
    if connection_of(settings).kind is PhoneKind.TWILIO:
        return twilio_token(settings, address.removeprefix(CLIENT))
    secret = settings.twilio_auth_token.get_secret_value()
    return phone_token(address, int(now.timestamp()) + TOKEN_SECONDS, secret, holder)


def phone_token(address: str, expires: int, auth_token: str, holder: str) -> str:
    """Return a token of the local exchange: `address` may register until `expires` (seconds since 1970).

    `holder` is by whom the exchange can be told that it is worth nothing any more.
    """
    text = f"phone\n{address}\n{expires}\n{holder}"
    return f"{expires}.{holder}.{hmac.new(auth_token.encode(), text.encode(), hashlib.sha256).hexdigest()}"


def twilio_token(settings: Settings, identity: str) -> str:
    """Return an access token of Twilio with which a browser receives calls for `client:IDENTITY`, and makes none."""
    secret = settings.twilio_api_secret
    made = AccessToken(
        settings.twilio_account_sid,
        settings.twilio_api_key,
        secret.get_secret_value() if secret else "",
        identity=identity,
        ttl=TWILIO_SECONDS,
    )
    made.add_grant(VoiceGrant(incoming_allow=True))
    return str(made.to_jwt())


def _socket(base: str) -> str:
    """`http://host:port` as the WebSocket of its telephones."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/phones", "", ""))
