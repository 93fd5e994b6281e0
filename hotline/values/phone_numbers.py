"""Telephone numbers as people write them, read into what reaches a person, or refused with the reason. Pure.

What stood in a text is never repeated in a reason: reports of refused rows travel by mail.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from hotline.values import numbering_plan, phone_text
from hotline.values.numbering_plan import Refusal
from hotline.values.phone_text import Written

EXTENSION = ";ext="
LONGEST_EXTENSION = 6
REACHES_A_PERSON = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
MOBILES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# Most numbers are written so; looking them up would cost most of an import.
PLAIN_MOBILE = re.compile(rf"(?:\+?86)?{numbering_plan.MOBILE.pattern}", re.ASCII)


class Refused(ValueError):
    """Nobody is reached by these digits; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        """The message is the reason as reports of rows say it."""
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True)
class Reading:
    """A number that can be dialled: in E.164, its extension behind it, and whether it is a mobile's."""

    number: str
    is_mobile: bool


def parse(text: str, *, area_code: str = "") -> str:
    """Return the number in E.164 that reaches a person, followed by `;ext=801` where it has an extension.

    Of several numbers in one text, the first usable mobile, else the first usable one. `area_code` (`010`) stands
    before a local number that has none. Raises `ValueError` with the reason.
    """
    if PLAIN_MOBILE.match(text):
        return f"+{numbering_plan.COUNTRY_CODE}{text[-11:]}"
    return _parse(text, area_code)


def best(texts: Iterable[str], *, area_code: str = "") -> str:
    """Return the first usable mobile of these texts, else their first usable number. Raises `ValueError`."""
    found, errors = [], []
    for text in texts:
        try:
            found.append(_best_of(phone_text.read(text), area_code))
        except ValueError as error:
            errors.append(error)
    if not found:
        raise next((error for error in errors if not isinstance(error, phone_text.NoText)), phone_text.NoText())
    return _first_mobile(found).number


def split(number: str) -> tuple[str, str]:
    """Return a stored number without its extension, and the extension's digits."""
    base, _, extension = number.partition(EXTENSION)
    return base, extension


def as_dialled(number: str) -> str:
    """Return the digits of a stored number as people in China dial and know it, without an extension."""
    line, _ = split(number)
    if not line.startswith(f"+{numbering_plan.COUNTRY_CODE}"):
        return line.removeprefix("+")
    digits = line[3:]
    return digits if numbering_plan.MOBILE.match(digits) or numbering_plan.SERVICE.match(digits) else f"0{digits}"


def takes_texts(number: str) -> bool:
    """Return whether a text to this stored number may arrive; at a landline it does not."""
    parsed = phonenumbers.parse(split(number)[0])
    return phonenumbers.number_type(parsed) != PhoneNumberType.FIXED_LINE


def from_parts(country: str = "", area: str = "", local: str = "", extension: str = "") -> str:
    """Write a number that came in parts (HL7's XTN-5 to XTN-8) as one text for `parse`."""
    country, area, local = country.strip().lstrip("+"), area.strip(), local.strip()
    if country and not country.strip("0"):
        country = ""
    at_home = f"0{area.lstrip('0')} {local}" if area else local
    number = f"+{country} {area} {local}" if country else at_home
    return f"{number} x{extension.strip()}" if extension.strip() else number


def caller_id(text: str) -> str | None:
    """Return the number from which somebody calls, in E.164, to look them up; `None`: hidden, or no number.

    Services and short numbers call, too, though nobody would be reached by dialling them.
    """
    try:
        return split(parse(text))[0]
    except ValueError:
        pass
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=1 << 14)
def _parse(text: str, area_code: str) -> str:
    return _best_of(phone_text.read(text), area_code).number


def _best_of(written: Iterable[Written], area_code: str) -> Reading:
    found, errors = [], []
    for one in written:
        try:
            found.append(_reading(one, area_code))
        except ValueError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return _first_mobile(found)


def _first_mobile(found: list[Reading]) -> Reading:
    return next((one for one in found if one.is_mobile), found[0])


