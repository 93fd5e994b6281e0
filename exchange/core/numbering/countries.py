"""The country of a telephone number, and numbers written without it, by Google's library. Pure."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException

COUNTRIES = phonenumbers.SUPPORTED_REGIONS
LONGEST = 20
ANYWHERE = "US"  # whose numbers Twilio takes those without a country for


def country_of(number: str) -> str:
    """Return two letters such as `CN`; empty for what is no number in international form, or of no one country."""
    return _country(number) if number.startswith("+") and len(number) <= LONGEST else ""


@lru_cache(maxsize=4096)
def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except NumberParseException:
        return ""


def international(number: str, country: str) -> str | None:
    """Return a number dialled within a country in international form; None when it is none there."""
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def whereabouts(side: str, number: str) -> dict[str, str]:
    """Return the parameters that tell where a number is (`side`: `From`, `To`). Cities are not known here."""
    if not number.startswith("+"):
        return {}
    return {f"{side}City": "", f"{side}State": "", f"{side}Zip": "", f"{side}Country": country_of(number)}
