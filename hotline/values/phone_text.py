"""How telephone numbers are written down: labels, brackets, separators, extensions, traces of spreadsheets. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.values import characters

ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+\Z")
WHOLE = re.compile(r"(\+?\d{5,})\.0+\Z")
FRACTION = re.compile(r"\+?\d{7,}\.\d+\Z")
THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){3,}\Z")
# An extension is marked by ;ext=, ext., x, #, 转, 分机, or by a comma before few digits at the end.
MARKED = re.compile(
    r"""\s*(?: [;,]?\s*\(?(?:extension|extn?|x)[.:=]?
             | \(?[转轉]接?(?:分机)?[:.]?
             | \(?分[机機][号號]?[:.]?
             | \#
             | ,+(?=\s*\d{1,6}\s*\Z)
           )\s*(\d+)\)?""",
    re.IGNORECASE | re.VERBOSE,
)
MARK = "~"
AREA = re.compile(r"(?<!\d)(0\d{2,3})\s*/\s*(?=\d)")
ABROAD = re.compile(r"\A\(?00\)?(?=[\s()\d.-]{8,})")
SEPARATORS = re.compile(r"[;,、/|\\\n\r\t]|或者?|及|和|\bor\b|\band\b", re.IGNORECASE)
LABEL = re.compile(
    r"\A(?:手机号?码?|移动电话|联系电话|联系方式|电话号?码?|座机|固话|固定电话|宅电|家庭?电话|单位电话|本人"
    r"|mobile|cell|telephone|phone|tel|mob)[.:]?\s*(?=[+(\d])",
    re.IGNORECASE,
)
FORM = re.compile(r"\(*\+?[\d()\[\].\-\s]*\Z", re.ASCII)
LOOKALIKES = re.compile(r"(?=.*[A-Za-z])[OoIlQZSB\d+() .-]+\Z")
DOTS = {ord(sign): "." for sign in "·•‧・。"}
QUOTES = "'\"`\u2018\u2019"


@dataclass(frozen=True)
class Written:
    """One number as it is written: its groups of digits, and the extension that is marked as one."""

    groups: tuple[str, ...]
    extension: str
    is_international: bool
    has_dash: bool


class NoText(ValueError):
    """There is nothing to read."""

    def __init__(self) -> None:
        """Say so as reports of rows do."""
        super().__init__("is empty; without a number nobody can be called")


def read(text: str) -> list[Written]:
    """Return every number that the text holds, at least one. Raises `ValueError` with the reason."""
    plain = _plain(text)
    if not plain:
        raise NoText
    if ROUNDED.match(plain):
        raise ValueError("is a number that a spreadsheet has rounded; format the column as text")
    if not _has_digits(plain):
        raise ValueError("is a word, no telephone number; are the columns swapped?")
    if THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    marked = AREA.sub(r"\1-", MARKED.sub(rf"{MARK}\1", plain))
    found: list[Written] = []
    reasons = []
    for part in filter(_has_digits, SEPARATORS.split(marked)):
        try:
            found.extend(_numbers(part.strip()))
        except ValueError as error:
            reasons.append(str(error))
    if not found:
        raise ValueError(reasons[0])
    return found


def _has_digits(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _plain(text: str) -> str:
    """Return the text in the characters of a keyboard: half width, one kind of dash and dot, nothing invisible."""
    if any(unicodedata.category(sign) in {"No", "Nl"} for sign in text):
        raise ValueError("holds signs that are no digits")
    shown = characters.one_dash(unicodedata.normalize("NFKC", characters.visible(text))).translate(DOTS)
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in shown)
    return digits.replace(MARK, "?").strip().strip(QUOTES).rstrip("#").strip()


def _numbers(part: str) -> Iterator[Written]:
    """Yield the number in one part of a text; whole numbers with nothing but space between them are several."""
    written, _, extension = part.partition(MARK)
    number = WHOLE.sub(r"\1", ABROAD.sub("+", LABEL.sub("", written)))
    if FRACTION.match(number):
        raise ValueError("is a number with a fraction; format the column as text")
    if not FORM.match(number) or MARK in extension:
        raise ValueError(_strangeness(number, extension))
    pieces = number.split()
    if len(pieces) > 1 and not extension and all(len(re.sub(r"\D", "", piece)) >= 10 for piece in pieces):
        yield from (_written(piece, "") for piece in pieces)
    else:
        yield _written(number, extension)


def _written(number: str, extension: str) -> Written:
    return Written(
        groups=tuple(re.findall(r"\d+", number)),
        extension=extension,
        is_international="+" in number,
        has_dash=re.search(r"-\s*\d+\Z", number) is not None,
    )


def _strangeness(number: str, extension: str) -> str:
    """Return why this cannot be a number's writing."""
    if "*" in number:
        return "is masked; the whole number is needed"
    if LOOKALIKES.match(number):
        return "holds a letter where a digit is meant, like the letter O for a zero"
    if MARK in extension:
        return "has more behind its extension; write one number with one extension"
    return "holds other words or signs beside the number; write the number alone"
