"""What a FHIR Encounter and a Condition tell, in our words and columns; of R4 and R5. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campaigns.importing.fhir import references
from campaigns.importing.fhir.json_parts import Json, codes, concepts, get, is_over, many, text
from campaigns.importing.fields import visit_classes
from campaigns.importing.record import VisitClass, VisitEvent
from campaigns.importing.validation import AND

EVENTS = {
    **dict.fromkeys(("finished", "discharged", "completed"), VisitEvent.DISCHARGED),
    **dict.fromkeys(("arrived", "triaged", "in-progress", "onleave", "on-hold"), VisitEvent.ADMITTED),
    "cancelled": VisitEvent.ADMISSION_CANCELLED,
    "entered-in-error": VisitEvent.ENTERED_IN_ERROR,
}
WARDS = frozenset({"wa", "ward"})
NOT_YET = frozenset({"planned", "reserved"})
WRONG = frozenset({"entered-in-error", "refuted"})
OVER = frozenset({"inactive", "resolved", "remission"})
# Systems of codes that are no ICD-10, though a code of theirs may look like one.
OTHER_SYSTEMS = (
    "snomed",
    "loinc",
    "icd-9",
    "icd9",
    "2.16.840.1.113883.6.96",
    "2.16.840.1.113883.6.103",
    "icd-11",
    "rxnorm",
)


@dataclass(frozen=True)
class EncounterLocation:
    """Where the patient was: its name as it is told, and the keys of its Location."""

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Encounter:
    """An Encounter as it is kept while the rest of the source is read; it is found under `keys`."""

    event: VisitEvent
    visit_class: VisitClass | None
    cells: dict[str, str]
    start: str
    recorded_at: str
    keys: tuple[str, ...]
    patient_keys: tuple[str, ...]
    patient: Json | None
    condition_keys: tuple[tuple[str, ...], ...]
    diagnoses: tuple[str, ...]
    places: tuple[EncounterLocation, ...]


def encounter(resource: Json, keys: Sequence[str]) -> Encounter | None:
    """Read an Encounter that is found under `keys`; `None`: it is planned, or its status says nothing of ours."""
    event = EVENTS.get(text(resource, "status").lower())
    if event is None:
        return None
    subject = references.reference(resource, "subject")
    references_told = [references.reference(one, "condition") for one in many(resource, "diagnosis")]
    within = [found for one in references_told if (found := references.contained(resource, one)) is not None]
    return Encounter(
        event=event,
        visit_class=_class(resource),
        cells=_cells(resource),
        start=text(resource, "period", "start") or text(resource, "actualPeriod", "start"),
        recorded_at=text(resource, "meta", "lastUpdated"),
        keys=tuple(keys),
        patient_keys=references.wanted(subject, "Patient"),
        patient=references.contained(resource, subject),
        condition_keys=tuple(references.wanted(one, "Condition") for one in references_told),
        diagnoses=tuple(part for one in [*within, resource] for part in _written(one)),
        places=tuple(_places(resource)),
    )


def diagnoses(condition: Json, today: date, zone: str) -> list[str]:
    """Return codes and texts of a Condition that holds: not entered in error, not refuted, not over."""
    if codes(get(condition, "verificationStatus")) & WRONG or codes(get(condition, "clinicalStatus")) & OVER:
        return []
    if text(condition, "verificationStatus") in WRONG or text(condition, "clinicalStatus") in OVER:
        return []  # before R4 these were plain codes
    ended = {"period": {"end": text(condition, "abatementDateTime") or text(condition, "abatementPeriod", "end")}}
    return [] if is_over(ended, today, zone) else _texts(get(condition, "code"))


def location(resource: Json) -> tuple[str, bool]:
    """Return the name of a Location, and whether it says that it is a ward, no bed or room in one."""
    kinds = codes(get(resource, "physicalType")) | codes(get(resource, "form"))
    return text(resource, "name"), bool(kinds & WARDS)


def _written(resource: Json) -> list[str]:
    """Return diagnoses within an Encounter: of a contained Condition, and in R5 as a concept."""
    if text(resource, "resourceType") == "Condition":
        return diagnoses(resource, date.max, "UTC")
    return [
        part
        for one in many(resource, "diagnosis")
        for each in many(one, "condition")
        for part in _texts(get(each, "concept"))
    ]


def _texts(concept: object) -> list[str]:
    found = [(system, code, shown) for system, code, shown in concepts(concept) if not _is_other(system)]
    found = found or [("", "", shown) for _, _, shown in concepts(concept)]
    return [part for _, code, shown in found for part in (code, shown) if part]


def _is_other(system: str) -> bool:
    return any(part in system for part in OTHER_SYSTEMS)


def _class(resource: Json) -> VisitClass | None:
    """Return the kind of visit; inpatient where none is told, `None` for one that is not known."""
    names = [part for _, code, shown in concepts(get(resource, "class")) for part in (code, shown) if part]
    if not names:
        return VisitClass.INPATIENT
    return next((found for part in names if (found := visit_classes.known(part))), None)


def _cells(resource: Json) -> dict[str, str]:
    stay = get(resource, "hospitalization") or get(resource, "admission")
    left = [part for _, *parts in concepts(get(stay, "dischargeDisposition")) for part in parts if part]
    return {
        "visit": _number(resource),
        "discharged_on": text(resource, "period", "end") or text(resource, "actualPeriod", "end"),
        "disposition": AND.join(left),
    }


def _number(resource: Json) -> str:
    """Return the visit's number: the identifier of type VN, else the only one in use, else the resource's id."""
    written = [one for one in many(resource, "identifier") if text(one, "value") and text(one, "use") != "old"]
    typed = [one for one in written if "vn" in codes(get(one, "type"))]
    chosen = typed or (written if len(written) == 1 else [])
    return text(chosen[0], "value") if chosen else text(resource, "id")


def _places(resource: Json) -> list[EncounterLocation]:
    """Return where the patient was, the last first: the active place, else the latest, else the last told."""
    locations = [one for one in many(resource, "location") if text(one, "status").lower() not in NOT_YET]
    ranked = sorted(
        enumerate(locations),
        key=lambda each: (text(each[1], "status").lower() == "active", text(each[1], "period", "start"), each[0]),
        reverse=True,
    )
    places = []
    for _, one in ranked:
        pointed = references.reference(one, "location")
        within = references.contained(resource, pointed)
        places.append(
            EncounterLocation(text(pointed, "display") or text(within, "name"), references.wanted(pointed, "Location"))
        )
    return places
