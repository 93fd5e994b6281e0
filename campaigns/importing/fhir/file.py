"""FHIR files: discharges and other events of visits from Encounter, Patient, Condition and Location, of R4 and R5.

Several files are one source: a bulk export has one per type of resource. Of each resource only what is needed is kept.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns.importing import validation
from campaigns.importing.fhir import person as fhir_person
from campaigns.importing.fhir import references, source
from campaigns.importing.fhir import visit as fhir_visit
from campaigns.importing.fhir.json_parts import Json, many, text
from campaigns.importing.fhir.visit import Encounter
from campaigns.importing.fields import dates
from campaigns.importing.record import VisitClass, VisitEvent
from campaigns.importing.validation import AND, Item, SourceDefaults, UncheckedEvent
from crm.feeds.file_limits import FileLimits
from crm.feeds.rejected_field import RejectedField

NO_PATIENT = "its Patient is not in this file, nor in the others that were given with it"
Cells = dict[str, str]


@dataclass
class Resources:
    """What was read of all files: each kind of resource by its keys, and each Encounter with its file and line."""

    patients: dict[str, Cells] = field(default_factory=dict)
    encounters: list[tuple[str, int, Encounter]] = field(default_factory=list)
    by_condition: dict[str, list[str]] = field(default_factory=dict)
    by_visit: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    places: dict[str, tuple[str, bool]] = field(default_factory=dict)
    merges: list[tuple[int, tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    rejects: list[RejectedField] = field(default_factory=list)
    # A visit's Patient stands in none of the files.
    lacks_patient: bool = False


@dataclass(frozen=True)
class Events:
    """The events of FHIR files; `is_incomplete`: they tell of no visit, or of visits whose Patient stands elsewhere."""

    items: list[tuple[int, Item]]
    is_incomplete: bool


def read(files: Sequence[Path], given: SourceDefaults, limits: FileLimits) -> Events:
    """Return every event of these files. Raises `UnreadableFile` when one of them is no FHIR."""
    resources = Resources()
    for file in files:
        for one in source.resources(file, limits):
            _take(resources, file.name if len(files) > 1 else "", one, given)
    items: list[tuple[int, Item]] = [(reject.line, [reject]) for reject in resources.rejects]
    seen: set[str] = set()
    for name, line, encounter in resources.encounters:
        items.extend((line, item) for item in _of_visit(resources, name, line, encounter, given, seen))
    items += _deaths(resources, seen, given)
    items += _merges(resources, given)
    return Events(items, resources.lacks_patient or not resources.encounters)


def _take(resources: Resources, name: str, one: source.LocatedResource | RejectedField, given: SourceDefaults) -> None:
    if isinstance(one, RejectedField):
        resources.rejects.append(_in_file(one, name))
        return
    resource, keys = one.resource, references.keys_of(one.resource, one.address)
    kind = text(resource, "resourceType")
    if kind == "Patient":
        cells = fhir_person.cells(resource, given.today, given.zone)
        cells |= {"recorded_at": text(resource, "meta", "lastUpdated"), "line": str(one.line)}
        _newest(resources.patients, keys, cells)
        resources.merges.extend(_links(one.line, resource, keys))
    elif kind == "Encounter" and (encounter := fhir_visit.encounter(resource, keys)) is not None:
        resources.encounters.append((name, one.line, encounter))
    elif kind == "Condition":
        _condition(resources, resource, keys, given)
    elif kind == "Location":
        resources.places |= dict.fromkeys(keys, fhir_visit.location(resource))


def _newest(patients: dict[str, Cells], keys: Sequence[str], cells: Cells) -> None:
    """Keep the version of a Patient that was written last; of two as old, the one that stands later."""
    for key in keys:
        before = patients.get(key)
        if before is None or before["recorded_at"] <= cells["recorded_at"]:
            patients[key] = cells


def _links(line: int, resource: Json, keys: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    """Yield patients that are one person: the keys of the one that stays, and of the one that is replaced."""
    for link in many(resource, "link"):
        other = references.wanted(references.reference(link, "other"), "Patient")
        if text(link, "type") == "replaced-by":
            yield line, other, tuple(keys)
        elif text(link, "type") == "replaces":
            yield line, tuple(keys), other


def _condition(resources: Resources, resource: Json, keys: Sequence[str], given: SourceDefaults) -> None:
    codes = fhir_visit.diagnoses(resource, given.today, given.zone)
    resources.by_condition |= dict.fromkeys(keys, codes)
    visit = references.wanted(references.reference(resource, "encounter"), "Encounter")
    person = references.wanted(references.reference(resource, "subject"), "Patient")
    for key in visit or person:
        resources.by_visit[key].extend(codes)


def _of_visit(
    resources: Resources, file: str, line: int, visit: Encounter, given: SourceDefaults, seen: set[str]
) -> Iterator[Item]:
    cells = _patient(resources, visit, given)
    if cells is None:
        if visit.visit_class is VisitClass.INPATIENT:
            resources.lacks_patient = True
            yield [_in_file(RejectedField(line, "patient_number", NO_PATIENT), file)]
        return
    if visit.visit_class is None:
        yield [_in_file(RejectedField(line, "visit_class", "is no kind of visit that is known"), file)]
        return
    seen.add(cells["patient_number"])
    item = validation.read(_told(resources, line, visit, cells, given), given)
    yield [_in_file(reject, file) for reject in item] if isinstance(item, list) else item


def _told(resources: Resources, line: int, visit: Encounter, cells: Cells, given: SourceDefaults) -> UncheckedEvent:
    event = visit.event
    if event is VisitEvent.ADMITTED and visit.visit_class is not VisitClass.INPATIENT:
        event = VisitEvent.REGISTERED
    about = {"diagnosis": AND.join(_diagnoses(resources, visit)), "ward": _ward(resources, visit)}
    return UncheckedEvent(
        line=line,
        cells={**cells, **visit.cells, **about},
        event=event,
        visit_class=visit.visit_class or VisitClass.INPATIENT,
        happened_on=dates.last_day(visit.start, given.zone),
        recorded_at=dates.moment((visit.recorded_at,), given.zone),
    )


def _patient(resources: Resources, visit: Encounter, given: SourceDefaults) -> Cells | None:
    if visit.patient is not None:
        return fhir_person.cells(visit.patient, given.today, given.zone)
    return next((resources.patients[key] for key in visit.patient_keys if key in resources.patients), None)


def _diagnoses(resources: Resources, visit: Encounter) -> list[str]:
    """Return those that the visit names, else those that name the visit, else those of the patient alone."""
    named = [part for keys in visit.condition_keys for part in _first(resources.by_condition, keys)]
    own = [*named, *visit.diagnoses]
    return own or _first(resources.by_visit, visit.keys) or _first(resources.by_visit, visit.patient_keys)


def _first(by_key: dict[str, list[str]], keys: Sequence[str]) -> list[str]:
    return next((by_key[key] for key in keys if key in by_key), [])


def _ward(resources: Resources, visit: Encounter) -> str:
    """Return the last place that says it is a ward, else the last that has a name."""
    places = [(place, next((resources.places[key] for key in place.keys if key in resources.places), ("", False)))
              for place in visit.places]  # fmt: skip
    named = [(place.name or name, is_ward) for place, (name, is_ward) in places if place.name or name]
    return next((name for name, is_ward in named if is_ward), named[0][0] if named else "")


def _deaths(resources: Resources, seen: set[str], given: SourceDefaults) -> Iterator[tuple[int, Item]]:
    """Yield patients who have died and of whom no visit is told here."""
    for cells in {id(cells): cells for cells in resources.patients.values()}.values():
        if cells["patient_number"] in seen:
            continue
        line = int(cells["line"])
        written = dates.moment((cells["recorded_at"],), given.zone)
        item = validation.read(
            UncheckedEvent(line=line, cells=cells, event=VisitEvent.DIED, recorded_at=written), given
        )
        if isinstance(item, list) or item.is_dead:
            yield line, item


def _merges(resources: Resources, given: SourceDefaults) -> Iterator[tuple[int, Item]]:
    for line, stays, goes in resources.merges:
        one, other = (
            next((resources.patients[key] for key in keys if key in resources.patients), None) for keys in (stays, goes)
        )
        if one and other and one["patient_number"] != other["patient_number"]:
            cells = {"patient_number": one["patient_number"], "merged_from": other["patient_number"]}
            written = dates.moment((other["recorded_at"],), given.zone)
            yield (
                line,
                validation.read(
                    UncheckedEvent(line=line, cells=cells, event=VisitEvent.MERGED, recorded_at=written), given
                ),
            )


def _in_file(reject: RejectedField, name: str) -> RejectedField:
    """Return the reject with its file's name, where there are several."""
    return RejectedField(reject.line, reject.field, f"{reject.reason} ({name})") if name else reject
