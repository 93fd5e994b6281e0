"""Postal addresses, found in what was said. Pure."""

import re
from collections.abc import Sequence

from hotline.values.language import Language

Span = tuple[int, int, int]

_N = r"[0-9零〇一二三四五六七八九十百幺两甲乙丙A-Za-z-]"
_HAN = r"(?:(?![在住是到说叫])[\u4e00-\u9fff])"
_REGION = rf"(?:{_HAN}{{2,7}}?(?:自治区|省|市|区|县|镇|乡|街道|村))"
_STREET = rf"(?:{_HAN}{{1,8}}?(?:大道|路|街|巷|弄|胡同|小区|花园|新村|家园|公寓|苑|里|屯|组))"
_HOUSE = rf"(?:{_N}+(?:号楼|号院|号|弄|栋|幢|单元|座|层|楼|室|户|组|队|房))"
_CHAIN = re.compile(
    rf"[\s，,]*(?:{_REGION}|{_STREET}|{_HOUSE})(?:[\s，,]*(?:{_REGION}|{_STREET}|{_HOUSE}|{_N}{{3,4}}(?!{_N})))*"
)
_ZH_ANNOUNCED = re.compile(
    r"(?:家?住在|家?住址(?:是|在|为)?|地址(?:是|在|为)?|家在|家住|户口(?:在|是)|户籍(?:在|是)|寄到|送到)[：:\s呃嗯]*"
)
_ZH_SURE = re.compile(r"(?:住址|地址)(?:是|为)")
_ZH_ALONE = re.compile(
    rf"{_REGION}*{_STREET}{_N}+(?:号楼|号院|号|弄|栋|幢|座)(?:[\s，,]*{_HOUSE})*(?:[\s，,]*{_N}{{3,4}}(?!{_N}))?"
)
_END = re.compile(r"[。？！.?!]|$")

_KIND = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|boulevard|blvd|way|terrace|square|crescent|close|"
    r"place|alley|garden|gardens)"
)
_NUMBER = (
    r"(?:\d+[A-Za-z]?|(?:(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|eleven|twelve|hundred|"
    r"oh|and|zero)[\s-]+)*(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|\w+ty|eleven|twelve|hundred"
    r"))"
)
_EN_ALONE = re.compile(
    rf"\b{_NUMBER},?\s+(?:[A-Za-z'-]+\s+){{1,3}}{_KIND}\b(?:,?\s+(?:apartment|apt|flat|unit|room|building|floor)"
    rf"\s+[\w-]+)*",
    re.IGNORECASE,
)
_EN_ANNOUNCED = re.compile(
    r"\b(?:i|we|he|she)\s+live(?:s)?\s+(?:at|on|in)\s+|\baddress(?:\s+is|'s|:)\s+|\bdeliver(?:ed)?\s+to\s+",
    re.IGNORECASE,
)
_EN_MOST = 90


def addresses(texts: Sequence[str], language: Language) -> list[Span]:
    """Return where an address stands: after the words that announce one, and streets with a number."""
    find = _zh if language is Language.MANDARIN else _en
    return [(line, start, end) for line, text in enumerate(texts) for start, end in find(text)]


def _zh(text: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _ZH_ALONE.finditer(text)]
    for match in _ZH_ANNOUNCED.finditer(text):
        chain = _CHAIN.match(text, match.end())
        if chain is not None:
            spans.append((match.end(), chain.end()))
        elif _ZH_SURE.match(match[0]):
            spans.append((match.end(), _clause_end(text, match.end())))
    return [(start, end) for start, end in spans if end > start]


def _en(text: str) -> list[tuple[int, int]]:
    spans = [match.span() for match in _EN_ALONE.finditer(text)]
    spans += [
        (match.end(), min(_clause_end(text, match.end()), match.end() + _EN_MOST))
        for match in _EN_ANNOUNCED.finditer(text)
    ]
    return [(start, end) for start, end in spans if end > start]


def _clause_end(text: str, at: int) -> int:
    match = _END.search(text, at)
    return match.start() if match else len(text)
