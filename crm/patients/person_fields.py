"""Who a person is, field by field, from any list or message: read, or refused with the reason (`ValueError`). Pure.

What stood in a field is never repeated in a reason: reports of refused rows travel by mail.
"""

import re
import unicodedata

from crm.feeds import cell_values, mojibake
from crm.feeds.cell_values import is_nothing, language, yes
from crm.feeds.dates import birth_date, day, died_on, past
from crm.patients import identity_card
from hotline.values import characters

__all__ = [
    "birth_date", "day", "died_on", "is_nothing", "language", "name", "name_key", "past", "patient_number", "yes",
]  # fmt: skip

LONGEST_NAME, LONGEST_NUMBER = 80, 40
NO_NAME = cell_values.NOTHING | {"无名", "无名氏", "无姓名", "佚名", "匿名", "某某", "测试", "test", "na"}
EVERYDAY = re.compile(r"[\u4e00-\u9fa5]{1,80}\Z")
ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+\Z")
WITH_ZEROS = re.compile(r"(\d+)\.0+\Z")
LOST_DIGITS = re.compile(r"\d{15,}000\Z")
HAN = r"\u3007\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010ffff"
BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
IDEOGRAPHS = (range(0x3400, 0xA000), range(0x20000, 0x3FFFE))
MIDDLE_DOTS = re.compile(rf"\s*[·•∙⋅‧・･᛫●\uff0e]\s*|(?<=[{HAN}])\s*\.\s*(?=[{HAN}])")
APOSTROPHES = {ord(sign): "'" for sign in "\u00b4`\u2018\u2019\u02bc\u02b9\u2032\uff07\uff40"}
COMPATIBILITY = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")
NO_PART = frozenset({"So", "Sk", "Sm", "Sc", "Cs", "Cc"})


def name(text: str) -> str:
    """Return a person's name as it is shown and spoken; `name_key` tells whose it is. Raises `ValueError`."""
    if mojibake.is_garbled(text):
        raise ValueError("holds characters of a wrong encoding; save the file in UTF-8")
    # Most names are everyday ideographs alone, and an import has many.
    shown = text if EVERYDAY.match(text) else _shown_name(text)
    if len(shown) > LONGEST_NAME:
        raise ValueError(f"is longer than {LONGEST_NAME} characters")
    if cell_values.plain(shown) in NO_NAME:
        raise ValueError("is a word that stands for no name; the name is needed")
    return shown


def name_key(text: str) -> str:
    """Return the form of a name (as `name` returns it) in which two spellings of it are the same."""
    plain = unicodedata.normalize("NFKC", characters.visible(text))
    return BETWEEN_HAN.sub("", characters.one_space(plain)).casefold()


def _shown_name(text: str) -> str:
    shown = characters.half_width(characters.visible(text, keeps_selectors=True).replace("\uff0e", "·"))
    shown = "".join(
        unicodedata.normalize("NFC", part) if len(part) > 1 else part for part in COMPATIBILITY.split(shown)
    )
    shown = characters.one_dash(characters.one_space(shown).translate(APOSTROPHES)).strip("' ")
    shown = BETWEEN_HAN.sub("", MIDDLE_DOTS.sub("·", shown))
    shown = _without_star(shown)
    _check_name(shown)
    return shown


def _without_star(shown: str) -> str:
    """A star behind a name is a mark of the list; one in it, or behind a family name alone, hides the rest."""
    bare = shown.rstrip("* ")
    if "*" in bare or (bare != shown and (len(bare) < 2 or shown.count("*") > 1)):
        raise ValueError("is masked; the whole name is needed")
    return bare


def _check_name(shown: str) -> None:
    if not shown:
        raise ValueError("is empty")
    if shown.startswith("#"):
        raise ValueError("is an error of a spreadsheet; mend the cell")
    if "?" in shown:
        raise ValueError("holds a ? where a character was lost; save the file in UTF-8")
    if sum(sign.isdigit() for sign in shown) > len(shown) / 2:
        raise ValueError("is a number, no name; are the columns swapped?")
    if any(not _may_stand_in_a_name(sign) for sign in shown):
        raise ValueError("holds an emoji or a sign that is no part of a name")
    if not any(_is_letter(sign) for sign in shown):
        raise ValueError("holds no letter; the name is needed")


def _may_stand_in_a_name(sign: str) -> bool:
    """Unassigned code points are refused, but for ideographs that are newer than our tables."""
    kind = unicodedata.category(sign)
    if kind == "Cn":
        return _is_letter(sign)
    return kind not in NO_PART and sign not in '"<>=@|\\'


def _is_letter(sign: str) -> bool:
    """Return whether a name can consist of such signs: letters, ideographs (also those newer than Python's tables)."""
    kind = unicodedata.category(sign)
    return kind[0] == "L" or kind == "Co" or sign == "〇" or any(ord(sign) in each for each in IDEOGRAPHS)


def patient_number(text: str) -> str:
    """Return the patient's number in the hospital, in the one form that its spellings share. Raises `ValueError`.

    An identity card's number is one where its check digit is right: some hospitals have no other.
    """
    plain = unicodedata.normalize("NFKC", characters.visible(text)).translate(APOSTROPHES)
    plain = characters.one_dash("".join(plain.split())).strip("'")
    if not plain:
        raise ValueError("is empty; the patient's number in the hospital is needed")
    if ROUNDED.match(plain) or LOST_DIGITS.match(plain):
        raise ValueError("is a number that a spreadsheet has rounded; format the column as text")
    if found := WITH_ZEROS.match(plain):
        plain = found[1]
    if (
        plain.startswith("#")
        or cell_values.plain(plain) in cell_values.NOTHING
        or not any(sign.isalnum() for sign in plain)
    ):
        raise ValueError("stands for no number; the patient's number in the hospital is needed")
    if not plain.strip("0"):
        raise ValueError("is nothing but zeros; the patient's number in the hospital is needed")
    if identity_card.looks_like_one(plain) and not identity_card.is_one(plain):
        raise ValueError("is no number of an identity card: its check digit is wrong; has a spreadsheet rounded it?")
    return plain.upper() if identity_card.is_one(plain) else _short(plain)


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"is longer than {LONGEST_NUMBER} characters")
    if mojibake.is_garbled(text) or any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} for sign in text):
        raise ValueError("holds signs that cannot be printed")
    return text
