"""The telephone number in what a webhook says of a caller: a number, or a `sip:` or `tel:` address. Pure.

What the number is worth is for the parser of numbers; here only the part is found that is meant to be one.
"""

import re
from urllib.parse import unquote

SCHEME = re.compile(r"(sips?|tel)\s*:\s*", re.IGNORECASE)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?\s*')
SEPARATORS = re.compile(r"[-.()\s]")
CONTEXT = re.compile(r";phone-context=\s*(\+[0-9.()-]+)", re.IGNORECASE)


def number_in(text: str) -> str:
    """Return the digits of the number with the plus they came with; a name, or what is no address, as it is written."""
    whole = _bare(text)
    scheme = SCHEME.match(whole)
    rest = whole[scheme.end() :] if scheme else whole
    user, at, _ = rest.partition("@")
    if scheme and not at and scheme.group(1).lower() != "tel":
        return ""
    name = unquote(user.partition(";")[0].partition("?")[0])
    name = name.partition(":")[0] if scheme else name
    digits = SEPARATORS.sub("", name)
    context = CONTEXT.search(unquote(rest))
    if context and digits.isdigit():
        return SEPARATORS.sub("", context.group(1)) + digits
    return digits if digits.removeprefix("+").isdigit() else name


def _bare(text: str) -> str:
    """Return the address without a display name, angle brackets and what stands behind them."""
    rest = text.strip()
    rest = QUOTED.sub("", rest, count=1) if rest.startswith('"') else rest
    before, opening, after = rest.partition("<")
    return (after.partition(">")[0] if opening else before).strip()
