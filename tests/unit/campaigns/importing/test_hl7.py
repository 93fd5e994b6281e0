"""HL7 version 2 as it is met in the field: separators, encodings, repetitions, events, and acknowledgements."""

import io
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.importing.hl7 import acknowledgement, events, person
from campaigns.importing.hl7 import file as hl7_file
from campaigns.importing.hl7 import message as hl7_message
from campaigns.importing.hl7.acknowledgement import AcknowledgementCode, MessageOutcome
from campaigns.importing.hl7.message import UnreadableMessage
from campaigns.importing.hl7.mllp_frames import Frames, frame
from campaigns.importing.record import DischargeFacts, VisitClass, VisitEvent, VisitRecord
from campaigns.importing.validation import SourceDefaults
from crm.errors import UnreadableFile
from crm.feeds.file_limits import FileLimits
from crm.feeds.rejected_field import RejectedField
from hotline.values.language import Language

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases" / "hl7"
GIVEN = SourceDefaults(date(2026, 11, 21), has_consent=True)
GOOD = (
    "MSH|^~\\&|HIS|H|HOTLINE|H|20261121080000||ADT^A03|77|P|2.5",
    "EVN|A03|20261121075900",
    "PID|1||M0001^^^H^MR||林^晓||19600102|F|||||13800000011",
    "PV1|1|I|外科^12||||||||||||||||V01|||||||||||||||||||||||||20261110|20261120",
    "DG1|1||I50.9^心衰^I10",
)


def message(**segments: str) -> bytes:
    """The good message with these segments instead of its own, or without them where they are empty."""
    chosen = [segments.get(segment[:3].lower(), segment) for segment in GOOD]
    return "\r".join(segment for segment in chosen if segment).encode()


def pid(
    number: str = "M0001^^^H^MR", name: str = "林^晓", phone: str = "13800000011", language: str = "", rest: str = ""
) -> str:
    """A PID segment."""
    return f"PID|1||{number}||{name}||19600102|F|||||{phone}||{language}{rest}"


def pv1(kind: str = "I", disposition: str = "", ended: str = "20261120") -> str:
    """A PV1 segment."""
    return f"PV1|1|{kind}|外科^12{'|' * 16}V01{'|' * 17}{disposition}{'|' * 8}20261110|{ended}"


def read(raw: bytes, given: SourceDefaults = GIVEN) -> VisitRecord:
    """The one record of a message."""
    (found,) = events.read(hl7_message.parse(raw), 1, given)
    assert isinstance(found, VisitRecord), found
    return found


def facts(raw: bytes) -> DischargeFacts:
    """The facts of a message."""
    found = read(raw).facts
    assert found is not None
    return found


def of_case(name: str) -> list[VisitRecord]:
    """The records of a file of the collection."""
    found = [item for _, item in hl7_file.read(CASES / name, GIVEN, FileLimits())]
    assert all(isinstance(item, VisitRecord) for item in found), found
    return [item for item in found if isinstance(item, VisitRecord)]


SAME = ("00-good", "20-dg1-plain-code", "33-null-lang", "40-dashed-dates", "70-lf", "72-crcr", "80-gbk", "90-mr-second")
ALSO = ("13-phone-email-first", "15-phone-comp4", "16-landline-first-mobile-second", "92-name-pinyin", "94-lang-chi")


@pytest.mark.parametrize("name", [*SAME, *ALSO, "97-short-msh"])
def test_one_discharge_is_the_same_however_it_is_written(name: str) -> None:
    (found,) = of_case(f"{name}.hl7")
    assert (found.event, found.patient_number, found.visit, found.happened_on) == (
        VisitEvent.DISCHARGED,
        "M0001",
        "V01",
        date(2026, 11, 20),
    )
    assert found.facts == DischargeFacts(
        "林晓",
        date(1960, 1, 2),
        "+8613800000011",
        ward="外科",
        condition="heart_failure",
        codes=("I50.9",),
        has_consent=True,
    )


@pytest.mark.parametrize(
    ("name", "number"), [("10-phone-components", "+861066880000"), ("12-phone-no-country", "+8657188880000")]
)
def test_a_number_in_parts_is_put_together(name: str, number: str) -> None:
    (found,) = of_case(f"{name}.hl7")
    assert found.facts is not None
    assert found.facts.number == number


