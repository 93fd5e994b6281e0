"""The nouns of a Dial, and what of them cannot be dialled, with Twilio's codes."""

from urllib.parse import unquote

from exchange.core.errors import DocumentError
from exchange.core.foreign_text import is_plain
from exchange.flow.call_flow import CallFlow
from exchange.webhooks.twiml import Element

BAD_CALLER, BAD_DIGITS, BAD_NUMBER, TOO_MANY, BAD_HEADER = 13214, 13222, 13223, 13250, 13252
MOST_NOUNS, LONGEST_DIGITS = 10, 32
KEYS = frozenset("0123456789ABCD*#w")


def nouns_of(flow: CallFlow, element: Element) -> list[Element]:
    """Return Number, Client and Sip elements in order, or the bare text of Dial as a number; ten at most."""
    nouns = list(element.named("Number", "Client", "Sip"))
    if not nouns and element.text:
        nouns = [Element("Number", {}, element.text, line=element.line)]
    if len(nouns) > MOST_NOUNS:
        message = f"line {element.line}: Dial rings {MOST_NOUNS} at once and not {len(nouns)}; the others are left out"
        flow.fault("dial_too_many", DocumentError(TOO_MANY, message, flow.here.url))
    return nouns[:MOST_NOUNS]


def address_of(flow: CallFlow, noun: Element) -> str:
    """Return the address that is dialled. Raises `DocumentError` when it holds what no telephone is called."""
    identity = next(noun.named("Identity"), noun).text
    if noun.name == "Sip":
        # What is escaped here stands in the SIP message as it is meant, so that a line break would begin a header.
        _check(flow, noun, unquote(identity, errors="replace"), BAD_HEADER, "the address of Sip and its headers")
        return identity
    _check(flow, noun, identity, BAD_NUMBER, noun.name)
    if noun.name == "Client":
        return f"client:{identity.removeprefix('client:')}"
    return flow.context.number_of("".join(sign for sign in identity if sign not in " ()-."))


def caller_id(flow: CallFlow, element: Element) -> str:
    """Return the number that is shown to those who are called."""
    caller = flow.leg.facts
    own = caller.sender if caller.direction == "inbound" else caller.to
    shown = element.string("callerId")
    _check(flow, element, shown, BAD_CALLER, "callerId")
    return shown or own


def digits_of(flow: CallFlow, noun: Element) -> str:
    """Return `sendDigits`; none where they are no keys, or too many."""
    digits = noun.string("sendDigits").replace("W", "ww")
    if len(digits) <= LONGEST_DIGITS and not set(digits) - KEYS:
        return digits
    message = f"line {noun.line}: sendDigits may hold {LONGEST_DIGITS} of 0-9, A-D, *, #, w and W"
    flow.fault("digits_unknown", DocumentError(BAD_DIGITS, message, flow.here.url))
    return ""


def _check(flow: CallFlow, element: Element, text: str, code: int, what: str) -> None:
    if not is_plain(text):
        message = f"line {element.line}: {what} may hold no line break and no other control character"
        raise DocumentError(code, message, flow.here.url)
