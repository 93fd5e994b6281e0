"""From a packet to a SIP message: its size and form are checked before anything is done with it. Pure.

The library reads more than can be answered: ports that do not exist, numbers of any length, headers without end.
"""

import re
from dataclasses import dataclass

from aiosipua import SipMessage, SipRequest, SipResponse
from aiosipua.headers import parse_via, stringify_via
from aiosipua.message import missing_required_headers

from exchange.core.numbering.addresses import MOST_PORT, is_port, split_host
from exchange.sip import uri

LARGEST_BYTES, LARGEST_BODY_BYTES = 16 * 1024, 8 * 1024
MOST_HEADERS, LONGEST_LINE, MOST_VIAS = 100, 4096, 20
MOST_CSEQ = 2**31
SDP = "application/sdp"
_METHOD = re.compile(r"[A-Za-z]{1,32}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_CSEQ = re.compile(r"([0-9]{1,10})\s+(\S+)")
Address = tuple[str, int]


@dataclass(frozen=True)
class MessageFault:
    """Why a message is not handled; `request` is what can be answered of it, None where nobody can be answered."""

    reason: str
    request: SipRequest | None = None


def read(data: bytes, source: Address) -> SipRequest | SipResponse | MessageFault:
    """Return the message in a packet; a request's topmost Via says where it really came from (RFC 3261, 18.2.1; RFC
    3581).
    """
    if len(data) > LARGEST_BYTES:
        return MessageFault("larger than any message of ours")
    try:
        message = SipMessage.parse(data)
    except (ValueError, IndexError):
        return MessageFault("no SIP message")
    reason = _shape(data, message)
    if isinstance(message, SipResponse):
        reason = reason or ("" if 100 <= message.status_code < 700 else "status out of range")
        return MessageFault(reason) if reason else message
    if not message.headers.get("via"):
        return MessageFault("no Via: there is nobody to be answered")
    reason = _stamp(message, source) or reason or _request_fault(message)
    if not reason:
        return message
    is_answered = message.method.upper() != "ACK"
    return MessageFault(reason, _answerable(message) if is_answered else None)


def _shape(data: bytes, message: SipRequest | SipResponse) -> str:
    """Return what is too much, or does not fit together, in any message."""
    counted = sum(len(values) for _, values in message.headers.items())
    head = data.partition(b"\r\n\r\n")[0]
    if counted > MOST_HEADERS or len(message.headers.get("via")) > MOST_VIAS:
        return "Too Many Headers"
    if any(len(line) > LONGEST_LINE for line in head.split(b"\n")):
        return "Header Too Long"
    length = message.headers.get_first("content-length")
    if length is not None and not _NUMBER.fullmatch(length.strip()):
        return "Bad Content-Length"
    if length is not None and int(length) > len(message.body):
        return "Body Shorter Than Content-Length"
    if len(message.body) > LARGEST_BODY_BYTES:
        return "Body Too Large"
    cseq = message.headers.get_first("cseq")
    match = _CSEQ.fullmatch(cseq.strip()) if cseq is not None else None
    if cseq is not None and (match is None or int(match.group(1)) >= MOST_CSEQ):
        return "Bad CSeq"
    return ""


def _request_fault(request: SipRequest) -> str:
    if not _METHOD.fullmatch(request.method):
        return "Bad Method"
    missing = missing_required_headers(request)
    if missing:
        return f"Missing {missing[0]}"
    if (request.headers.get_first("cseq") or "").split()[1].upper() != request.method.upper():
        return "CSeq Of Another Method"
    if not request.uri.isprintable():
        return "Bad Request-URI"
    return ""


def _stamp(request: SipRequest, source: Address) -> str:
    """Write into the topmost Via where the request came from, so that no answer goes anywhere else."""
    first, *rest = request.headers.get("via")
    via = parse_via(first)
    place = first.partition(";")[0].split()
    _, port = split_host(place[-1]) if place else ("", None)
    is_bad = (port is not None and not is_port(port)) or not 0 < (via.port or 1) <= MOST_PORT
    if "rport" in via.params or is_bad:
        via.params["rport"] = str(source[1])
    via.params.pop("received", None)
    if via.host != source[0]:
        via.params["received"] = source[0]
    request.headers.remove("Via")
    for each in (stringify_via(via), *rest):
        request.headers.append("Via", each)
    return "Bad Via Port" if is_bad else ""


def _answerable(request: SipRequest) -> SipRequest:
    """Return enough of a request that was not understood to be answered, and no more."""
    answered = SipRequest(method=request.method, uri=request.uri)
    for name in ("via", "from", "to", "call-id", "cseq"):
        for value in request.headers.get(name)[:MOST_VIAS]:
            if len(value) <= LONGEST_LINE:
                answered.headers.append(name, value)
    return answered


def simplify(message: SipRequest | SipResponse) -> None:
    """Remove what misleads the library: display names (the tags tell calls apart), other spellings of SDP."""
    kind = (message.content_type or "").partition(";")[0].strip().lower()
    if kind == SDP:
        message.content_type = SDP
    for name in ("from", "to") if isinstance(message, SipRequest) else ():
        given = message.headers.get_first(name)
        if given and uri.plain(given) != given:
            message.headers.set_single(name, uri.plain(given))
