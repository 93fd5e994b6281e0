"""FHIR R4: discharges from Patient, Encounter and Condition, as a Bundle or one resource a line (NDJSON).

Checked with the models of `fhir.resources`. An Encounter that is over (class inpatient) is a discharge; one under way
is a readmission; a Patient who is deceased is a death.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.patient import Patient
from pydantic import ValidationError

from campaigns import entry, fields
from campaigns.entry import Entry, Item, Told
from campaigns.errors import ImportFault
from crm.rejects import Reject

MODELS: dict[str, Any] = {"Patient": Patient, "Encounter": Encounter, "Condition": Condition}
INPATIENT = {"IMP", "ACUTE", "NONAC"}
OVER, UNDER_WAY = {"finished"}, {"arrived", "triaged", "in-progress", "onleave"}


@dataclass
class Resources:
    """What a file holds, and what of it cannot be used; `lines` says where each Encounter stood."""

    patients: dict[str, Any] = field(default_factory=dict)
    encounters: list[tuple[int, Any]] = field(default_factory=list)
    codes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    rejects: list[Reject] = field(default_factory=list)


def read(file: Path, today: date, zone: str, has_consent: bool) -> tuple[list[tuple[int, Item]], list[Told]]:
    """The discharges of a file, and the deaths and readmissions. Raises `ImportFault` when it is no FHIR."""
    found = Resources()
    for line, raw in _resources(file):
        _take(found, line, raw)
    items: list[tuple[int, Item]] = [(reject.line, [reject]) for reject in found.rejects]
    dead = [patient for patient in found.patients.values() if _is_dead(patient)]
    told = [Told(_number_of(patient), died_on=_died(patient, today)) for patient in dead]
    for line, encounter in found.encounters:
        patient = found.patients.get(_reference(encounter.subject))
        if patient is None:
            items.append((line, [Reject(line, "Encounter.subject", "its Patient is not in this file")]))
        elif encounter.status in OVER:
            items.append((line, _entry(line, encounter, patient, found, (today, zone, has_consent))))
        elif encounter.status in UNDER_WAY:
            told.append(Told(_number_of(patient), readmitted_on=_start(encounter) or today))
    return items, told


def _resources(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each resource with its line (NDJSON) or its place in the Bundle, from 1."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFault(f"{file}: cannot be read as UTF-8: {error}") from error
    try:
        whole = json.loads(text)
    except ValueError:
        yield from _lines(file, text)
        return
    entries = whole.get("entry", []) if isinstance(whole, dict) and whole.get("resourceType") == "Bundle" else [whole]
    for number, one in enumerate(entries, 1):
        yield number, one.get("resource", one) if isinstance(one, dict) else {}


def _lines(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ImportFault(f"{file}: line {number}: is neither a Bundle nor NDJSON: {error}") from error
        yield number, found if isinstance(found, dict) else {}


def _take(found: Resources, line: int, raw: dict[str, Any]) -> None:
    kind = str(raw.get("resourceType", ""))
    if kind not in MODELS:
        return  # other resources are none of our business
    try:
        resource = MODELS[kind].model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        found.rejects.append(Reject(line, f"{kind}.{place}", first["msg"]))
        return
    if kind == "Patient":
        found.patients[f"Patient/{resource.id}"] = resource
    elif kind == "Encounter" and (resource.class_fhir is None or resource.class_fhir.code in INPATIENT):
        found.encounters.append((line, resource))
    elif kind == "Condition":
        codings = (resource.code.coding if resource.code else None) or []
        where = _reference(resource.encounter) or _reference(resource.subject)
        found.codes[where].extend(str(coding.code) for coding in codings if "icd-10" in str(coding.system).lower())


def _entry(line: int, encounter: Any, patient: Any, found: Resources, given: tuple[date, str, bool]) -> Item:
    today, zone, has_consent = given
    codes = found.codes.get(f"Encounter/{encounter.id}") or found.codes.get(_reference(encounter.subject)) or []
    end = encounter.period.end if encounter.period else None
    location = encounter.location[0].location.display if encounter.location else None
    cells = {
        "patient_number": _number_of(patient),
        "visit": str(encounter.id or ""),
        "name": _name(patient),
        "birth_date": str(patient.birthDate or ""),
        "phone": _phone(patient),
        "discharged_on": str(end or "")[:10],
        "ward": str(location or ""),
        "diagnosis": ";".join(codes),
        "language": _language(patient),
        "consent": "yes" if has_consent else "no",
    }
    made = entry.read(cells, line, today, zone)
    return made if isinstance(made, Entry) else [Reject(r.line, f"Encounter: {r.field}", r.reason) for r in made]


def _number_of(patient: Any) -> str:
    """The hospital's own number (type MR), else the first identifier, else the resource's id."""
    identifiers = patient.identifier or []
    for one in identifiers:
        codings = (one.type.coding if one.type else None) or []
        if any(coding.code == "MR" for coding in codings):
            return str(one.value)
    return str(identifiers[0].value if identifiers else patient.id or "")


def _name(patient: Any) -> str:
    for name in patient.name or []:
        if name.text:
            return str(name.text)
        family, given = str(name.family or ""), [str(part) for part in name.given or []]
        is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in family)
        return family + "".join(given) if is_chinese else " ".join([*given, family]).strip()
    return ""


def _phone(patient: Any) -> str:
    phones = [one for one in patient.telecom or [] if one.system == "phone" and one.value]
    phones.sort(key=lambda one: (one.use != "mobile", one.rank or 99))
    return str(phones[0].value) if phones else ""


def _language(patient: Any) -> str:
    for one in patient.communication or []:
        for coding in (one.language.coding if one.language else None) or []:
            return str(coding.code)[:2]
    return ""


def _is_dead(patient: Any) -> bool:
    return bool(patient.deceasedBoolean) or patient.deceasedDateTime is not None


def _died(patient: Any, today: date) -> date:
    text = str(patient.deceasedDateTime or "")[:10]
    return fields.day(text) if text else today


def _start(encounter: Any) -> date | None:
    text = str(encounter.period.start or "")[:10] if encounter.period else ""
    return fields.day(text) if text else None


def _reference(reference: Any) -> str:
    text = str(reference.reference or "") if reference is not None else ""
    return "/".join(text.removeprefix("urn:uuid:").split("/")[-2:])