def _reading(written: Written, area_code: str) -> Reading:
    """Return the number with its extension, which is marked as one or is the last group of digits."""
    digits, extension = "".join(written.groups), written.extension
    if not extension and len(written.groups) > 1 and _ends_in_extension(written, area_code):
        extension = written.groups[-1]
        digits = digits.removesuffix(extension)
    one = _number(digits, area_code, is_international=written.is_international)
    if not extension:
        return one
    if len(extension) > LONGEST_EXTENSION:
        raise ValueError("has an extension that is too long")
    if one.is_mobile and one.number.startswith(f"+{numbering_plan.COUNTRY_CODE}"):
        raise ValueError("is a mobile with more digits behind it; mobiles have no extension")
    return Reading(f"{one.number}{EXTENSION}{extension}", one.is_mobile)


def _ends_in_extension(written: Written, area_code: str) -> bool:
    """Return whether a whole landline of China stands before the last group of digits.

    A single digit may as well be the last one of a number of eight: that is not guessed.
    """
    *before, last = written.groups
    base = numbering_plan.within("".join(before), is_international=written.is_international)
    whole = numbering_plan.within("".join(written.groups), is_international=written.is_international)
    if base is None or whole is None or len(last) > LONGEST_EXTENSION:
        return False
    if numbering_plan.mobile(whole) or not (numbering_plan.LANDLINE.match(base) or numbering_plan.LOCAL.match(base)):
        return False
    if numbering_plan.LOCAL.match(base) and not area_code:
        return True  # refused for want of its area code
    is_whole = _is_landline(base, area_code)
    if len(last) == 1 and _is_landline(whole, area_code) and not (is_whole and written.has_dash):
        raise ValueError("has one digit apart at its end: an extension, or part of the number; write the number whole")
    return is_whole


def _is_landline(digits: str, area_code: str) -> bool:
    is_local = numbering_plan.LOCAL.match(digits)
    return numbering_plan.landline(f"{area_code}{digits}" if is_local else digits) is not None


def _number(digits: str, area_code: str, *, is_international: bool) -> Reading:
    home = numbering_plan.within(digits, is_international=is_international)
    if home is None:
        return _abroad(digits)
    if mobile := numbering_plan.mobile(home):
        return Reading(mobile, is_mobile=True)
    if area_code and home == digits and numbering_plan.LOCAL.match(home):
        home = f"{area_code}{home}"
    if landline := numbering_plan.landline(home):
        return Reading(landline, is_mobile=False)
    raise Refused(numbering_plan.refusal(home))


def _abroad(digits: str) -> Reading:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise ValueError("has + and no country that there is") from None
    kind = phonenumbers.number_type(number)
    # 001 is the region of satellites and of services without a country.
    if kind not in REACHES_A_PERSON or phonenumbers.region_code_for_number(number) == "001":
        raise ValueError("is no number abroad that reaches a person")
    return Reading(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), kind in MOBILES)


@dataclass(frozen=True)
class PhoneNumber:
    """A telephone number in E.164 (`+` and up to 15 digits), its extension behind it (`;ext=801`) where it has one."""

    e164: str

    @classmethod
    def parse(cls, text: str, *, area_code: str = "") -> "PhoneNumber | None":
        """Return the number that reaches a person; `None` when nobody would be (`parse` says why)."""
        try:
            return cls(parse(text, area_code=area_code))
        except ValueError:
            return None

    @classmethod
    def of_line(cls, text: str) -> "PhoneNumber | None":
        """Return the number of any line, from which a service may call, too; `None` when it is hidden or no number."""
        number = caller_id(text)
        return None if number is None else cls(number)

    @property
    def masked(self) -> str:
        """The number with its middle hidden, for screens: `+86138****0001`; an extension is hidden whole."""
        base, extension = split(self.e164)
        shown = f"{base[:-8]}****{base[-4:]}" if len(base) > 10 else f"****{base[-2:]}"
        return f"{shown}-***" if extension else shown
