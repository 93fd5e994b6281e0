"""China's numbering plan as far as it tells who is reached by dialling. Pure; the figures are the library's own."""

import re

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

COUNTRY_CODE = 86
# The plan gives subscribers 2 to 8 as their first digit; 1 and 9 lead to services, 0 to other places.
LOCAL = re.compile(r"[2-8]\d{6,7}\Z")
LANDLINE = re.compile(r"0(?P<significant>(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7})\Z")
NO_ZERO = re.compile(r"(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}\Z")
SERVICE = re.compile(r"(?:1\d{2,5}|9[56]\d{3,6}|0?[48]00\d{7})\Z")
MACHINES = re.compile(r"(?:10[46]\d{4,6}|10[46]\d{8,}|14[0146]\d{8,10}|148\d{8})\Z")
SATELLITE = r"1(?:349|740)"
# 86 without its + stands before a whole mobile or landline, sometimes as 086.
COUNTRY = re.compile(r"0?86(?=0?1\d{10}\Z|0?[1-9]\d{9,10}\Z)")
SHORTEST, LONGEST = 7, 15
ROWS_OF_DIGITS = "01234567890123456789"


def _mobiles() -> "re.Pattern[str]":
    table = PhoneMetadata.metadata_for_region("CN")
    if table is None or table.mobile is None:
        raise LookupError("phonenumbers has no table of China's mobiles")
    return re.compile(rf"(?!{SATELLITE})(?:{table.mobile.national_number_pattern})\Z", re.ASCII)


MOBILE = _mobiles()


def within(digits: str, *, is_international: bool) -> str | None:
    """The digits as they are dialled within China, landlines with their zero; `None` for a number abroad."""
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
    """The mobile that is dialled by these digits, with or without the zero of calls over land, in E.164."""
    significant = digits.removeprefix("0") if len(digits) == 12 else digits
    return f"+{COUNTRY_CODE}{significant}" if MOBILE.match(significant) else None


def landline(digits: str) -> str | None:
    """The landline that is dialled by these digits, its area code with them, in E.164."""
    found = LANDLINE.match(digits)
    if found is None:
        return None
    number = phonenumbers.PhoneNumber(country_code=COUNTRY_CODE, national_number=int(found["significant"]))
    if phonenumbers.number_type(number) != PhoneNumberType.FIXED_LINE:
        return None
    return f"+{COUNTRY_CODE}{found['significant']}"


def refusal(digits: str) -> str:
    """Why nobody is reached by these digits, dialled in China."""
    if len(digits) >= SHORTEST and (len(set(digits)) == 1 or digits in ROWS_OF_DIGITS):
        return "is a row of digits that stands for no number"
    if LOCAL.match(digits):
        return "is a local number without its area code; write that before it, or set PHONE_AREA_CODE"
    if SERVICE.match(digits):
        return "is the number of a service, where no patient is reached"
    if MACHINES.match(digits):
        return "is a number for messages or machines, where nobody speaks"
    if len(digits) == 11 and re.match(SATELLITE, digits):
        return "is a satellite telephone, which is not called"
    if NO_ZERO.match(digits):
        return "is a landline without the zero of its area code, or a number abroad without + and its country"
    if len(digits) < SHORTEST:
        return "is no telephone number: it has too few digits"
    if len(digits) > LONGEST:
        return "is no telephone number: it has too many digits; put ; between several"
    if digits.startswith("0"):
        return "is no landline: its area code or the count of its digits is wrong"
    return "is no telephone number of China; a number abroad needs + and its country"
