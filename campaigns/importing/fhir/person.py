"""Who a FHIR Patient is, in our columns: number, name, telephones, language, death. Pure."""

from datetime import date

from campaigns.importing.fhir.json_parts import Json, concepts, current, get, many, text
from campaigns.importing.fields import names
from campaigns.importing.tables import preferences
from campaigns.importing.validation import AND

# Types of identifiers (table 0203), the hospital's own number first; numbers of the state or of a bank are last.
OWN = ("mr", "mrn", "pi", "pt", "pn", "lr")
NOT_OWN = frozenset(
    {"ni", "cz", "ss", "ppn", "dl", "bc", "idcard", "id-card", "an", "vn", "hc", "mc", "ma", "sb", "nnchn"}
)
NATIONAL_SYSTEMS = ("idcard", "id-card", "nationalid", "national-id", "sfz", "身份证", "2.16.156.10011.1.3")
NOT_THE_NAME = frozenset({"nickname"})
NAME_USES = {"official": 0, "usual": 1, "": 2}
TELEPHONE_USES = {"mobile": 0, "home": 1, "": 2, "temp": 3, "work": 4}
REPRESENTATION = "iso21090-EN-representation"


def cells(patient: Json, today: date, zone: str) -> dict[str, str]:
    """Return the patient's cells by our names for columns."""
    return {
        "patient_number": number(patient, today, zone),
        "name": _name(current(many(patient, "name"), today, zone)),
        "birth_date": text(patient, "birthDate"),
        "phone": AND.join(_telephones(current(many(patient, "telecom"), today, zone))),
        "language": _language(patient),
        "is_dead": "yes" if str(get(patient, "deceasedBoolean")).lower() == "true" else "",
        "died_on": text(patient, "deceasedDateTime"),
    }


def number(patient: Json, today: date, zone: str) -> str:
    """Return the hospital's own number: the identifier of type MR before others, else the resource's id."""
    written = [one for one in current(many(patient, "identifier"), today, zone) if text(one, "value")]
    best = min(written, key=_rank, default={})
    return text(best, "value") or text(patient, "id")


def _rank(identifier: Json) -> int:
    kinds = {code.lower() for _, code, _ in concepts(get(identifier, "type"))}
    words = " ".join(shown for _, _, shown in concepts(get(identifier, "type")))
    own = [OWN.index(kind) for kind in kinds if kind in OWN]
    if own:
        return min(own)
    system = text(identifier, "system").lower()
    is_national = bool(kinds & NOT_OWN) or "身份证" in words or any(part in system for part in NATIONAL_SYSTEMS)
    return len(OWN) + (2 if is_national else bool(kinds)) + (text(identifier, "use") == "secondary")


def _name(written: list[Json]) -> str:
    """Return the usual name, in Chinese characters where there is one."""
    usable = [one for one in written if _composed(one)]
    usual = [one for one in usable if text(one, "use").lower() not in NOT_THE_NAME] or usable
    best = min(usual, key=_name_rank, default={})
    return _composed(best)


def _name_rank(one: Json) -> tuple[bool, int]:
    kinds = {text(each, "valueCode") for each in many(one, "extension") if REPRESENTATION in text(each, "url")}
    is_written = "IDE" in kinds or (not kinds and names.is_ideographic(_composed(one)))
    return not is_written, NAME_USES.get(text(one, "use").lower(), 3)


def _composed(one: Json) -> str:
    given = get(one, "given")
    parts = [str(part) for part in (given if isinstance(given, list) else [given]) if isinstance(part, str)]
    return text(one, "text") or names.compose(text(one, "family"), parts)


def _telephones(written: list[Json]) -> list[str]:
    """Return numbers of telephones, preferred ones first; which of them is dialled `phone_numbers.best` decides."""
    usable = [one for one in written if text(one, "system").lower() in {"phone", "sms", ""} and text(one, "value")]
    usable.sort(key=lambda one: (TELEPHONE_USES.get(text(one, "use").lower(), 5), _order(one)))
    numbers = [text(one, "value").removeprefix("tel:") for one in usable if "@" not in text(one, "value")]
    return [one for one in numbers if any(sign.isdigit() for sign in one)] or numbers


def _order(telecom: Json) -> int:
    rank = text(telecom, "rank")
    return int(rank) if rank.isdecimal() and len(rank) < 9 else 99


def _language(patient: Json) -> str:
    """Return the preferred language, else the first that we speak, else the first."""
    languages = many(patient, "communication")
    languages.sort(key=lambda one: get(one, "preferred") is not True)
    written = [
        part for one in languages for _, code, shown in concepts(get(one, "language")) for part in (code, shown) if part
    ]
    preferred = [
        part for part in written if languages and get(languages[0], "preferred") is True and part in _all(languages[0])
    ]
    if preferred:
        return next(filter(preferences.speaks, preferred), preferred[0])
    return next(filter(preferences.speaks, written), next(iter(written), ""))


def _all(told: Json) -> set[str]:
    return {part for _, code, shown in concepts(get(told, "language")) for part in (code, shown)}


def identifiers(patient: Json) -> list[str]:
    """Return the keys under which a logical reference finds the patient: system and value, and the value."""
    written = [(text(one, "system"), text(one, "value")) for one in many(patient, "identifier")]
    return [f"{system}|{value}" for system, value in written if value] + [f"|{value}" for _, value in written if value]