@pytest.mark.parametrize("name", ["30-null-fields", "32-null-born", "42-born-month"])
def test_what_is_to_be_deleted_or_partial_is_left_out(name: str) -> None:
    (found,) = of_case(f"{name}.hl7")
    assert found.facts is not None
    assert found.facts.birth_date is None
    if name == "30-null-fields":
        assert (found.facts.ward, found.visit) == ("", "")


def test_a_batch_holds_every_message_and_a_stay_both_its_events() -> None:
    assert [one.patient_number for one in of_case("73-batch.hl7")] == ["M0001", "M0002"]
    assert [one.event for one in of_case("66-stay-a01-a03.hl7")] == [VisitEvent.ADMITTED, VisitEvent.DISCHARGED]


@pytest.mark.parametrize(
    ("name", "event", "kind"),
    [
        ("60-outpatient-a03", VisitEvent.DISCHARGED, VisitClass.OUTPATIENT),
        ("61-outpatient-a04", VisitEvent.REGISTERED, VisitClass.OUTPATIENT),
        ("62-a13", VisitEvent.DISCHARGE_CANCELLED, VisitClass.INPATIENT),
        ("64-a01-replayed", VisitEvent.ADMITTED, VisitClass.INPATIENT),
    ],
)
def test_events_and_kinds_of_visits_are_told_apart(name: str, event: VisitEvent, kind: VisitClass) -> None:
    (found,) = of_case(f"{name}.hl7")
    assert (found.event, found.visit_class, found.facts) == (event, kind, None)


def test_a_date_of_death_alone_is_a_death() -> None:
    (found,) = of_case("50-dead-date-only.hl7")
    assert (found.is_dead, found.died_on) == (True, date(2026, 11, 20))


@pytest.mark.parametrize("disposition", ["20", "41", "exp", "E", "Expired", "死亡", "5^死亡^离院方式", "01^病故"])
def test_a_disposition_of_the_dead_is_a_death_in_every_list(disposition: str) -> None:
    assert read(message(pv1=pv1(disposition=disposition))).is_dead


@pytest.mark.parametrize("disposition", ["01", "05", "1^医嘱离院", "07", '""'])
def test_a_disposition_of_the_living_is_none(disposition: str) -> None:
    assert not read(message(pv1=pv1(disposition=disposition))).is_dead


@pytest.mark.parametrize(
    ("trigger", "event"),
    [
        ("A01", VisitEvent.ADMITTED),
        ("A02", VisitEvent.TRANSFERRED),
        ("A04", VisitEvent.REGISTERED),
        ("A06", VisitEvent.CLASS_CHANGED),
        ("A07", VisitEvent.CLASS_CHANGED),
        ("A08", VisitEvent.UPDATED),
        ("A11", VisitEvent.ADMISSION_CANCELLED),
        ("A12", VisitEvent.TRANSFER_CANCELLED),
        ("A13", VisitEvent.DISCHARGE_CANCELLED),
    ],
)
def test_every_event_of_a_visit_is_known(trigger: str, event: VisitEvent) -> None:
    raw = message(msh=GOOD[0].replace("A03", trigger), evn=GOOD[1].replace("A03", trigger))
    assert (read(raw).event, read(raw).patient_number, read(raw).visit) == (event, "M0001", "V01")
    # In 2.1 and 2.2 the event stood in EVN alone.
    older = message(msh=GOOD[0].replace("ADT^A03", "ADT"), evn=GOOD[1].replace("A03", trigger))
    assert read(older).event is event


@pytest.mark.parametrize("kind", ["ADT^A05", "ADT^A31", "ORU^R01", "SIU^S12"])
def test_other_messages_tell_nothing_of_ours(kind: str) -> None:
    raw = message(msh=GOOD[0].replace("ADT^A03", kind), evn="EVN|X")
    assert events.read(hl7_message.parse(raw), 1, GIVEN) == []


