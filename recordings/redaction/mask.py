"""Personal data in a dialogue: found in spoken and written form, and masked in its text. Pure.

Masking rather hides a harmless number than shows a dangerous one: every string of seven digits and more is hidden,
after words such as 电话 or "card" every one of four, and what stands beside it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.patients import identity_card
from hotline.values.language import Language
from recordings.redaction.digit_runs import DigitRun, SpokenText, digit_runs
from recordings.redaction.people_names import names
from recordings.redaction.postal_addresses import addresses

__all__ = [
    "KnownNames",
    "PersonalDataKind",
    "PersonalDataSpan",
    "SpokenText",
    "find_personal_data",
    "is_card",
    "is_identity",
    "mask",
    "masked",
]

LEAST_DIGITS, LEAST_AFTER_WORD, LEAST_ECHO = 7, 4, 3


class PersonalDataKind(StrEnum):
    """The kinds of personal data."""

    IDENTITY = "identity"
    PHONE = "phone"
    CARD = "card"
    NUMBER = "number"
    NAME = "name"
    ADDRESS = "address"
    EMAIL = "email"


@dataclass(frozen=True)
class PersonalDataSpan:
    """Personal data in utterance `line`, from sign `start` to `end` of its text."""

    line: int
    start: int
    end: int
    kind: PersonalDataKind


@dataclass(frozen=True)
class KnownNames:
    """Names of staff and numbers of the hospital, which stay; names of patients, which are masked."""

    staff: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()


LABELS = {
    Language.MANDARIN: {
        PersonalDataKind.IDENTITY: "〔身份证号〕",
        PersonalDataKind.PHONE: "〔电话号码〕",
        PersonalDataKind.CARD: "〔银行卡号〕",
        PersonalDataKind.NUMBER: "〔号码〕",
        PersonalDataKind.NAME: "〔姓名〕",
        PersonalDataKind.ADDRESS: "〔地址〕",
        PersonalDataKind.EMAIL: "〔邮箱〕",
    },
    Language.ENGLISH: {
        PersonalDataKind.IDENTITY: "[identity card]",
        PersonalDataKind.PHONE: "[phone number]",
        PersonalDataKind.CARD: "[card number]",
        PersonalDataKind.NUMBER: "[number]",
        PersonalDataKind.NAME: "[name]",
        PersonalDataKind.ADDRESS: "[address]",
        PersonalDataKind.EMAIL: "[e-mail]",
    },
}
# Where two findings overlap, the first of these names the whole.
_RANK = list(PersonalDataKind)
_EMAIL = re.compile(r"[\w.+-]+\s*(?:@|\bat\b)\s*[\w-]+(?:\s*(?:\.|\bdot\b)\s*[a-z]{2,})+", re.IGNORECASE)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_ASKS = re.compile(
    r"电话|手机|号码|身份证|证件|证号|卡号|银行卡|社保|医保|就诊卡|病历号|住院号|联系方式|微信|护照|尾号|后四位"
    r"|\b(?:phone|mobile|cell|telephone|identity|identification|card|passport|id number|id|account|insurance|"
    r"contact|last four)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s*(?:[年月日天点分秒块元角岁次片粒颗盒毫克升度楼层床米斤公周折%％万亿]|°|yuan|rmb|dollars|percent|mg|ml|"
    r"degrees|years|steps|people)",
    re.IGNORECASE,
)


def find_personal_data(
    lines: Sequence[SpokenText], language: Language, known: KnownNames | None = None
) -> list[PersonalDataSpan]:
    """Return everything personal in a dialogue, by place; spans do not overlap."""
    known = known or KnownNames()
    texts = [line.text for line in lines]
    every = list(digit_runs(lines, language))
    personal = {run: _kind(run.digits) for run in every if _is_personal(run, lines, known)}
    # The other side says it again, piece by piece.
    pieces = (piece for run in every if run not in personal for piece in run.by_line())
    echoes = {piece: kind for piece in pieces if (kind := _echoed(piece, personal))}
    places = [
        PersonalDataSpan(line, start, end, kind)
        for run, kind in (personal | echoes).items()
        for line, start, end in _widened(run, texts)
    ]
    places += [
        PersonalDataSpan(*span, PersonalDataKind.NAME) for span in names(texts, language, known.staff, known.people)
    ]
    places += [PersonalDataSpan(*span, PersonalDataKind.ADDRESS) for span in addresses(texts, language)]
    places += [
        PersonalDataSpan(n, *m.span(), PersonalDataKind.EMAIL)
        for n, text in enumerate(texts)
        for m in _EMAIL.finditer(text)
    ]
    return _joined(places)


def masked(text: str, places: Iterable[PersonalDataSpan], language: Language) -> str:
    """Return the `text` of one utterance with personal data replaced by its kind."""
    out, at = "", 0
    for span in sorted(places, key=lambda one: one.start):
        out, at = out + text[at : span.start] + LABELS[language][span.kind], span.end
    return out + text[at:]


def mask(lines: Sequence[SpokenText], language: Language, known: KnownNames | None = None) -> list[str]:
    """Return the texts of a dialogue without personal data."""
    by_line: dict[int, list[PersonalDataSpan]] = defaultdict(list)
    for span in find_personal_data(lines, language, known):
        by_line[span.line].append(span)
    return [masked(line.text, by_line[number], language) for number, line in enumerate(lines)]


def is_identity(digits: str) -> bool:
    """Return whether these are a citizen's identity number (GB 11643): 18 signs, a day of birth, the check digit."""
    return identity_card.is_one(digits)


