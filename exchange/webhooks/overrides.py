"""Overrides in the fragment of an address: `https://app/voice#rc=2&rt=5000&rp=ct,rt`. Pure."""

from dataclasses import replace
from urllib.parse import parse_qsl

from exchange.core.config import RETRIES, WebhookLimits
from exchange.core.foreign_text import whole

MOST_RETRIES = 5


def split(url: str, limits: WebhookLimits) -> tuple[str, WebhookLimits]:
    """Return the address without its fragment, and the limits it asks for; what makes no sense changes nothing."""
    address, _, fragment = url.partition("#")
    for name, value in parse_qsl(fragment):
        number = whole(value)
        match name:
            case "ct" if number is not None:
                limits = replace(limits, connect_seconds=_seconds(number, 10_000))
            case "rt" if number is not None:
                limits = replace(limits, read_seconds=_seconds(number, 15_000))
            case "tt" if number is not None:
                limits = replace(limits, total_seconds=_seconds(number, 15_000))
            case "rc" if number is not None:
                limits = replace(limits, retries=min(number, MOST_RETRIES))
            case "rp" if not set(value.split(",")) - set(RETRIES):
                limits = replace(limits, retry_on=value)
    return address, limits


def repeats(limits: WebhookLimits, failure: str) -> bool:
    """Return whether a failure of this kind (`4xx`, `5xx`, `ct`, `rt`) is tried again."""
    kinds = limits.retry_on.split(",")
    return failure in kinds or ("all" in kinds and failure in RETRIES)


def _seconds(milliseconds: int, most: int) -> float:
    return min(max(milliseconds, 100), most) / 1000
