"""Addresses of telephones: numbers, `client:` names, `sip:` addresses, and the faults in one that is none. Pure."""

import re
from ipaddress import IPv4Address

LONGEST = 1024
_SIP = re.compile(r"sips?:", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_PORT = re.compile(r"[0-9]{1,5}")
_MISLEADING = re.compile(r'[\s<>"]')
MOST_PORT = 65_535


def fault_of(address: str) -> str:
    """Return what is wrong with an address in a few words; empty where it may be called or registered."""
    if not address:
        return "is empty"
    if len(address) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not address.isprintable():
        return "holds a character that cannot be written"
    return _sip_fault(address) if _SIP.match(address) else ""


def _sip_fault(uri: str) -> str:
    bare = uri.partition("?")[0].partition(";")[0].partition(":")[2]
    user, at, place = bare.partition("@")
    host, port = split_host(place if at else user)
    if _MISLEADING.search(uri):
        return "holds a space, a quotation mark or an angle bracket"
    if not _HOST.fullmatch(host):
        return "names no host"
    return "" if port is None or is_port(port) else "names a port that does not exist; write one from 1 to 65535"


def split_host(place: str) -> tuple[str, str | None]:
    """Split `host:port`, the port as it was written; None where there is none."""
    if place.startswith("["):
        host, closing, rest = place.partition("]")
        return host + closing, rest.removeprefix(":") if rest else None
    host, colon, port = place.partition(":")
    return host, port if colon else None


def is_port(text: str) -> bool:
    """Return whether these are the digits of a usable port."""
    return bool(_PORT.fullmatch(text)) and 0 < int(text) <= MOST_PORT


def is_reachable(host: str, port: int) -> bool:
    """Return whether a packet can be sent there at once: an IPv4 address, so that no name has to be looked up."""
    try:
        return str(IPv4Address(host)) == host and 0 < port <= MOST_PORT
    except ValueError:
        return False
