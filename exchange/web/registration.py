"""The first message of a telephone at `/phones`, checked field by field. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from exchange.core.errors import MessageError
from exchange.core.numbering.addresses import fault_of

MOST_LABEL, LONGEST_TOKEN = 40, 1024
MOST_PARAMETERS = 50


@dataclass(frozen=True)
class Registration:
    """The first message of a telephone: its address, token and label."""

    address: str
    token: str = ""
    label: str = ""
    is_traced: bool = False


def parse(text: str) -> dict[str, Any]:
    """Return a control message, a JSON object. Raises `MessageError` that names what it is instead."""
    try:
        message = json.loads(text)
    except RecursionError:
        raise MessageError("not a control message: nested too deeply") from None
    except ValueError:
        raise MessageError("not a control message: no JSON") from None
    if not isinstance(message, dict):
        raise MessageError(f"not a control message: an object is needed, with type, not {_kind(message)}")
    if not isinstance(message.get("type"), str):
        raise MessageError("not a control message: type must be text")
    return message


def registration(text: str) -> Registration:
    """Return the registration in a first message. Raises `MessageError` that names the wrong field."""
    message = parse(text)
    if message["type"] != "register":
        raise MessageError("the first message must be register, with an address")
    address = text_of(message, "address")
    if fault := fault_of(address):
        raise MessageError(f"address {fault}; write client:NAME or a number")
    token, label = text_of(message, "token"), text_of(message, "label")
    if len(token) > LONGEST_TOKEN or not token.isprintable():
        raise MessageError(f"token is no token: at most {LONGEST_TOKEN} characters that can be written")
    if not label.isprintable():
        raise MessageError("label holds a character that cannot be written")
    return Registration(address, token, label[:MOST_LABEL], message.get("trace") is True)


def dialled(message: dict[str, Any]) -> str:
    """Return whom a `dial` message calls. Raises `MessageError` that says what is wrong with `to`."""
    to = text_of(message, "to")
    if fault := fault_of(to):
        raise MessageError(f"to {fault}; write a number, client:NAME or sip:NAME@HOST")
    return to


def parameters(message: dict[str, Any]) -> dict[str, str]:
    """Return what a telephone wants its application to be told, as text; what is no name and value is left out."""
    given = message.get("parameters")
    pairs = list(given.items())[:MOST_PARAMETERS] if isinstance(given, dict) else []
    return {name: str(value) for name, value in pairs if name and isinstance(value, str | int | float)}


def text_of(message: dict[str, Any], field: str) -> str:
    """Return a field that is text or left out. Raises `MessageError` that names it where it is anything else."""
    value = message.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MessageError(f"{field} must be text, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {list: "a list", dict: "an object", str: "text", int: "a number", float: "a number"}
    return names.get(type(value), "something else")