def is_card(digits: str) -> bool:
    """Return whether these are a bank card's number: 13 to 19 digits that Luhn's rule accepts (ISO/IEC 7812)."""
    if not re.fullmatch(r"\d{13,19}", digits):
        return False
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _is_personal(run: DigitRun, lines: Sequence[SpokenText], known: KnownNames) -> bool:
    digits = run.digits
    if digits in known.numbers or not digits.strip("X"):
        return False
    first, last = run.atoms[0], run.atoms[-1]
    text, after = lines[first.line].text, lines[last.line].text[last.end :]
    asked = _ASKS.search(text[: first.start]) is not None or any(
        _ASKS.search(line.text) for line in lines[max(0, first.line - 2) : first.line]
    )
    if _UNIT.match(after) and len(run.spans()) == 1 and run.spoken < 11:
        return False
    if asked:
        return run.spoken >= LEAST_AFTER_WORD
    return run.spoken >= LEAST_DIGITS and not (len(digits) == 8 and digits[:2] in ("19", "20") and _is_day(digits))


def _echoed(run: DigitRun, personal: Mapping[DigitRun, PersonalDataKind]) -> PersonalDataKind | None:
    if len(run.digits) < LEAST_ECHO:
        return None
    return next((kind for other, kind in personal.items() if run.digits in other.digits), None)


def _kind(digits: str) -> PersonalDataKind:
    if any(is_identity(digits[at : at + 18]) for at in range(max(0, len(digits) - 17))):
        return PersonalDataKind.IDENTITY
    if is_card(digits):
        return PersonalDataKind.CARD
    if _MOBILE.search(digits) and len(digits) <= 15:
        return PersonalDataKind.PHONE
    return PersonalDataKind.PHONE if re.fullmatch(r"0\d{9,11}", digits) else PersonalDataKind.NUMBER


def _widened(run: DigitRun, texts: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the spans with the letters of a passport or the + of a country in front."""
    spans = []
    for line, start, end in run.spans():
        before = re.search(r"(?:[A-Za-z]{1,2}|\+|\()$", texts[line][:start])
        spans.append(
            (line, before.start() if before and not re.search(r"[A-Za-z]{3}$", texts[line][:start]) else start, end)
        )
    return spans


def _is_day(digits: str) -> bool:
    try:
        return 1850 < date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year < 2100
    except ValueError:
        return False


def _joined(places: Iterable[PersonalDataSpan]) -> list[PersonalDataSpan]:
    """Merge overlapping spans, each of the kind that is gravest."""
    joined: list[PersonalDataSpan] = []
    for span in sorted(places, key=lambda one: (one.line, one.start, one.end)):
        last = joined[-1] if joined else None
        if last is not None and last.line == span.line and span.start < last.end:
            kind = min(last.kind, span.kind, key=_RANK.index)
            joined[-1] = PersonalDataSpan(last.line, last.start, max(last.end, span.end), kind)
        elif span.end > span.start:
            joined.append(span)
    return joined