def test_a_merge_names_both_numbers_and_a_message_may_bring_several() -> None:
    raw = message(
        msh=GOOD[0].replace("A03", "A40"),
        pid=f"{pid('N1^^^H^MR')}\rMRG|110101196001020028^^^GA^NI~O1^^^H^MR\r{pid('N2^^^H^MR')}\rMRG|O2^^^H^MR",
        pv1="",
        dg1="",
    )
    found = events.read(hl7_message.parse(raw), 1, GIVEN)
    assert [(one.patient_number, one.merged_from) for one in found if isinstance(one, VisitRecord)] == [
        ("N1", "O1"),
        ("N2", "O2"),
    ]
    (alone,) = events.read(hl7_message.parse(message(msh=GOOD[0].replace("A03", "A40"))), 1, GIVEN)
    assert isinstance(alone, list)
    assert alone[0].field == "merged_from"


def test_when_it_was_written_down_is_taken_with_its_offset_or_as_the_hospitals_own() -> None:
    assert read(message()).recorded_at == datetime.fromisoformat("2026-11-21T07:59:00+08:00")
    later = message(evn="EVN|A03|20261121075900+0000")
    assert read(later).recorded_at == datetime.fromisoformat("2026-11-21T07:59:00+00:00")
    assert read(message(evn="EVN|A03|20261121")).recorded_at == datetime.fromisoformat("2026-11-21T08:00:00+08:00")
    assert read(message(evn="")).recorded_at == datetime.fromisoformat("2026-11-21T08:00:00+08:00")


def test_a_day_with_an_offset_is_the_hospitals_own() -> None:
    assert read(message(pv1=pv1(ended="20261119233000+0000"))).happened_on == date(2026, 11, 20)
    assert read(message(pv1=pv1(ended="20261120003000"))).happened_on == date(2026, 11, 20)


def test_a_discharge_without_its_day_is_refused_unless_the_event_tells_it() -> None:
    (found,) = events.read(hl7_message.parse(message(pv1=pv1(ended=""))), 1, GIVEN)
    assert isinstance(found, list)
    assert [reject.field for reject in found] == ["discharged_on"]
    told = message(pv1=pv1(ended=""), evn="EVN|A03|20261121080000||||20261119180000")
    assert read(told).happened_on == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("^PRN^PH^^86^10^66880000^801", "+861066880000;ext=801"),
        ("^PRN^PH^^+86^010^66880000", "+861066880000"),
        ("^PRN^CP^^86^^13800000011", "+8613800000011"),
        ("^PRN^PH^^^^^^^^^(010)66880000", "+861066880000"),
        ("^PRN^FX^^86^10^66889999~^PRN^PH^^86^10^66880000", "+861066880000"),
        ("lin@example.org^NET^Internet~0086 138 0000 0011", "+8613800000011"),
        ('""~+86-138-0000-0011', "+8613800000011"),
    ],
)
def test_telephones_are_read_by_component_and_by_repetition(phone: str, number: str) -> None:
    assert facts(message(pid=pid(phone=phone))).number == number


@pytest.mark.parametrize(
    ("number", "chosen"),
    [
        ("110101196001020028^^^GA^CZ~P9^^^H^PI", "P9"),
        ("110101196001020028^^^GA^NI~M1^^^H", "M1"),
        ("V7^^^H^VN~M1^^^H^MR", "M1"),
        ("P1^^^H^PI~M1^^^H^MR", "M1"),
        ('""^^^H^MR~M2^^^H^PT', "M2"),
    ],
)
def test_the_hospitals_own_number_is_found_by_its_type(number: str, chosen: str) -> None:
    assert read(message(pid=pid(number=number))).patient_number == chosen


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lin^Xiao^^^^^L^A~林^晓^^^^^L^I", "林晓"),
        ("林晓^linxiao", "林晓"),
        ("旧^名^^^^^M~林^晓^^^^^L", "林晓"),
        ("O\\T\\Brien^Mary", "Mary O&Brien"),
        ("欧阳^娜娜", "欧阳娜娜"),
        ("Smith^John^Paul", "John Paul Smith"),
        ('林^""', "林"),
    ],
)
def test_of_several_names_the_usual_one_in_chinese_characters_is_taken(name: str, shown: str) -> None:
    assert hl7_person_name(name) == shown


def hl7_person_name(name: str) -> str:
    """The name of a PID with this PID-5."""
    return person.name(hl7_message.parse(message(pid=pid(name=name))).first("PID"))


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("eng^English^ISO639", Language.ENGLISH),
        ("yue", Language.MANDARIN),
        ("yue~en", Language.ENGLISH),
        ("", Language.MANDARIN),
    ],
)
def test_the_language_is_one_that_we_speak(language: str, spoken: Language) -> None:
    assert facts(message(pid=pid(language=language))).language is spoken


