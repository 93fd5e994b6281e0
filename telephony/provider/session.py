"""What requests to the provider share: the SDK's client, a connection for media, its errors sorted into ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlparse

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from telephony.errors import ProviderDown, ProviderRefused

TWILIO = "https://api.twilio.com"
Resource = TypeVar("Resource")


class ProviderSession:
    """The client of one account at one address."""

    def __init__(self, client: Client, base: str) -> None:
        """Use this client; what the SDK does not offer is asked of the address `base`."""
        self._client = client
        self._base = base.rstrip("/")
        self._media = requests.Session()
        self._media.trust_env = not is_local(base)

    @property
    def _credentials(self) -> tuple[str, str]:
        return (self._client.username, self._client.password)

    @property
    def _account_url(self) -> str:
        return f"{self._base}/2010-04-01/Accounts/{self._client.account_sid}"

    def close(self) -> None:
        """Give the connections back."""
        self._media.close()
        session = getattr(self._client.http_client, "session", None)
        if session is not None:
            session.close()


@contextmanager
def sdk_errors(action: str) -> Iterator[None]:
    """Sort what goes wrong with a request of the SDK. Raises `ProviderDown`, `ProviderRefused`."""
    try:
        yield
    except TwilioRestException as error:
        raise http_error(action, int(error.status), int(error.code or 0)) from error
    except (requests.RequestException, TwilioException, OSError) as error:
        raise ProviderDown(f"{action}: {type(error).__name__}") from error


@contextmanager
def transport_errors(action: str) -> Iterator[None]:
    """Sort what goes wrong with a request of our own. Raises `ProviderDown`."""
    try:
        yield
    except requests.RequestException as error:
        raise ProviderDown(f"{action}: {type(error).__name__}") from error


def http_error(action: str, status: int, reason: int) -> ProviderDown | ProviderRefused:
    """Return the error for this HTTP status: a broken or busy server may do better later, any other answer is no."""
    if status >= 500 or status in (408, 429):
        return ProviderDown(f"{action}: HTTP {status}")
    return ProviderRefused(f"{action}: HTTP {status}, reason {reason}", status, reason)


def fetch_or_none(action: str, fetch: Callable[[], Resource]) -> Resource | None:
    """Return what the request brings, `None` where the provider does not know it."""
    try:
        with sdk_errors(action):
            return fetch()
    except ProviderRefused as refusal:
        if refusal.status != 404:
            raise
        return None


def is_local(base: str) -> bool:
    """Return whether the exchange is on this machine: it is never reached through a proxy."""
    return urlparse(base).hostname in ("127.0.0.1", "localhost", "::1")


def whole_number(value: object) -> int | None:
    """Return the number that the provider wrote, `None` where it wrote none."""
    text = str(value)
    return int(text) if text.isdigit() else None
