"""The user of a SIP address: the user part of `sip:`, `sips:` and `tel:` (RFC 3261, 3966, 3323, 3325). Pure."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

SCHEME = re.compile(r"\s*(sips?|tel)\s*:\s*", re.IGNORECASE)
QUOTED = re.compile(r'\s*"(?:[^"\\]|\\.)*"?\s*')
# The first comma that stands neither in quotes nor in angle brackets.
LISTED = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+')
SEPARATORS = re.compile(r"[-.()\s]")
NUMBER = re.compile(r"\+?[0-9*#]+\Z")
ANONYMOUS = frozenset({"anonymous", "restricted", "unavailable", "unknown"})
HIDING = frozenset({"id", "user", "header", "full"})
HIDDEN = "sip:anonymous"


def bare(header: str) -> str:
    """Return the URI in a header such as From, without display name, angle brackets and the header's own parameters."""
    rest = QUOTED.sub("", header, count=1) if header.lstrip().startswith('"') else header
    before, opening, after = rest.partition("<")
    if opening:
        return after.partition(">")[0].strip()
    return before.strip() if _is_tel(before) else before.partition(";")[0].strip()


def plain(header: str) -> str:
    """Return the header without a display name that holds angle brackets, which mislead who looks for them."""
    quoted = QUOTED.match(header) if header.lstrip().startswith('"') else None
    return header[quoted.end() :] if quoted and ("<" in quoted.group() or ">" in quoted.group()) else header


def user(uri: str) -> str:
    """Return who is meant: a number as digits with the plus it came with, or the name; empty where the URI has none."""
    scheme = SCHEME.match(uri)
    rest = uri[scheme.end() :] if scheme else uri.strip()
    if scheme and scheme.group(1).lower() == "tel":
        name, parameters = rest.partition("?")[0], rest
    else:
        name, at, _ = rest.partition("@")
        if scheme and not at:
            return ""
        parameters = rest
    name = unquote(name.partition(";")[0].partition(":")[0]).strip()
    number = SEPARATORS.sub("", name)
    return _global(number, parameters) if NUMBER.match(number) else name


def address(uri: str) -> str:
    """Return who is meant, as the exchange writes addresses: a number, else `sip:` and the name."""
    name = user(uri) or bare(uri).removeprefix("sip:")
    return name if NUMBER.match(name) and not name.startswith(("*", "#")) else f"sip:{name}"


def caller(sender: str, asserted: Sequence[str] = (), remote: Sequence[str] = (), privacy: Sequence[str] = ()) -> str:
    """Return who calls: by P-Asserted-Identity, else Remote-Party-ID, else From; hidden where any of them asks for
    that.

    The first two only count from who is trusted, and are for the caller of this function to leave out.
    """
    wishes = {each.strip().lower() for line in privacy for each in re.split("[;,]", line)}
    parties = [each for line in remote for each in LISTED.findall(line)]
    if wishes & HIDING or any(re.search(r";\s*privacy\s*=\s*\"?(full|uri)", each, re.IGNORECASE) for each in parties):
        return HIDDEN
    identities = [address(bare(each)) for line in asserted for each in LISTED.findall(line)]
    identities += [address(bare(each)) for each in parties if "party=called" not in each.lower()]
    numbers = [each for each in identities if not each.startswith("sip:")]
    shown = [*numbers, *identities, address(bare(sender))][0]
    return HIDDEN if shown.removeprefix("sip:").lower() in ANONYMOUS else shown


def _global(number: str, parameters: str) -> str:
    """Return a local number with the beginning that its context names (RFC 3966, 5.1.5)."""
    context = re.search(r";phone-context=\s*(\+[0-9.()-]+)", unquote(parameters), re.IGNORECASE)
    if number.startswith("+") or context is None:
        return number
    return SEPARATORS.sub("", context.group(1)) + number


def _is_tel(uri: str) -> bool:
    scheme = SCHEME.match(uri)
    return scheme is not None and scheme.group(1).lower() == "tel"
