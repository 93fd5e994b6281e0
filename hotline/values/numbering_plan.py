"""China's numbering plan as far as it tells who is reached by dialling. Pure; the figures are the library's own."""

import re
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

COUNTRY_CODE = 86
# The plan gives subscribers 2 to 8 as their first digit; 1 and 9 lead to services, 0 to other places.
LOCAL = re.compile(r"[2-8]\d{6,7}\Z")
LANDLINE = re.compile(r"0(?P<significant>(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7})\Z")
NO_ZERO = re.compile(r"(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}\Z")
SERVICE = re.compile(r"(?:1\d{2,5}|9[56]\d{3,6}|0?[48]00\d{7})\Z")
MACHINES = re.compile(r"(?:10[46]\d{4,6}|10[46]\d{8,}|14[0146]\d{8,10}|148\d{8})\Z")
SATELLITES = re.compile(r"1(?:349|740)\d{7}\Z")
# 86 without its + stands before a whole mobile or landline, sometimes as 086.
COUNTRY = re.compile(r"0?86(?=0?1\d{10}\Z|0?[1-9]\d{9,10}\Z)")
SHORTEST, LONGEST = 7, 15
ROWS_OF_DIGITS = "01234567890123456789"


def _mobiles() -> "re.Pattern[str]":
    table = PhoneMetadata.metadata_for_region("CN")
    if table is None or table.mobile is None:
        raise LookupError("phonenumbers has no table of China's mobiles")
    return re.compile(rf"(?!{SATELLITES.pattern})(?:{table.mobile.national_number_pattern})\Z", re.ASCII)


MOBILE = _mobiles()


def within(digits: str, *, is_international: bool) -> str | None:
    """Return the digits as they are dialled within China, landlines with their zero; `None` for a number abroad."""
    if is_international:
        if not digits.startswith(str(COUNTRY_CODE)):
            return None
        rest = digits[2:]
    elif prefix := COUNTRY.match(digits):
        rest = digits[len(prefix[0]) :]
    else:
        return digits
    return f"0{rest}" if NO_ZERO.match(rest) and not MOBILE.match(rest) else rest


def mobile(digits: str) -> str | None:
    """Return the mobile that is dialled by these digits, with or without the zero of calls over land, in E.164."""
    significant = digits.removeprefix("0") if len(digits) == 12 else digits
    return f"+{COUNTRY_CODE}{significant}" if MOBILE.match(significant) else None


def landline(digits: str) -> str | None:
    """Return the landline that is dialled by these digits, its area code with them, in E.164."""
    found = LANDLINE.match(digits)
    if found is None:
        return None
    number = phonenumbers.PhoneNumber(country_code=COUNTRY_CODE, national_number=int(found["significant"]))
    if phonenumbers.number_type(number) != PhoneNumberType.FIXED_LINE:
        return None
    return f"+{COUNTRY_CODE}{found['significant']}"


class Refusal(StrEnum):
    """Why nobody is reached by some digits, dialled in China, as reports of rows say it."""

    ROW_OF_DIGITS = "is a row of digits that stands for no number"
    LOCAL = "is a local number without its area code; write that before it, or set PHONE_AREA_CODE"
    SERVICE = "is the number of a service, where no patient is reached"
    MACHINES = "is a number for messages or machines, where nobody speaks"
    SATELLITE = "is a satellite telephone, which is not called"
    NO_ZERO = "is a landline without the zero of its area code, or a number abroad without + and its country"
    TOO_SHORT = "is no telephone number: it has too few digits"
    TOO_LONG = "is no telephone number: it has too many digits; put ; between several"
    NO_LANDLINE = "is no landline: its area code or the count of its digits is wrong"
    UNKNOWN = "is no telephone number of China; a number abroad needs + and its country"


def refusal(digits: str) -> Refusal:
    """Return why nobody is reached by these digits."""
    if len(digits) >= SHORTEST and (len(set(digits)) == 1 or digits in ROWS_OF_DIGITS):
        return Refusal.ROW_OF_DIGITS
    patterns = {
        Refusal.LOCAL: LOCAL,
        Refusal.SERVICE: SERVICE,
        Refusal.MACHINES: MACHINES,
        Refusal.SATELLITE: SATELLITES,
        Refusal.NO_ZERO: NO_ZERO,
    }
    for found, pattern in patterns.items():
        if pattern.match(digits):
            return found
    if len(digits) < SHORTEST:
        return Refusal.TOO_SHORT
    if len(digits) > LONGEST:
        return Refusal.TOO_LONG
    return Refusal.NO_LANDLINE if digits.startswith("0") else Refusal.UNKNOWN
