"""The acknowledgement (ACK) of an HL7 message, in its own encoding and separators, without patient data. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from campaigns.importing.hl7 import events
from campaigns.importing.hl7.message import EncodingCharacters, HL7Message, Segment
from crm.feeds.rejected_field import RejectedField

LONGEST_TEXT = 200
# Our fields -> where they stand: segment, its number, field.
PLACES = {
    "patient_number": "PID^1^3",
    "name": "PID^1^5",
    "birth_date": "PID^1^7",
    "phone": "PID^1^13",
    "language": "PID^1^15",
    "visit": "PV1^1^19",
    "ward": "PV1^1^3",
    "discharged_on": "PV1^1^45",
    "diagnosis": "DG1^1^3",
    "merged_from": "MRG^1^1",
}
MISSING, WRONG, OURS, UNREADABLE = (
    "101^Required field missing^HL70357",
    "102^Data type error^HL70357",
    "207^Application internal error^HL70357",
    "100^Segment sequence error^HL70357",
)


class AcknowledgementCode(StrEnum):
    """Taken; not taken, for something in it or in us; not read at all (table 0008)."""

    ACCEPTED = "AA"
    ERROR = "AE"
    REJECTED = "AR"


# In enhanced mode, the word of whoever keeps the message safe.
COMMIT = {AcknowledgementCode.ACCEPTED: "CA", AcknowledgementCode.ERROR: "CE", AcknowledgementCode.REJECTED: "CR"}


@dataclass(frozen=True)
class MessageOutcome:
    """What became of a message: stored, or why not."""

    code: AcknowledgementCode
    rejects: Sequence[RejectedField] = ()
    reason: str = ""


def answers(message: HL7Message | None, outcome: MessageOutcome, number: str, now: str) -> list[bytes]:
    """Return the acknowledgements that this message asks for: one; in enhanced mode up to two (MSH-15, MSH-16).

    `message` is `None` where nothing of it can be read. `number` is ours, `now` is YYYYMMDDHHMMSS.
    """
    if message is None:
        header = f"MSH|^~\\&|HOTLINE||||{now}||ACK|{number}|P|2.5"
        return ["\r".join((header, f"MSA|{AcknowledgementCode.REJECTED}|", f"ERR|||{UNREADABLE}|E", "")).encode()]
    codes = [outcome.code.value]
    accept, application = message.header.text(15).upper(), message.header.text(16).upper()
    if accept or application:
        codes = [COMMIT[outcome.code]] if _is_wanted(accept, outcome) else []
        codes += [outcome.code.value] if _is_wanted(application, outcome) else []
    return [_answer(message, code, outcome, number=number, now=now) for code in codes]


def _is_wanted(condition: str, outcome: MessageOutcome) -> bool:
    """Return whether this condition asks for one: always, never, on errors, on success (table 0155)."""
    is_taken = outcome.code is AcknowledgementCode.ACCEPTED
    return condition == "AL" or (condition == "SU" and is_taken) or (condition == "ER" and not is_taken)


def _answer(message: HL7Message, code: str, outcome: MessageOutcome, *, number: str, now: str) -> bytes:
    header, signs = message.header, message.header.signs
    trigger = events.trigger_of(message)
    kind = signs.component.join(("ACK", trigger, "ACK")) if trigger else "ACK"
    fields = [
        f"MSH{signs.field}{signs.component}{signs.repetition}{signs.escape}{signs.subcomponent}",
        *(_raw(header, position) for position in (5, 6, 3, 4)),
        now,
        "",
        kind,
        number,
        _raw(header, 11) or "P",
        _raw(header, 12) or "2.5",
    ]
    if _raw(header, 18):
        fields += [""] * 5 + [_raw(header, 18)]
    segments = [f"MSA{signs.field}{code}{signs.field}{_raw(header, 10)}"]
    if outcome.code is not AcknowledgementCode.ACCEPTED:
        segments[0] += signs.field + _escaped(_text(outcome), signs)
        segments += _errors(outcome, signs)
    return ("\r".join([signs.field.join(fields), *segments]) + "\r").encode(message.charset, "replace")


def _errors(outcome: MessageOutcome, signs: EncodingCharacters) -> list[str]:
    errors = [
        (PLACES.get(one.field, ""), MISSING if "empty" in one.reason else WRONG, f"{one.field}: {one.reason}")
        for one in outcome.rejects
    ]
    errors = errors or [("", OURS if outcome.code is AcknowledgementCode.ERROR else UNREADABLE, outcome.reason)]
    made = []
    for place, code, text in errors:
        coded = [one.replace("^", signs.component) for one in (place, code)]
        made.append(signs.field.join(("ERR", "", *coded, "E", "", "", "", _escaped(text, signs))))
    return made


def _text(outcome: MessageOutcome) -> str:
    reasons = "; ".join(f"{reject.field}: {reject.reason}" for reject in outcome.rejects)
    return (reasons or outcome.reason)[:LONGEST_TEXT]


def _raw(segment: Segment, number: int) -> str:
    """Return a field of the sender's own header as it stands: it is given back unchanged."""
    return re.sub(r"[\r\n\x0b\x1c]", "", segment.fields[number]) if number < len(segment.fields) else ""


def _escaped(text: str, signs: EncodingCharacters) -> str:
    names = ((signs.escape, "E"), (signs.field, "F"), (signs.component, "S"), (signs.repetition, "R"))
    for sign, name in (*names, (signs.subcomponent, "T")):
        if sign and sign in text:
            text = text.replace(sign, f"\x00{name}\x00")
    return text.replace("\x00", signs.escape)