@pytest.mark.parametrize(
    ("diagnosis", "codes"),
    [
        ("DG1|1||^^^I50.9^心衰^I10", ("I50.9",)),
        ("DG1|1||I509", ("I50.9",)),
        ("DG1|1||E11.9^^I10|||A\rDG1|2||I50.9^^I10|||F", ("I50.9", "E11.9")),
        ("DG1|1||I50.900x018^慢性心功能不全急性加重^ICD10CN", ("I50.900x018",)),
        ("DG1|1||12345^肺炎^LOCAL", ()),
        ("DG1|1|||心力衰竭", ()),
    ],
)
def test_diagnoses_are_read_and_never_refuse_a_discharge(diagnosis: str, codes: tuple[str, ...]) -> None:
    assert facts(message(dg1=diagnosis)).codes == codes


def test_other_separators_and_escapes_are_those_that_the_message_names() -> None:
    raw = message().decode().replace("|", "\x01").replace("^", "|").replace("\x01", "^").replace("^|~", "^|~", 1)
    assert raw.startswith("MSH^|~")
    assert read(raw.encode()).patient_number == "M0001"
    escaped = message(pv1=pv1().replace("外科^12", "A\\T\\B \\F\\ \\X41\\"))
    assert facts(escaped).ward == "A&B | A"


def test_a_line_end_within_a_field_does_not_end_it() -> None:
    broken = message(pv1=pv1().replace("外科^12", "外科\n三病区^12"))
    assert facts(broken).ward == "外科 三病区"
    assert read(broken).visit == "V01"


