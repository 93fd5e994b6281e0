"""Who the patient of an HL7 message is: number, name, telephones, language, out of the repetitions of PID. Pure."""

from campaigns.importing.fields import names
from campaigns.importing.hl7.message import HL7Message, Segment, part
from campaigns.importing.tables import preferences
from hotline.values import phone_numbers

# Types of identifiers (table 0203), the hospital's own number first; numbers of the state or of a bank are last.
OWN = ("MR", "MRN", "PI", "PT", "PN", "LR", "")
NOT_OWN = frozenset(
    {"NI", "CZ", "SS", "PPN", "DL", "BC", "ID", "IDCARD", "ID-CARD", "ID CARD", "身份证", "AN", "VN", "HC", "MC", "MA"}
)
NICKNAMES = frozenset({"A", "N", "S", "M", "B", "TEMP", "BAD", "NOUSE", "R", "U"})
NO_TELEPHONE = frozenset({"FX", "BP", "MD", "INTERNET", "X.400", "TDD", "SAT"})
NO_USE = frozenset({"NET", "BPN"})


def number(repetitions: list[list[str]]) -> str:
    """Return the hospital's own number of the patient, of the repetitions of PID-3 or MRG-1."""
    written = [one for one in repetitions if part(one, 1)]
    return part(min(written, key=_rank, default=[]), 1)


def _rank(identifier: list[str]) -> int:
    kind = part(identifier, 5).upper()
    if kind in OWN:
        return OWN.index(kind)
    return len(OWN) + (kind in NOT_OWN)


def name(pid: Segment) -> str:
    """Return the name of PID-5, in Chinese characters where there is one; former names do not count."""
    written = [one for one in pid.repetitions(5) if part(one, 1) or part(one, 2)]
    usual = [one for one in written if part(one, 7).upper() not in NICKNAMES] or written
    best = min(usual, key=_name_rank, default=[])
    return names.compose(part(best, 1), [part(best, 2), part(best, 3)])


def _name_rank(one: list[str]) -> tuple[bool, bool]:
    return (
        not (part(one, 8).upper() == "I" or names.is_ideographic(part(one, 1) + part(one, 2))),
        part(one, 7).upper() not in {"L", ""},
    )


def telephones(pid: Segment) -> list[str]:
    """Return every telephone, private ones first; which of them is dialled `phone_numbers.best` decides."""
    return [text for one in [*pid.repetitions(13), *pid.repetitions(14)] for text in _telephone(one)]


def _telephone(one: list[str]) -> list[str]:
    """Return the number of an XTN: in parts (5 to 8), as written (1, 12), or where the e-mail belongs (4)."""
    if part(one, 3).upper() in NO_TELEPHONE or part(one, 2).upper() in NO_USE:
        return []
    found = [part(one, 1), part(one, 12)]
    if part(one, 7):
        found.insert(0, phone_numbers.from_parts(part(one, 5), part(one, 6), part(one, 7), part(one, 8)))
    if "@" not in part(one, 4):
        found.append(part(one, 4))
    written = [text for text in found if text and "@" not in text]
    return sorted(written, key=lambda text: not any(sign.isdigit() for sign in text))[:1]


def language(pid: Segment) -> str:
    """Return PID-15 as a code or a word, the one that we speak first."""
    written = [text for one in pid.repetitions(15) for text in one[:2] if text]
    return next(filter(preferences.speaks, written), next(iter(written), ""))


def refuses_calls(message: HL7Message) -> bool:
    """Return whether the patient wants no calls (PD1-12)."""
    return message.first("PD1").text(12).upper() == "Y"
