"""FHIR as it is met in the field: Bundles, lists and exports, references, what holds no more, R4 and R5."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.importing.fhir import file as fhir_file
from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.validation import Item, SourceDefaults
from crm.errors import UnreadableFile
from crm.feeds.file_limits import FileLimits
from hotline.values.language import Language

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases" / "fhir"
GIVEN = SourceDefaults(date(2026, 11, 21), has_consent=True)
Resource = dict[str, Any]
MR: Resource = {"type": {"coding": [{"code": "MR"}]}, "value": "M0001"}
PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [MR],
    "name": [{"family": "林", "given": ["晓"]}],
    "birthDate": "1960-01-02",
    "telecom": [{"system": "phone", "value": "13800000011", "use": "mobile"}],
}
ENCOUNTER: Resource = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2026-11-10T09:00:00+08:00", "end": "2026-11-20T10:00:00+08:00"},
}
CONDITION: Resource = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]},
}

ENDED: Resource = {"period": {"end": "2019"}}
ALPHABETIC: Resource = {
    "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
    "valueCode": "ABC",
}


def phone(value: str, system: str = "phone") -> Resource:
    """An entry of telecom."""
    return {"system": system, "value": value}


def speaks(code: str) -> Resource:
    """An entry of communication."""
    return {"language": {"coding": [{"code": code}]}}


def place(name: str, since: str) -> Resource:
    """An entry of location."""
    return {"location": {"display": name}, "period": {"start": since}}


def read(*files: Path, given: SourceDefaults = GIVEN) -> list[Item]:
    """What these files tell."""
    return [item for _, item in fhir_file.read(files, given, FileLimits()).items]


def records(*files: Path) -> list[VisitRecord]:
    """The records of these files; nothing in them is refused."""
    found = read(*files)
    assert all(isinstance(item, VisitRecord) for item in found), found
    return [item for item in found if isinstance(item, VisitRecord)]


@pytest.fixture
def tell(tmp_path: Path) -> "Tell":
    """Tell of resources in a Bundle."""
    return Tell(tmp_path)


class Tell:
    """Writes resources into a file and reads it."""

    def __init__(self, folder: Path) -> None:
        """Write into this folder."""
        self._file = folder / "b.json"

    def __call__(self, *resources: Resource) -> list[VisitRecord]:
        entries = [{"resource": one} for one in resources]
        self._file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
        return records(self._file)

    def raw(self, content: str | bytes) -> Path:
        """A file with this content."""
        self._file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self._file

    def facts(self, *resources: Resource) -> DischargeFacts:
        """The facts of the one discharge."""
        (found,) = self(*resources)
        assert found.facts is not None
        return found.facts


@pytest.mark.parametrize("name", ["00-good", "10-urn-uuid", "50-icd-oid", "73-location-last"])
def test_one_discharge_is_the_same_however_it_is_written(name: str) -> None:
    (found,) = records(CASES / f"{name}.json")
    assert found.facts == DischargeFacts(
        "林晓",
        date(1960, 1, 2),
        "+8613800000011",
        ward="心内科" if name == "73-location-last" else "",
        condition="heart_failure",
        codes=("I50.9",),
        has_consent=True,
    )
    assert (found.event, found.patient_number, found.happened_on) == (
        VisitEvent.DISCHARGED,
        "M0001",
        date(2026, 11, 20),
    )


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("13-versioned", {}),
        ("20-utc-end", {}),
        ("22-birth-year", {"birth_date": None}),
        ("40-phone-old-first", {"number": "+861066880002"}),
        ("42-name-old-first", {"name": "林晓"}),
        ("44-lang-yue", {"language": Language.MANDARIN}),
        ("51-icd-clinical", {"codes": ("I50.900x018",), "condition": "heart_failure"}),
        ("53-cond-entered-in-error", {"codes": ()}),
        ("64-list-of-resources", {"name": "林晓"}),
    ],
)
def test_the_discharge_is_kept_and_holds_what_is_right(name: str, facts: dict[str, object]) -> None:
    (found,) = records(CASES / f"{name}.json")
    assert found.happened_on == date(2026, 11, 20)
    assert found.facts is not None
    assert {field: getattr(found.facts, field) for field in facts} == facts


def test_deaths_are_known_by_a_part_of_a_date_and_by_disposition() -> None:
    (by_year,), (by_disposition,) = records(CASES / "30-dead-year.json"), records(CASES / "33-disp-exp.json")
    assert (by_year.is_dead, by_year.died_on) == (True, date(2026, 12, 31))
    assert by_disposition.is_dead


def test_a_stay_under_way_a_stale_one_and_an_error_are_events_of_their_visits() -> None:
    (under_way,) = records(CASES / "35-inprogress-month.json")
    assert (under_way.event, under_way.happened_on) == (VisitEvent.ADMITTED, date(2026, 11, 30))
    assert [(one.event, one.visit) for one in records(CASES / "36-stale-inprogress.json")] == [
        (VisitEvent.DISCHARGED, "e1"),
        (VisitEvent.ADMITTED, "e0"),
    ]
    assert [one.event for one in records(CASES / "37-entered-in-error.json")] == [VisitEvent.ENTERED_IN_ERROR]


def test_an_identifier_without_a_value_is_not_used() -> None:
    assert [one.patient_number for one in records(CASES / "70-mr-without-value.json")] == ["p1"]


def test_the_files_of_an_export_are_read_together() -> None:
    patients, encounters = CASES / "60-Patient.ndjson", CASES / "60-Encounter.ndjson"
    assert [one.patient_number for one in records(patients, encounters)] == ["M0001"]
    assert [one.patient_number for one in records(encounters, patients)] == ["M0001"]
    alone = fhir_file.read([encounters], GIVEN, FileLimits())
    assert alone.is_incomplete
    assert isinstance(alone.items[0][1], list)
    assert fhir_file.read([patients], GIVEN, FileLimits()) == fhir_file.Events([], True)


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": "Patient/p1/_history/3"},
        {"reference": "https://his.example/fhir/Patient/p1"},
        {"reference": "https://his.example/fhir/Patient/p1/_history/2"},
        {"reference": "urn:uuid:p1"},
        {"identifier": {"value": "M0001"}},
        {"reference": "#p", "display": "林晓"},
    ],
)
def test_a_patient_is_found_by_every_kind_of_reference(tell: Tell, reference: Resource) -> None:
    holder = ENCOUNTER | {"subject": reference}
    if reference.get("reference") == "#p":
        holder |= {"contained": [PATIENT | {"id": "p"}]}
        assert tell.facts(holder).number == "+8613800000011"
    else:
        assert tell.facts(PATIENT, holder).number == "+8613800000011"


def test_in_a_transaction_resources_are_found_by_the_addresses_of_their_entries(tell: Tell) -> None:
    patient = {name: value for name, value in PATIENT.items() if name != "id"}
    encounter = {name: value for name, value in ENCOUNTER.items() if name != "id"} | {
        "subject": {"reference": "urn:uuid:AAAA1111-0000-4000-8000-000000000001"},
        "identifier": [{"value": "V01"}],
    }
    condition = CONDITION | {"encounter": {"reference": "urn:uuid:aaaa1111-0000-4000-8000-000000000002"}}
    entries = [
        {"fullUrl": "urn:uuid:aaaa1111-0000-4000-8000-000000000001", "resource": patient},
        {"fullUrl": "urn:uuid:aaaa1111-0000-4000-8000-000000000002", "resource": encounter},
        {"resource": condition},
        {"request": {"method": "DELETE", "url": "Patient/x"}},
        None,
    ]
    file = tell.raw(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
    (found,) = records(file)
    assert found.facts is not None
    assert (found.visit, found.facts.codes) == ("V01", ("I50.9",))


@pytest.mark.parametrize("kind", ["collection", "searchset", "batch", "history", "message", "document", None])
def test_a_bundle_of_any_type_is_read_also_within_another(tell: Tell, kind: str | None) -> None:
    inner = {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in (PATIENT, ENCOUNTER)]}
    assert len(tell(inner)) == 1
    assert len(records(tell.raw(json.dumps(inner) + "\n"))) == 1
    assert len(records(tell.raw(json.dumps(inner) + "\n" + json.dumps(inner) + "\n"))) == 2


def test_of_two_versions_of_a_patient_the_later_one_counts(tell: Tell) -> None:
    old = PATIENT | {"meta": {"lastUpdated": "2026-01-01T00:00:00Z"}, "name": [{"text": "旧名"}]}
    new = PATIENT | {"meta": {"lastUpdated": "2026-11-01T00:00:00Z"}}
    assert tell.facts(new, old, ENCOUNTER).name == "林晓"


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"name": [ENDED | {"text": "旧名"}, {"family": "林", "given": ["晓"]}]}, {"name": "林晓"}),
        ({"name": [None, {}, {"use": "nickname", "text": "小林"}, {"text": "林晓"}]}, {"name": "林晓"}),
        ({"name": [{"family": "林晓", "given": ["linxiao"]}]}, {"name": "林晓"}),
        ({"name": [{"text": "Lin Xiao", "extension": [ALPHABETIC]}, {"text": "林晓"}]}, {"name": "林晓"}),
        ({"telecom": [ENDED | phone("13900000000"), phone("13800000011")]}, {"number": "+8613800000011"}),
        ({"telecom": [phone("01066880000", "fax"), phone("tel:+86-138-0000-0011")]}, {"number": "+8613800000011"}),
        ({"telecom": [phone("a@b", "email"), phone("13800000011")]}, {"number": "+8613800000011"}),
        ({"telecom": [None, {"system": "phone"}, phone("13800000011")]}, {"number": "+8613800000011"}),
        ({"communication": [speaks("yue"), {"language": {"text": "English"}}]}, {"language": Language.ENGLISH}),
        ({"communication": [speaks("en"), speaks("zh") | {"preferred": True}]}, {"language": Language.MANDARIN}),
        ({"birthDate": None, "_birthDate": {"extension": []}}, {"birth_date": None}),
        ({"photo": 7, "contact": "x", "gender": ["?"]}, {"name": "林晓"}),
    ],
)
def test_of_a_patient_only_what_holds_today_is_used(tell: Tell, change: Resource, facts: dict[str, object]) -> None:
    found = tell.facts(PATIENT | change, ENCOUNTER)
    assert {field: getattr(found, field) for field in facts} == facts


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([{"value": "110101196001020028", "type": {"coding": [{"code": "NI"}]}}, MR], "M0001"),
        ([{"value": "110101196001020028", "system": "urn:idcard"}, {"value": "H7"}], "H7"),
        ([MR | {"value": "OLD", "use": "old"}, MR], "M0001"),
        ([MR | {"value": "OLD", "period": {"end": "2019"}}, MR], "M0001"),
        ([{"value": "X"}, {"type": {"coding": [{"code": "PI"}]}, "value": "P9"}], "P9"),
        ([None, {}], "p1"),
    ],
)
def test_the_hospitals_own_number_is_found_by_its_type(tell: Tell, identifiers: list[Any], number: str) -> None:
    assert [one.patient_number for one in tell(PATIENT | {"identifier": identifiers}, ENCOUNTER)] == [number]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"verificationStatus": {"coding": [{"code": "refuted"}]}}, ()),
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, ()),
        ({"clinicalStatus": "inactive"}, ()),
        ({"abatementDateTime": "2020"}, ()),
        ({"code": {"coding": [{"system": "urn:oid:2.16.156.10011.2.3.3.11.3", "code": "I509"}]}}, ("I50.9",)),
        (
            {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "84114007"}, {"code": "I50.9"}]}},
            ("I50.9",),
        ),
        ({"code": {"coding": [{"system": "http://snomed.info/sct", "code": "B12"}]}}, ()),
        ({"code": {"text": "心力衰竭"}}, ()),
        ({"encounter": {"reference": "Encounter/another"}}, ()),
        ({"encounter": None}, ("I50.9",)),
    ],
)
def test_of_conditions_only_those_that_hold_and_belong_to_the_visit_are_used(
    tell: Tell, change: Resource, codes: tuple[str, ...]
) -> None:
    assert tell.facts(PATIENT, ENCOUNTER, CONDITION | change).codes == codes


def test_a_diagnosis_in_words_alone_still_tells_the_condition(tell: Tell) -> None:
    assert tell.facts(PATIENT, ENCOUNTER, CONDITION | {"code": {"text": "心力衰竭"}}).condition == "heart_failure"


def test_the_diagnoses_that_the_visit_names_come_first(tell: Tell) -> None:
    other = CONDITION | {"id": "c2", "code": {"coding": [{"code": "E11.9"}]}}
    named = ENCOUNTER | {"diagnosis": [{"condition": {"reference": "Condition/c2"}}]}
    assert tell.facts(PATIENT, named, CONDITION, other).codes == ("E11.9",)
    within = ENCOUNTER | {
        "contained": [{"resourceType": "Condition", "id": "k", "code": {"text": "x", "coding": [{"code": "I10"}]}}],
        "diagnosis": [{"condition": {"reference": "#k"}}],
    }
    assert tell.facts(PATIENT, within).codes == ("I10",)


@pytest.mark.parametrize(
    ("places", "ward"),
    [
        ([place("急诊", "2026-11-10"), place("外科", "2026-11-12")], "外科"),
        ([place("外科", "2026-11-12"), place("急诊", "2026-11-10")], "外科"),
        ([{"location": {"display": "外科"}}, {"location": {"display": "康复科"}, "status": "planned"}], "外科"),
        ([{"location": {"reference": "Location/w"}}, {"location": {"reference": "Location/b"}}], "心内科三病区"),
        ([None, {"location": None}, {}], ""),
    ],
)
def test_the_ward_is_where_the_patient_was_last(tell: Tell, places: list[Any], ward: str) -> None:
    locations = [
        {"resourceType": "Location", "id": "w", "name": "心内科三病区", "physicalType": {"coding": [{"code": "wa"}]}},
        {"resourceType": "Location", "id": "b", "name": "12床", "physicalType": {"coding": [{"code": "bd"}]}},
    ]
    assert tell.facts(PATIENT, ENCOUNTER | {"location": places}, *locations).ward == ward


@pytest.mark.parametrize(
    ("change", "event", "kind"),
    [
        ({"class": {"code": "ACUTE"}}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
        ({"class": {"code": "AMB"}}, VisitEvent.DISCHARGED, VisitClass.OUTPATIENT),
        ({"class": {"code": "EMER"}}, VisitEvent.DISCHARGED, VisitClass.EMERGENCY),
        ({"class": {"system": "urn:his", "code": "7", "display": "住院"}}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
        ({"class": None}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
        ({"class": [{"coding": [{"code": "IMP"}]}]}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
        ({"status": "in-progress"}, VisitEvent.ADMITTED, VisitClass.INPATIENT),
        ({"status": "in-progress", "class": {"code": "AMB"}}, VisitEvent.REGISTERED, VisitClass.OUTPATIENT),
        ({"status": "cancelled"}, VisitEvent.ADMISSION_CANCELLED, VisitClass.INPATIENT),
        ({"status": "discharged"}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
        ({"status": "completed"}, VisitEvent.DISCHARGED, VisitClass.INPATIENT),
    ],
)
def test_status_and_class_tell_event_and_kind_of_visit(
    tell: Tell, change: Resource, event: VisitEvent, kind: VisitClass
) -> None:
    (found,) = tell(PATIENT, ENCOUNTER | change)
    assert (found.event, found.visit_class) == (event, kind)


def test_an_encounter_of_r5_is_read(tell: Tell) -> None:
    moved = {name: value for name, value in ENCOUNTER.items() if name != "period"} | {
        "status": "completed",
        "class": [{"coding": [{"code": "IMP"}]}],
        "actualPeriod": ENCOUNTER["period"],
        "admission": {"dischargeDisposition": {"text": "死亡"}},
        "diagnosis": [{"condition": [{"concept": {"coding": [{"code": "I50.9"}]}}]}],
    }
    (found,) = tell(PATIENT, moved)
    assert (found.happened_on, found.is_dead) == (date(2026, 11, 20), True)
    assert found.facts is not None
    assert found.facts.codes == ("I50.9",)


def test_a_kind_of_visit_that_is_not_known_is_told_of(tell: Tell) -> None:
    file = tell.raw(json.dumps([PATIENT, ENCOUNTER | {"class": {"code": "NEW"}}]))
    (found,) = read(file)
    assert isinstance(found, list)
    assert found[0].field == "visit_class"


def test_when_it_was_written_down_is_taken(tell: Tell) -> None:
    (found,) = tell(PATIENT, ENCOUNTER | {"meta": {"lastUpdated": "2026-11-20T03:00:00.123Z"}})
    assert found.recorded_at == datetime.fromisoformat("2026-11-20T03:00:00+00:00")


@pytest.mark.parametrize("change", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11"}])
def test_a_death_is_told_with_the_visits_and_without(tell: Tell, change: Resource) -> None:
    assert [(one.event, one.is_dead) for one in tell(PATIENT | change)] == [(VisitEvent.DIED, True)]
    assert [(one.event, one.is_dead) for one in tell(PATIENT | change, ENCOUNTER)] == [(VisitEvent.DISCHARGED, True)]


def test_patients_that_are_one_person_are_merged(tell: Tell) -> None:
    other = PATIENT | {
        "id": "p0",
        "identifier": [MR | {"value": "M0000"}],
        "link": [{"type": "replaced-by", "other": {"reference": "Patient/p1"}}],
    }
    found = [(one.event, one.patient_number, one.merged_from) for one in tell(PATIENT, other)]
    assert found == [(VisitEvent.MERGED, "M0001", "M0000")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("[]", "holds no resource"),
        ('{"resourceType": "Bundle", "entry": null}', "holds no resource"),
        ('{"resourceType": "Bundle", "entry": [', "is no JSON"),
        ("[" * 100_000, "nested deeper"),
        (b"\xff\xfe\xfa", "no UTF-8"),
        ('{"a":\n"\xe9"}'.encode("latin-1"), "line 2: is no UTF-8"),
        ("1" * 10_000, "JSON"),
        ("<Bundle/>", "is no JSON"),
    ],
)
def test_what_is_no_fhir_is_refused_with_its_place(tell: Tell, content: str | bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read(tell.raw(content))


@pytest.mark.parametrize("content", ["7", '"x"', "{}", '{"a": 1}', "[1, 2]", "[{}]", '{"resourceType": 7.5}'])
def test_json_that_is_no_resource_is_refused_or_tells_of_no_visit(tell: Tell, content: str) -> None:
    found = fhir_file.read([tell.raw(content)], GIVEN, FileLimits())
    assert found.is_incomplete
    assert all(isinstance(item, list) for _, item in found.items)


def test_a_broken_line_of_ndjson_is_told_of_and_the_others_read(tell: Tell) -> None:
    file = tell.raw("\n".join([json.dumps(PATIENT), '{"resourceType": "Enc', json.dumps(ENCOUNTER), ""]))
    broken, good = read(file)
    assert isinstance(broken, list)
    assert (broken[0].line, broken[0].field) == (2, "line")
    assert isinstance(good, VisitRecord)


def test_sizes_are_limited_before_anything_is_read(tell: Tell) -> None:
    file = tell.raw(json.dumps([PATIENT, ENCOUNTER]))
    with pytest.raises(UnreadableFile, match="larger than"):
        fhir_file.read([file], GIVEN, FileLimits(bytes=10))
    with pytest.raises(UnreadableFile, match="write one resource a line"):
        fhir_file.read([file], GIVEN, FileLimits(whole_bytes=10))