@pytest.mark.parametrize(
    ("told", "encoding"),
    [
        ("", "utf-8"),
        ("", "gb18030"),
        ("ASCII", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("UNICODE UTF-8", "utf-8"),
        ("UNICODE UTF-8", "gb18030"),
        ("8859/1", "utf-8"),
        ("GB2312", "gbk"),
        ("UNICODE UTF-16", "utf-16"),
        ("UTF-8", "utf-8-sig"),
    ],
)
def test_the_encoding_is_the_one_that_is_told_or_that_can_be(told: str, encoding: str) -> None:
    header = f"{GOOD[0]}||||||{told}" if told else GOOD[0]
    raw = message(msh=header).decode().encode(encoding)
    assert facts(raw).name == "林晓"


def test_what_is_in_no_encoding_or_no_message_cannot_be_read() -> None:
    for raw in (b"", b"MSH", b"nonsense", b"MSHA^~\\&", b"PID|1", message() + b"\xff\xff"):
        with pytest.raises(UnreadableMessage):
            hl7_message.parse(raw)


def answer(raw: bytes, outcome: MessageOutcome) -> list[list[str]]:
    """The first acknowledgement, by segments and fields."""
    parsed = hl7_message.parse(raw)
    (made,) = acknowledgement.answers(parsed, outcome, "ours", "20261121080100")
    return [segment.split(parsed.header.signs.field) for segment in made.decode(parsed.charset).split("\r") if segment]


def test_an_acknowledgement_gives_back_number_version_and_encoding() -> None:
    header, verdict = answer(message(msh=f"{GOOD[0]}||||||GB 18030-2000"), MessageOutcome(AcknowledgementCode.ACCEPTED))
    assert header[2:6] == ["HOTLINE", "H", "HIS", "H"]
    assert (header[8], header[9], header[11], header[17]) == ("ACK^A03^ACK", "ours", "2.5", "GB 18030-2000")
    assert verdict == ["MSA", "AA", "77"]


def test_a_refusal_names_the_field_and_nothing_of_the_patient() -> None:
    reject = RejectedField(1, "phone", "is no telephone number")
    _, verdict, error = answer(message(), MessageOutcome(AcknowledgementCode.ERROR, [reject]))
    assert verdict[:3] == ["MSA", "AE", "77"]
    assert "phone" in verdict[3]
    assert (error[2], error[3].split("^")[0], error[4]) == ("PID^1^13", "102", "E")
    assert "林" not in str(error + verdict)
    assert "138" not in str(error + verdict)


def test_what_cannot_be_read_is_rejected() -> None:
    (made,) = acknowledgement.answers(None, MessageOutcome(AcknowledgementCode.REJECTED), "ours", "20261121080100")
    assert b"MSA|AR|" in made


@pytest.mark.parametrize(
    ("conditions", "code", "codes"),
    [
        ("AL|NE", AcknowledgementCode.ACCEPTED, ["CA"]),
        ("AL|AL", AcknowledgementCode.ACCEPTED, ["CA", "AA"]),
        ("NE|NE", AcknowledgementCode.ACCEPTED, []),
        ("ER|NE", AcknowledgementCode.ACCEPTED, []),
        ("ER|NE", AcknowledgementCode.ERROR, ["CE"]),
        ("NE|SU", AcknowledgementCode.ACCEPTED, ["AA"]),
        ("AL|ER", AcknowledgementCode.ERROR, ["CE", "AE"]),
    ],
)
def test_in_enhanced_mode_the_sender_gets_what_it_asks_for(
    conditions: str, code: AcknowledgementCode, codes: list[str]
) -> None:
    parsed = hl7_message.parse(message(msh=f"{GOOD[0]}|||{conditions}"))
    made = acknowledgement.answers(parsed, MessageOutcome(code, reason="x"), "ours", "20261121080100")
    assert [one.decode().split("MSA|")[1][:2] for one in made] == codes


def test_a_batch_that_tells_another_number_of_messages_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "b.hl7"
    file.write_bytes(b"FHS|^~\\&\rBHS|^~\\&\r" + message() + b"\rBTS|2\rFTS|1\r")
    found = [item for _, item in hl7_file.read(file, GIVEN, FileLimits())]
    assert isinstance(found[0], VisitRecord)
    assert isinstance(found[1], list)
    assert found[1][0].field == "BTS-1"


def test_a_file_without_a_message_is_no_hl7(tmp_path: Path) -> None:
    file = tmp_path / "b.hl7"
    file.write_bytes(b"\r\n\r\n")
    with pytest.raises(UnreadableFile, match="no HL7 message"):
        list(hl7_file.read(file, GIVEN, FileLimits()))


def test_a_message_that_is_too_long_is_refused_and_the_next_one_taken() -> None:
    huge = message(dg1="DG1|1||" + "x" * (3 << 20)) + b"\r" + message()
    found = list(hl7_file.messages(io.BytesIO(huge)))
    assert len(found) == 2
    assert len(found[0]) > hl7_file.LARGEST_MESSAGE
    assert found[1] == message()


@given(st.lists(st.integers(1, 40)))
def test_frames_are_found_wherever_the_packets_are_cut(sizes: list[int]) -> None:
    stream = (
        b"noise" + frame(message()) + b"\r\n" + b"\x0bMSH|cut off" + frame(b"second") + b"\x0bthird\x1c" + frame(b"")
    )
    frames, found = Frames(1 << 16), []
    at = 0
    for size in [*sizes, len(stream)]:
        found += frames.feed(stream[at : at + size])
        at += size
    assert found == [message(), b"second", b"third"]


def test_a_message_that_never_ends_is_passed_over() -> None:
    frames = Frames(100)
    assert frames.feed(b"\x0b" + b"x" * 90) == []
    assert frames.feed(b"y" * 90) == []
    assert frames.is_within
    assert frames.feed(b"z\x1c\r" + frame(b"next")) == [None, b"next"]


@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_message_however_broken_is_a_fault_of_ours(noise: bytes, at: int) -> None:
    raw = message()[:at] + noise + message()[at:]
    for one in hl7_file.split(raw):
        try:
            parsed = hl7_message.parse(one)
        except UnreadableMessage:
            continue
        events.read(parsed, 1, GIVEN)
        acknowledgement.answers(parsed, MessageOutcome(AcknowledgementCode.ERROR, reason="x"), "ours", "20261121080100")


def test_day_and_moment_do_not_depend_on_this_machine() -> None:
    given = SourceDefaults(date(2026, 11, 21), zone="America/New_York")
    found = read(message(evn="EVN|A03|20261121075900"), given)
    assert found.recorded_at is not None
    assert found.recorded_at.utcoffset() == timedelta(hours=-5)
