"""Words that went through a wrong encoding, recognised by what they would have been. Pure."""

import re

REPLACEMENT = "\ufffd"
# What GBK makes of two replacement characters in UTF-8, and of memory that nobody has written.
KNOWN = ("锟斤拷", "烫烫烫", "屯屯屯")
WESTERN = re.compile(r"[^\x00-\x7f]+")
HAN = re.compile(r"[\u3400-\u9fff]+\Z")
# Two ideographs: shorter runs are names like Éé.
SHORTEST = 4


def is_garbled(text: str) -> bool:
    """Return whether the text cannot have been meant: GBK or UTF-8 that was read as Latin-1, UTF-8 that was read as
    GBK.

    Everyday characters alone (GB 2312) are never suspected.
    """
    if text.isascii():
        return False
    if REPLACEMENT in text or any(word in text for word in KNOWN):
        return True
    if _fits(text, "gb2312"):
        return False
    return _is_utf8(text, "cp1252") or _is_utf8(text, "latin-1") or _is_gbk(text) or _is_utf8_as_gbk(text)


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _is_utf8(text: str, read_as: str) -> bool:
    try:
        return not text.encode(read_as).decode("utf-8").isascii()
    except UnicodeError:
        return False


def _is_gbk(text: str) -> bool:
    """Return whether it holds no letter but those of Western Europe in pairs, and each pair is an ideograph in GBK."""
    if any(sign.isascii() and sign.isalpha() for sign in text):
        return False
    runs = WESTERN.findall(text)
    if sum(map(len, runs)) < SHORTEST:
        return False
    return all(any(HAN.match(each) for each in _as_gbk(run)) for run in runs)


def _as_gbk(run: str) -> list[str]:
    found = []
    for read_as in ("cp1252", "latin-1"):
        try:
            found.append(run.encode(read_as).decode("gbk"))
        except UnicodeError:
            continue
    return found


def _is_utf8_as_gbk(text: str) -> bool:
    """Return whether its bytes in GBK are ideographs in UTF-8."""
    try:
        return bool(HAN.match(text.encode("gbk").decode("utf-8")))
    except UnicodeError:
        return False
