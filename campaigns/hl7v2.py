"""HL7 version 2: ADT messages as discharges (A03), admissions (A01) and deaths, and their acknowledgements."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import hl7

from campaigns import entry, fields
from campaigns.entry import Entry, Item, Told
from campaigns.errors import ImportFault
from crm.rejects import Reject

START, END = "\x0b", "\x1c"
# Discharge dispositions (table 0112) that say the patient has died.
EXPIRED = {"20", "40", "41", "42"}
ACCEPTED, REJECTED = "AA", "AE"


@dataclass(frozen=True)
class Heard:
    """What a message tells: a discharge (or why it cannot be taken), a death or readmission, or nothing of ours."""

    item: Item | None = None
    told: Told | None = None


def messages(file: Path) -> Iterator[tuple[int, str]]:
    """Each message of a file, with its number from 1: framed as MLLP does, or one after the other."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFault(f"{file}: cannot be read as UTF-8: {error}") from error
    text = text.replace(START, "").replace(END, "").replace("\r\n", "\r").replace("\n", "\r")
    parts = [part for part in ("\r" + text).split("\rMSH") if part.strip()]
    if not parts or not ("\r" + text).lstrip("\r").startswith("MSH"):
        raise ImportFault(f"{file}: holds no HL7 message; the first segment must be MSH")
    for number, part in enumerate(parts, 1):
        yield number, "MSH" + part.strip("\r") + "\r"


def read(text: str, line: int, given: tuple[date, str, bool]) -> Heard:
    """What one message tells; `given` are today, the zone, and whether the hospital has consent for this feed."""
    try:
        message = hl7.parse(text)
        trigger = _field(message, "MSH", 9, 2)
    except Exception as error:  # the library raises of every kind for broken text
        return Heard([Reject(line, "message", f"is no HL7 message: {type(error).__name__}")])
    today, zone, has_consent = given
    number = _field(message, "PID", 3, 1)
    died = _field(message, "PID", 30) == "Y" or _field(message, "PV1", 36) in EXPIRED
    if died and number:
        return Heard(told=Told(number, died_on=_day(_field(message, "PID", 29)) or today))
    if trigger in {"A01", "A04"} and number:
        return Heard(told=Told(number, readmitted_on=_day(_field(message, "PV1", 44)) or today))
    if trigger != "A03":
        return Heard()
    cells = {
        "patient_number": number,
        "visit": _field(message, "PV1", 19, 1),
        "name": _name(message),
        "birth_date": _field(message, "PID", 7)[:8],
        "phone": _phone(message),
        "discharged_on": _field(message, "PV1", 45)[:8],
        "ward": _field(message, "PV1", 3, 1),
        "diagnosis": _codes(message),
        "language": _field(message, "PID", 15, 1)[:2].lower(),
        "consent": "yes" if has_consent else "no",
        "do_not_call": "yes" if _field(message, "PD1", 12) == "Y" else "no",
    }
    made = entry.read(cells, line, today, zone)
    return Heard(made if isinstance(made, Entry) else [Reject(r.line, f"ADT^A03 {r.field}", r.reason) for r in made])


def acknowledge(text: str, is_taken: bool, reason: str = "") -> str:
    """The acknowledgement (ACK) of a message."""
    try:
        answer = hl7.parse(text).create_ack(ACCEPTED if is_taken else REJECTED)
        lines = [part for part in str(answer).split("\r") if part]
    except Exception:  # whatever it was, the sender learns that it was not taken
        lines = ["MSH|^~\\&|HOTLINE|||||||ACK|0|P|2.5", "MSA|AE|"]
    if reason:
        lines[-1] += f"||{reason[:80]}" if lines[-1].count("|") < 3 else reason[:80]
    return "\r".join(lines) + "\r"


def _field(message: hl7.Message, segment: str, number: int, component: int = 1) -> str:
    """The first repetition of a field's component; empty where it is not there."""
    try:
        found = message.segment(segment)
        if segment == "MSH":
            return str(message.extract_field("MSH", 1, number, 1, component)).strip()
        if len(found) <= number or not str(found[number]):
            return ""
        return str(message.extract_field(segment, 1, number, 1, component) or "").strip()
    except (KeyError, IndexError):
        return ""


def _name(message: hl7.Message) -> str:
    family, given = _field(message, "PID", 5, 1), _field(message, "PID", 5, 2)
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in family)
    return family + given if is_chinese else f"{given} {family}".strip()


def _phone(message: hl7.Message) -> str:
    return _field(message, "PID", 13, 12) or _field(message, "PID", 13, 1) or _field(message, "PID", 13, 7)


def _codes(message: hl7.Message) -> str:
    try:
        found = message.segments("DG1")
    except KeyError:
        return ""
    codes = [str(segment[3][0][0]) if len(segment) > 3 and str(segment[3]) else "" for segment in found]
    return ";".join(code for code in codes if fields.CODE.match(code))


def _day(text: str) -> date | None:
    try:
        return fields.day(text[:8]) if text else None
    except ValueError:
        return None
