"""Whether a webhook was signed by the provider: HMAC-SHA1 of its URL and parameters with the account's token."""

import base64
import hmac
from functools import lru_cache
from typing import Any

from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"


def is_genuine(url: str, form: Any, signature: str | None, token: str) -> bool:
    """Return whether `signature` (the header's value) fits the full `url` as the provider called it and the form.

    `form` is a mapping or a multi-dict (every value of a repeated parameter counts).
    """
    if not signature:
        return False
    parameters = _plain(form)
    # The SDK's own check computes it twice, with and without the port; the URL as it stands is nearly always right.
    if hmac.compare_digest(_usual(url, parameters, token), signature.encode()):
        return True
    return bool(_validator(token).validate(url, parameters, signature))


def sign(url: str, form: Any, token: str) -> str:
    """Return the signature the provider would send; for tests and benches."""
    return str(_validator(token).compute_signature(url, _plain(form)))


def _usual(url: str, parameters: Any, token: str) -> bytes:
    """Return the signature of a form without repeated names; `b""` for others, which the SDK sees to."""
    if not isinstance(parameters, dict):
        return b""
    text = url + "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))


@lru_cache(maxsize=4)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def _plain(form: Any) -> Any:
    """Return a multi-dict without repeated names as a plain dictionary, which the SDK reads faster."""
    if not hasattr(form, "lists"):
        return form
    plain = dict(form.items())
    return plain if len(plain) == sum(1 for _ in form.items(multi=True)) else form
